"""HTTP to the server: the only package that knows httpx. Each of its doors is imported when it is first asked for.

A till that starts, or joins, pays for no desk of the office's.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.sync.transport.catalogue_import import HttpCatalogueDesk
    from desktop.sync.transport.devices_desk import HttpDevicesDesk
    from desktop.sync.transport.enrolment import HttpEnrolmentDesk
    from desktop.sync.transport.http_server import HttpServer

__all__ = ["HttpCatalogueDesk", "HttpDevicesDesk", "HttpEnrolmentDesk", "HttpServer"]

_HOMES = {
    "HttpCatalogueDesk": "catalogue_import",
    "HttpDevicesDesk": "devices_desk",
    "HttpEnrolmentDesk": "enrolment",
    "HttpServer": "http_server",
}


def __getattr__(name: str) -> object:
    """One of the doors, its module imported now."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def _no_command_line() -> None:
    """What ``httpx`` as a command does here."""
    sys.exit("The command line of httpx is left out of this program.")


def _leave_out_command_line() -> None:
    """Keep httpx from loading its command line, which takes Click, Rich and Pygments, more than all the rest of it.

    It does the same by itself where those are not installed; the server's side of this project has them.
    """
    stand_in = ModuleType("httpx._main")
    stand_in.__dict__["main"] = _no_command_line
    sys.modules.setdefault("httpx._main", stand_in)


_leave_out_command_line()
