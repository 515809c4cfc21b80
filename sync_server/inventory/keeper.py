"""The keeper: one thread that renews the leases of stores and goes on comparing the stock figures with the ledger.

Any number of servers may run one: leases come out the same, and an advisory lock lets one at a time compare.
"""

from __future__ import annotations

import structlog

from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.inventory import lease_service, reconciliation_service

_log = structlog.get_logger(__name__)


class StockKeeper(Follower):
    """Runs ``keep`` again and again; while it cannot, leases lapse by themselves, which is the safe side.

    Args:
        database: whose stock.
        interval_seconds: between two runs; a slice of the comparison takes a few milliseconds of each.
    """

    def __init__(self, database: Database, interval_seconds: float = 3.0) -> None:
        excuse = "leases not renewed, stock not compared, will try again"
        super().__init__("stock-keeper", interval_seconds, excuse=excuse)
        self._database = database

    def work(self) -> None:
        """Keep once."""
        keep(self._database)


def keep(database: Database) -> None:
    """Renew the leases and compare one slice."""
    with database.writing() as connection:
        lease_service.renew_leases(connection, now=database.clock.now())
    repaired = reconciliation_service.compare_slice(database)
    if repaired:
        _log.warning("stock figures differed from the ledger and were worked out again", count=repaired)
