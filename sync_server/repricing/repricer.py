"""The repricer: one thread that prices synced sales once more, behind the pushes and never in their way.

Any number of servers may run one: an advisory lock lets one at a time work. While pushes come in it waits, though not
for ever: a server that never rests still has its sales checked.
"""

from __future__ import annotations

from collections.abc import Callable

from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.repricing import service

INTERVAL_SECONDS = 0.5
PATIENCE_ROUNDS = 20
"""So often it stands back for pushes before it does a batch all the same."""


class Repricer(Follower):
    """Runs ``service.reprice_some`` again and again.

    Args:
        database: whose sales.
        is_busy: whether this worker has pushes to take just now.
        interval_seconds: how long it rests when nothing waits, or when it stands back.
    """

    def __init__(
        self,
        database: Database,
        is_busy: Callable[[], bool] = lambda: False,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        super().__init__("repricer", interval_seconds, excuse="sales not priced once more, will try again")
        self._database = database
        self._is_busy = is_busy
        self._stood_back = 0

    def work(self) -> float | None:
        """Price a batch, or stand back; after a batch that found something the next one follows at once."""
        if self._is_busy() and self._stood_back < PATIENCE_ROUNDS:
            self._stood_back += 1
            return None
        self._stood_back = 0
        return 0.0 if service.reprice_some(self._database) > 0 else None
