"""Looks for references without a target, behind everything else: one thread, a bounded piece of work at a time."""

from __future__ import annotations

from shared.clock import monotonic_us
from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.sync import reference_service
from sync_server.sync.reference_service import GRACE_US

INTERVAL_SECONDS = 5.0
REST_FACTOR = 10
"""It rests ten times as long as it took."""


class ReferenceWatch(Follower):
    """Runs ``reference_service.look`` again and again; any number of workers may have one, they take turns.

    Args:
        database: whose rows.
        grace_us: how long something may be missing before anybody is told.
        interval_seconds: at least so long between two looks.
    """

    def __init__(
        self, database: Database, grace_us: int = GRACE_US, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        super().__init__("reference-watch", interval_seconds, excuse="references not looked at, will try again")
        self._database = database
        self._grace_us = grace_us
        self._interval_seconds = interval_seconds

    def work(self) -> float:
        """Look once."""
        began = monotonic_us()
        reference_service.look(self._database, grace_us=self._grace_us)
        return max(self._interval_seconds, REST_FACTOR * (monotonic_us() - began) / 1_000_000)
