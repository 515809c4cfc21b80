"""The buckets of the feed: their sums, what is in one, and whether they say what the feed's rows say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.schema.registry import Aggregate
from shared.sync.buckets import joined_halves
from sync_server.db.binary import fetch_binary
from sync_server.db.feed_check import BUCKET_DIFFERENCES, FILL_BUCKETS, FORGET_BUCKETS, feed_differences
from sync_server.db.feed_stamp import BUCKET_OF

_SUMS = "SELECT scope_id, entity, bucket, rows, high, low FROM sync_bucket WHERE scope_id = ANY(%b)"
_ROWS = f"""
SELECT {BUCKET_OF.format("id")}, uuid_send(id), version FROM sync_row
WHERE scope_id = %b AND entity = %b AND state = 'live' AND {BUCKET_OF.format("id")} = ANY(%b) ORDER BY 1, 2
"""
_LOCK_SCOPE = text("SELECT id FROM sync_scope WHERE name = :name FOR UPDATE")
_BUCKET_DIFFERENCES = text(BUCKET_DIFFERENCES)
_FORGET = text(FORGET_BUCKETS.format(":scope"))
_FILL = text(FILL_BUCKETS.format(":scope"))
_TOUCH = text("SELECT sync_note(:entity, CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class BucketSum:
    """One bucket: how many live rows, and the sum of their leaves modulo 2^64."""

    scope_id: int
    entity: str
    bucket: int
    rows: int
    sum: int


@dataclass(frozen=True, slots=True)
class BucketDifference:
    """A bucket that does not say what the feed's rows say: how many rows it counts, and how many there are."""

    scope: str
    entity: str
    bucket: int
    rows_kept: int
    rows_found: int


@dataclass(frozen=True, slots=True)
class FeedDifference:
    """An aggregate that a scope should hold and does not (``is_missing``), or holds and should not."""

    entity: str
    id: str
    scope: str
    is_missing: bool


def sums(connection: Connection, scope_ids: Collection[int]) -> list[BucketSum]:
    """The buckets of these scopes that hold anything."""
    return [
        BucketSum(scope_id, entity, bucket, rows, joined_halves(high, low))
        for scope_id, entity, bucket, rows, high, low in fetch_binary(connection, _SUMS, [list(scope_ids)])
    ]


def rows_of(
    connection: Connection, scope_id: int, entity: str, buckets: Collection[int]
) -> dict[int, list[tuple[bytes, int]]]:
    """(id, version) of the live rows in these buckets of an entity, by bucket and in the order of ids."""
    found: dict[int, list[tuple[bytes, int]]] = {bucket: [] for bucket in buckets}
    for bucket, row_id, version in fetch_binary(connection, _ROWS, [scope_id, entity, list(buckets)]):
        found[bucket].append((row_id, version))
    return found


def bucket_differences(connection: Connection) -> list[BucketDifference]:
    """Every bucket that does not say what the feed's rows say; reads the whole feed."""
    return [BucketDifference(*row) for row in connection.execute(_BUCKET_DIFFERENCES)]


def rebuild(connection: Connection, scope: str) -> None:
    """Fill the buckets of a scope anew from the feed's rows; writers to the scope wait meanwhile."""
    given = {"name": scope, "scope": connection.execute(_LOCK_SCOPE, {"name": scope}).scalar_one()}
    connection.execute(_FORGET, given)
    connection.execute(_FILL, given)


def differences(connection: Connection, aggregate: Aggregate) -> list[FeedDifference]:
    """Where the feed has aggregates of one entity elsewhere than its tables say."""
    rows = connection.execute(text(feed_differences(aggregate).replace(":", "\\:")))
    return [FeedDifference(aggregate.entity, str(row.id), row.scope, row.is_missing) for row in rows]


def touch(connection: Connection, entity: str, ids: Sequence[str]) -> None:
    """Have these aggregates stamped at the commit, as if they had been written to."""
    connection.execute(_TOUCH, {"entity": entity, "ids": list(ids)})
