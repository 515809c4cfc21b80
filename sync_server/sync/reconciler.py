"""Compares again and again what is kept twice, a little at a time: feed and tables, sums and rows, stock and ledger.

One subject at a time, and never more than a small share of the time: after each the thread rests ten times as long as
it took. What differs is put into the inbox, where the office sees it, and shown by ``counterfoil-server doctor``.
Nothing is repaired without an operator: ``counterfoil-server verify --repair``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from shared.clock import MICROSECONDS_PER_SECOND, monotonic_us
from shared.ids import derived_id
from shared.schema.registry import Aggregate
from shared.sync.decision import EntryKind
from sync_server.db.feed import fed_aggregates
from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.inbox import service as inbox
from sync_server.inventory import service as inventory
from sync_server.sync import bucket_repository, reconciliation_repository
from sync_server.sync.reconciliation_repository import Reconciled

ROUND_US = 3_600 * MICROSECONDS_PER_SECOND
"""Everything is compared once in this time."""
INTERVAL_SECONDS = 20.0
REST_FACTOR = 10

Found = list[str]
"""What differs, one sentence each."""


class Reconciler(Follower):
    """Runs on a thread of its own; any number of workers may have one, they take turns."""

    def __init__(self, database: Database, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__("reconciler", interval_seconds, excuse="not compared, will try again")
        self._database = database
        self._interval_seconds = interval_seconds

    def work(self) -> float:
        """Compare what is due; gives how long to rest for it."""
        done = self.look()
        took_seconds = 0.0 if done is None else done.took_ms / 1_000
        return max(self._interval_seconds, REST_FACTOR * took_seconds)

    def look(self, round_us: int = ROUND_US) -> Reconciled | None:
        """Compare the subject that has waited longest; None where all were compared within ``round_us``."""
        comparisons = self._comparisons()
        now = self._database.clock.now()
        with self._database.writing() as connection:
            subject = reconciliation_repository.take_due(connection, comparisons, before=now - round_us, now=now)
        if subject is None:
            return None
        began = monotonic_us()
        found = comparisons[subject]()
        took_ms = (monotonic_us() - began) // 1_000
        done = Reconciled(subject, now, took_ms, len(found), found[0] if found else "")
        with self._database.writing() as connection:
            reconciliation_repository.note(connection, done)
            if found:
                inbox.add_entries(connection, [_entry(done)])
        return done

    def _comparisons(self) -> Mapping[str, Callable[[], Found]]:
        comparisons: dict[str, Callable[[], Found]] = {
            f"feed: {aggregate.entity}": partial(self._feed, aggregate) for aggregate in fed_aggregates()
        }
        return {**comparisons, "buckets": self._buckets, "stock": self._stock}

    def _feed(self, aggregate: Aggregate) -> Found:
        with self._database.reading() as connection:
            found = bucket_repository.differences(connection, aggregate)
        return [f"{each.entity} {each.id} in {each.scope}" for each in found]

    def _buckets(self) -> Found:
        with self._database.reading() as connection:
            found = bucket_repository.bucket_differences(connection)
        return [f"bucket {each.bucket} of {each.entity} in {each.scope}" for each in found]

    def _stock(self) -> Found:
        return [
            f"{each.store} {each.sku}: ledger {each.ledger_on_hand}, balance {each.balance_on_hand} (thousandths)"
            for each in inventory.verify_stock(self._database).differences
        ]


def _entry(done: Reconciled) -> inbox.Entry:
    """One entry for a subject and an example: the same difference found again adds nothing."""
    return inbox.Entry(
        id=derived_id("reconciliation", done.subject, done.example),
        kind=EntryKind.INTEGRITY,
        entity="reconciliation",
        entity_id=derived_id("reconciliation", done.subject),
        title=f"The server found a difference: {done.subject}",
        reason=f"{done.differences:,} differ, such as {done.example}. Ask the operator for counterfoil-server verify.",
        created_at=done.checked_at,
    )
