"""Folds the write-ahead log back into the file on a thread of its own, so that no sale pays for it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from desktop.replica.driver import DriverError, connect

PAGES_BEFORE_CHECKPOINT = 1_000
FRAME_BYTES = 4_096 + 24


class Checkpointer:
    """Watches the log's size after each commit and folds it in passively: neither readers nor writers wait."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._log = path.with_name(path.name + "-wal")
        self._wanted = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._is_started = False
        self._start_lock = threading.Lock()

    def wake(self) -> None:
        """After a commit: fold the log in soon if it has grown."""
        if not self._has_grown():
            return
        with self._start_lock:
            if not self._is_started and not self._is_stopping:
                self._is_started = True
                self._thread.start()
        self._wanted.set()

    def stop(self) -> None:
        """End the thread and fold in what is left."""
        with self._start_lock:
            self._is_stopping = True
        self._wanted.set()
        if self._is_started:
            self._thread.join()

    def _has_grown(self) -> bool:
        try:
            return self._log.stat().st_size > PAGES_BEFORE_CHECKPOINT * FRAME_BYTES
        except FileNotFoundError:
            return False

    def _run(self) -> None:
        connection = connect(self._path, self._key)
        try:
            while not self._is_stopping:
                self._wanted.wait()
                self._wanted.clear()
                self._fold_in(connection)
        finally:
            connection.close()

    def _fold_in(self, connection: Any) -> None:
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except DriverError:
            return  # Busy or a full disk: the log keeps everything, and the next commit asks again.
