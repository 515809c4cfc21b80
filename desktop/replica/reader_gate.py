"""Lets readers through, except for the moment in which the file under them is exchanged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ReaderGate:
    """Counts who is inside; closed, it keeps newcomers waiting and lets those inside finish."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._is_closed = False
        self._own = threading.local()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside for a block. Who is inside already goes in again, closed or not: it could never come out else."""
        depth: int = getattr(self._own, "depth", 0)
        with self._condition:
            if not depth:
                self._condition.wait_for(lambda: not self._is_closed)
            self._inside += 1
        self._own.depth = depth + 1
        try:
            yield
        finally:
            self._own.depth = depth
            with self._condition:
                self._inside -= 1
                if self._is_closed and not self._inside:
                    self._condition.notify_all()

    @contextmanager
    def closed(self, patience_seconds: float) -> Iterator[bool]:
        """Keep everybody out for a block; gives False, with the gate open again, if somebody would not come out."""
        with self._condition:
            self._is_closed = True
            is_empty = self._condition.wait_for(lambda: self._inside == 0, patience_seconds)
            if not is_empty:
                self._open()
        try:
            yield is_empty
        finally:
            with self._condition:
                self._open()

    def _open(self) -> None:
        self._is_closed = False
        self._condition.notify_all()
