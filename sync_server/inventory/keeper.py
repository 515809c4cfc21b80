"""The keeper: one thread that renews the leases of stores and goes on comparing the stock figures with the ledger.

Any number of servers may run one: leases come out the same, and an advisory lock lets one at a time compare.
"""

from __future__ import annotations

import threading

import structlog

from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.inventory import lease_service, reconciliation_service

_log = structlog.get_logger(__name__)


class StockKeeper:
    """Runs ``keep`` again and again.

    Args:
        database: whose stock.
        interval_seconds: between two runs; a slice of the comparison takes a few milliseconds of each.
    """

    def __init__(self, database: Database, interval_seconds: float = 3.0) -> None:
        self._database = database
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second start does nothing."""
        if self._thread is None:
            self._is_stopping.clear()
            self._thread = threading.Thread(target=self._run, name="stock-keeper", daemon=True)
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
                keep(self._database)
            except (DBAPIError, PoolTimeout) as error:
                # The database is away or busy: leases lapse by themselves meanwhile, which is the safe side.
                _log.warning("leases not renewed, stock not compared", reason=str(error))


def keep(database: Database) -> None:
    """Renew the leases and compare one slice."""
    with database.writing() as connection:
        lease_service.renew_leases(connection, now=database.clock.now())
    repaired = reconciliation_service.compare_slice(database)
    if repaired:
        _log.warning("stock figures differed from the ledger and were worked out again", count=repaired)
