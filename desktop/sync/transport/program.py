"""How this program names itself to the server: its name and version, for whoever looks after devices."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def _program() -> str:
    try:
        return f"counterfoil/{version('counterfoil')}"
    except PackageNotFoundError:
        return "counterfoil/source"


PROGRAM_HEADERS = {"User-Agent": _program()}
