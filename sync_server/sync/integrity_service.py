"""Whether the feed says what the tables say, and its buckets what its rows say; and putting right what does not."""

from __future__ import annotations

from dataclasses import dataclass

from sync_server.db.feed import fed_aggregates
from sync_server.db.sessions import Connection, Database
from sync_server.sync import bucket_repository, coverage_repository, reconciliation_repository
from sync_server.sync.bucket_repository import BucketDifference, FeedDifference
from sync_server.sync.coverage_repository import FeedLag
from sync_server.sync.reconciliation_repository import Reconciled

TOUCHED_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FeedVerification:
    """What differs.

    Attributes:
        uncovered: tables and partitions whose writes the feed does not see.
        rows: aggregates that a scope should hold and does not, or the other way round.
        buckets: sums that do not say what the feed's rows say.
    """

    uncovered: tuple[str, ...]
    rows: tuple[FeedDifference, ...]
    buckets: tuple[BucketDifference, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.uncovered or self.rows or self.buckets)


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """What an operator should know of the feed without comparing anything.

    Attributes:
        lag: what open transactions keep from the feed.
        uncovered: tables and partitions whose writes it does not see.
        compared: how many comparisons were made of late.
        differing: those that found something.
    """

    lag: FeedLag
    uncovered: tuple[str, ...]
    compared: int
    differing: tuple[Reconciled, ...]


def feed_health(connection: Connection) -> FeedHealth:
    """Look it up; cheap."""
    reconciled = reconciliation_repository.all_reconciled(connection)
    return FeedHealth(
        coverage_repository.feed_lag(connection),
        tuple(coverage_repository.uncovered(connection)),
        len(reconciled),
        tuple(each for each in reconciled if each.differences),
    )


def verify_feed(database: Database) -> FeedVerification:
    """Compare everything, one snapshot for each entity; reads every root row and the whole feed."""
    rows: list[FeedDifference] = []
    for aggregate in fed_aggregates():
        with database.reading() as connection:
            rows += bucket_repository.differences(connection, aggregate)
    with database.reading() as connection:
        buckets = bucket_repository.bucket_differences(connection)
        uncovered = coverage_repository.uncovered(connection)
    return FeedVerification(tuple(uncovered), tuple(rows), tuple(buckets))


def repair_feed(database: Database, found: FeedVerification) -> None:
    """Put on triggers that lack, add up sums anew, and have aggregates stamped so that devices are told.

    In this order: what slips in while triggers lack is found at the next look, and the stamping keeps right sums right.
    """
    if found.uncovered:
        with database.writing() as connection:
            coverage_repository.cover(connection)
    for scope in sorted({each.scope for each in found.buckets}):
        with database.writing() as connection:
            bucket_repository.rebuild(connection, scope)
    by_entity: dict[str, set[str]] = {}
    for each in found.rows:
        by_entity.setdefault(each.entity, set()).add(each.id)
    for entity, ids in by_entity.items():
        ordered = sorted(ids)
        for start in range(0, len(ordered), TOUCHED_AT_ONCE):
            with database.writing() as connection:
                bucket_repository.touch(connection, entity, ordered[start : start + TOUCHED_AT_ONCE])
