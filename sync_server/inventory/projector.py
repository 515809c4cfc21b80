"""The projector: one thread that copies balances to the replicated stock levels, at most every 200 ms.

Stamping hot levels in every transaction would cost most of a hot product's throughput; so sales and promises only mark
what changed, and this thread brings the levels up together with what they include of each device's mutations. Any
number of servers may run one: an advisory lock lets one at a time work.
"""

from __future__ import annotations

from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.inventory import service


class StockProjector(Follower):
    """Runs ``service.bring_levels_up`` again and again.

    Args:
        database: whose levels.
        interval_seconds: at least so long between two runs.
    """

    def __init__(self, database: Database, interval_seconds: float = 0.2) -> None:
        super().__init__("stock-projector", interval_seconds, excuse="stock levels not brought up, will try again")
        self._database = database

    def work(self) -> None:
        """Bring up what changed."""
        service.bring_levels_up(self._database)
