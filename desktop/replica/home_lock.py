"""One program at a time works on a home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shared.errors import EnvironmentFailure


class HomeLock:
    """Held from ``take`` to ``release``; the operating system releases it when the program dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> None:
        """Hold the home.

        Raises:
            EnvironmentFailure: ``replica_in_use`` when another program holds it.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            raise EnvironmentFailure(
                "replica_in_use",
                "Counterfoil is already running on this home. Close the other window or choose another with --home.",
                home=str(self._path.parent),
            ) from error
        self._handle = handle

    def release(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
