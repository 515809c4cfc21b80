"""What has to be tidied from time to time: what no device can still need, and what slipped in beside the feed."""

from __future__ import annotations

from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from sync_server.customers import known_store_service as known_stores
from sync_server.customers import same_person_service as same_person
from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.inbox import service as inbox
from sync_server.sync import coverage_repository, scope_repository
from sync_server.sync.mutation_log_service import prune_log

DAY_US = 86_400 * MICROSECONDS_PER_SECOND
HORIZON_US = 60 * DAY_US
"""How long what left or was deleted is remembered; a device that was away for longer fills its scopes anew."""
SLACK_US = DAY_US
"""A scope is pruned at most once in this time."""
STAMPS_KEPT = 1_000_000
INTERVAL_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was done.

    Feed rows and stamps forgotten, customers a store forgot, notes of automatic merges dropped, triggers put onto new
    partitions, old mutations of devices forgotten, customers looked at who came neither from a device nor a channel.
    """

    pruned: int = 0
    customers_ended: int = 0
    notes_dropped: int = 0
    triggers_made: int = 0
    mutations_forgotten: int = 0
    customers_looked_at: int = 0


class Housekeeper(Follower):
    """Tidies on a thread of its own; any number of workers may run one.

    A device whose cursor is older than what is kept starts that scope anew; it loses nothing.
    """

    def __init__(self, database: Database, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__("housekeeper", interval_seconds, excuse="not tidied, will try again")
        self._database = database

    def work(self) -> None:
        """Tidy once."""
        self.tidy()

    def tidy(self) -> Tidied:
        """Tidy now."""
        with self._database.writing() as connection:
            made = coverage_repository.cover(connection)
        with self._database.writing() as connection:
            ended = known_stores.end_lapsed(connection, now=self._database.clock.now())
        with self._database.writing() as connection:
            dropped = inbox.prune_notes(connection, now=self._database.clock.now())
        forgotten = prune_log(self._database)
        looked_at, _ = same_person.match_all(self._database)
        return Tidied(self._prune(), ended, dropped, made, forgotten, looked_at)

    def _prune(self) -> int:
        """Scope by scope, each in a transaction of its own, so that writers wait for one at most."""
        with self._database.reading() as connection:
            found = scope_repository.prunable(connection, horizon_us=HORIZON_US, slack_us=SLACK_US, kept=STAMPS_KEPT)
        pruned = 0
        for scope_id, position in found.items():
            with self._database.writing() as connection:
                pruned += scope_repository.prune(connection, scope_id, position)
        return pruned
