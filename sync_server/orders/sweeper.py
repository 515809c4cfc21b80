"""The sweeper: one thread that cancels orders whose promise has lapsed. Lapsed holds count as free before that too."""

from __future__ import annotations

import threading

import structlog

from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.orders import service

_log = structlog.get_logger(__name__)


class OrderSweeper:
    """Runs ``service.sweep`` again and again; any number of servers may run one.

    Args:
        database: whose orders.
        interval_seconds: between two runs.
    """

    def __init__(self, database: Database, interval_seconds: float = 15.0) -> None:
        self._database = database
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second start does nothing."""
        if self._thread is None:
            self._is_stopping.clear()
            self._thread = threading.Thread(target=self._run, name="order-sweeper", daemon=True)
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
                with self._database.writing() as connection:
                    service.sweep(connection, now=self._database.clock.now())
            except (DBAPIError, PoolTimeout) as error:
                # The database is away, or somebody held the same rows: the next run tries again.
                _log.warning("lapsed orders not swept", error=str(error))
