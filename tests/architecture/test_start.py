"""What a program does not load before it is needed: each module costs time at every start."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

JOINING = "from desktop.sync.transport import HttpEnrolmentDesk; import desktop.sync.connect, desktop.usecases.enrol"
TILL = "import desktop.usecases.start, desktop.usecases.till, desktop.sync.connect"


@cache
def loaded_by(program: str) -> set[str]:
    """The modules a fresh interpreter has loaded after running ``program``."""
    told = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.mark.parametrize(
    "heavy",
    ["click", "rich", "pygments", "jwt", "keyring", "alembic", "PySide6", "desktop.usecases.import_catalogue"],
)
def test_a_device_joins_without(heavy: str) -> None:
    """Of these the first three come with the command line of httpx, where nobody stops it."""
    loaded = loaded_by(JOINING)

    assert "httpx" in loaded
    assert heavy not in loaded


@pytest.mark.parametrize("heavy", ["httpx", "jwt", "cryptography", "keyring", "alembic", "openpyxl"])
def test_a_till_is_ready_without(heavy: str) -> None:
    """The server is called, and its libraries are loaded, after the till can take a scan."""
    assert heavy not in loaded_by(TILL)
