"""The sweeper: one thread that cancels orders whose promise has lapsed. Lapsed holds count as free before that too."""

from __future__ import annotations

from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.orders import service


class OrderSweeper(Follower):
    """Runs ``service.sweep`` again and again; any number of servers may run one.

    Args:
        database: whose orders.
        interval_seconds: between two runs.
    """

    def __init__(self, database: Database, interval_seconds: float = 15.0) -> None:
        super().__init__("order-sweeper", interval_seconds, excuse="lapsed orders not swept, will try again")
        self._database = database

    def work(self) -> None:
        """Sweep once."""
        with self._database.writing() as connection:
            service.sweep(connection, now=self._database.clock.now())
