"""Builds snapshot files in the background, in a process of its own: a large shop takes a processor for a minute.

Any number of workers may run a builder; the shelf lets one at a time build a scope, and who comes second finds it done.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress

import structlog

from sync_server.settings import ServerSettings
from sync_server.snapshots.service import Wanted

PAUSE_AFTER_FAILURE_SECONDS = 60.0
_NICENESS = 10
_log = structlog.get_logger(__name__)


class SnapshotBuilder:
    """Takes wishes from requests and fulfils them one after the other."""

    def __init__(self, settings: ServerSettings) -> None:
        """``settings`` name the database that is served."""
        self._settings = settings
        self._wishes: queue.SimpleQueue[Wanted | None] = queue.SimpleQueue()
        self._open: set[Wanted] = set()
        self._lock = threading.Lock()
        self._is_stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End at once; a file that is being built is given up."""
        self._is_stopping.set()
        self._wishes.put(None)
        with self._lock:
            if self._child is not None:
                self._child.terminate()
        self._thread.join()

    def want(self, wishes: Iterable[Wanted]) -> None:
        """Have these built soon; what is wished for already is not built twice."""
        with self._lock:
            for wish in wishes:
                if wish not in self._open:
                    self._open.add(wish)
                    self._wishes.put(wish)

    def _run(self) -> None:
        while (wish := self._wishes.get()) is not None and not self._is_stopping.is_set():
            is_done = self._build(wish)
            if not is_done:
                _log.warning("snapshot not built, devices go by pages", scope=wish.scope, schema=wish.schema)
                self._is_stopping.wait(PAUSE_AFTER_FAILURE_SECONDS)
            with self._lock:
                self._open.discard(wish)

    def _build(self, wish: Wanted) -> bool:
        command = [sys.executable, "-m", "sync_server", "build-snapshots"]
        arguments = ["--scope", wish.scope, "--schema", str(wish.schema), "--home", str(self._settings.home)]
        environment = {
            **os.environ,
            "COUNTERFOIL_DATABASE_URL": self._settings.database_url,
            "COUNTERFOIL_SNAPSHOT_CACHE_MIB": str(self._settings.snapshot_cache_mib),
        }
        with self._lock:
            if self._is_stopping.is_set():
                return True
            child = subprocess.Popen([*command, *arguments], env=environment, stdout=subprocess.DEVNULL)
            self._child = child
        _make_humble(child.pid)
        status = child.wait()
        with self._lock:
            self._child = None
        return status == 0 or self._is_stopping.is_set()


def _make_humble(process_id: int) -> None:
    """Sales come first: the builder gets what processor time the workers leave."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process_id, _NICENESS)
