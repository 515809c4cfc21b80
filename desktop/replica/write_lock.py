"""One writer at a time, and the clerk before everyone else.

SQLite's own busy retry would starve a sale behind a catch-up; this lock hands over to a waiting clerk as soon as the
background lets go, and the background lets go every few milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import BugError


class WriteLock:
    """A lock with two classes of waiters; background work gets it only while no clerk wants it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holder: int | None = None
        self._clerks_waiting = 0

    @property
    def is_wanted_by_clerk(self) -> bool:
        """Whether a clerk waits: background work should come to an end now."""
        return self._clerks_waiting > 0

    @contextmanager
    def held(self, *, is_background: bool) -> Iterator[None]:
        """Hold the lock for a block.

        Raises:
            BugError: ``write_nested`` when this thread holds it already.
        """
        thread = threading.get_ident()
        if self._holder == thread:
            raise BugError("write_nested", "A transaction was begun inside another one.")
        with self._condition:
            if is_background:
                self._condition.wait_for(lambda: self._holder is None and self._clerks_waiting == 0)
            else:
                self._clerks_waiting += 1
                try:
                    self._condition.wait_for(lambda: self._holder is None)
                finally:
                    self._clerks_waiting -= 1
            self._holder = thread
        try:
            yield
        finally:
            with self._condition:
                self._holder = None
                self._condition.notify_all()
