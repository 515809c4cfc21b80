"""Compares again and again what is kept twice, a little at a time: feed and tables, sums and rows, stock and ledger.

One subject at a time, and never more than a small share of the time: after each the thread rests ten times as long as
it took. What differs is put into the inbox, where the office sees it, and shown by ``counterfoil-server doctor``.
Nothing is repaired without an operator: ``counterfoil-server verify --repair``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from shared.clock import MICROSECONDS_PER_SECOND, monotonic_us
from shared.ids import derived_id
from shared.schema.registry import Aggregate
from shared.sync.decision import EntryKind
from sync_server.db.feed import fed_aggregates
from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.inbox import service as inbox
from sync_server.inventory import service as inventory
from sync_server.sync import bucket_repository, reconciliation_repository
from sync_server.sync.reconciliation_repository import Reconciled

ROUND_US = 3_600 * MICROSECONDS_PER_SECOND
"""Everything is compared once in this time."""
INTERVAL_SECONDS = 20.0
REST_FACTOR = 10
_log = structlog.get_logger(__name__)

Found = list[str]
"""What differs, one sentence each."""


class Reconciler:
    """Runs on a thread of its own; any number of workers may have one, they take turns."""

    def __init__(self, database: Database, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._database = database
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._is_stopping.set()
        self._thread.join()

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

    def _run(self) -> None:
        rest_seconds = self._interval_seconds
        while not self._is_stopping.wait(rest_seconds):
            rest_seconds = self._interval_seconds
            try:
                done = self.look()
            except (DBAPIError, PoolTimeout) as error:
                _log.warning("not compared, will try again", reason=str(error))
                continue
            if done is not None:
                rest_seconds = max(rest_seconds, REST_FACTOR * done.took_ms / 1_000)


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
