"""The projector: one thread that copies balances to the replicated stock levels, at most every 200 ms.

Stamping hot levels in every transaction would cost most of a hot product's throughput; so sales and promises only mark
what changed, and this thread brings the levels up together with what they include of each device's mutations. Any
number of servers may run one: an advisory lock lets one at a time work.
"""

from __future__ import annotations

import threading

import structlog

from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.inventory import service

_log = structlog.get_logger(__name__)


class StockProjector:
    """Runs ``service.bring_levels_up`` again and again.

    Args:
        database: whose levels.
        interval_seconds: at least so long between two runs.
    """

    def __init__(self, database: Database, interval_seconds: float = 0.2) -> None:
        self._database = database
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second start does nothing."""
        if self._thread is None:
            self._is_stopping.clear()
            self._thread = threading.Thread(target=self._run, name="stock-projector", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the run that is under way."""
        self._is_stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._is_stopping.wait(self._interval_seconds):
            try:
                service.bring_levels_up(self._database)
            except (DBAPIError, PoolTimeout) as error:
                # The database is away or busy: the levels stay as old as they are, and the next run tries again.
                _log.warning("stock levels not brought up", error=str(error))
                self._is_stopping.wait(1)
