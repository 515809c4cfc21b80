"""The buckets by which this replica is verified, kept in the transaction that changes what a scope holds.

``shared.sync.buckets`` says what a bucket is. The halves of the sums are added up apart: SQLite's whole numbers have 64
bits with a sign, and sums of 32-bit halves never leave them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from sqlalchemy import Connection

from shared.sync.buckets import BUCKETS, MODULUS, bucket_sums, joined_halves, leaf_halves

VersionedId = tuple[bytes, int]
"""(id, version) of an aggregate."""

_ROWS_READ_AT_ONCE = 2_000
_ADD = """
ON CONFLICT (scope_number, entity, number) DO UPDATE
SET "rows" = "rows" + excluded."rows", high = high + excluded.high, low = low + excluded.low
"""


@dataclass(frozen=True, slots=True)
class EntityBuckets:
    """What the buckets of one entity in a scope say: how many rows, and the 256 sums modulo 2^64."""

    entity: str
    rows: int
    sums: list[int]


def change(
    connection: Connection, scope_number: int, entity: str, added: Sequence[VersionedId], taken: Sequence[VersionedId]
) -> None:
    """A scope now holds these versions of an entity, and these no longer."""
    rows, high, low = [0] * BUCKETS, [0] * BUCKETS, [0] * BUCKETS
    for sign, versions in ((1, added), (-1, taken)):
        for (entity_id, _), (high_half, low_half) in zip(versions, leaf_halves(entity, versions), strict=True):
            number = entity_id[-1]
            rows[number] += sign
            high[number] += sign * high_half
            low[number] += sign * low_half
    changed = [
        (scope_number, entity, number, rows[number], high[number], low[number])
        for number in range(BUCKETS)
        if high[number] or low[number] or rows[number]
    ]
    if changed:
        places = ",".join(["(?,?,?,?,?,?)"] * len(changed))
        connection.exec_driver_sql(
            f'INSERT INTO bucket (scope_number, entity, number, "rows", high, low) VALUES {places} {_ADD}',
            tuple(chain.from_iterable(changed)),
        )


def forget(connection: Connection, scope_number: int) -> None:
    """The scope is no longer held, or is set aside to be filled anew."""
    connection.exec_driver_sql("DELETE FROM bucket WHERE scope_number = ?", (scope_number,))


def read(connection: Connection, scope_number: int) -> list[EntityBuckets]:
    """The buckets of a scope, by entity."""
    found = []
    rows = connection.exec_driver_sql(
        'SELECT entity, number, "rows", high, low FROM bucket WHERE scope_number = ? ORDER BY entity, number',
        (scope_number,),
    )
    for entity, buckets in groupby(rows, key=lambda row: str(row[0])):
        count, sums = 0, [0] * BUCKETS
        for _, number, in_bucket, high, low in buckets:
            count += in_bucket
            sums[number] = joined_halves(high, low)
        found.append(EntityBuckets(entity, count, sums))
    return found


def recounted(connection: Connection, scope_number: int) -> list[EntityBuckets]:
    """The buckets of a scope as its memberships make them, by entity; reads them all."""
    found: dict[str, EntityBuckets] = {}
    members = connection.exec_driver_sql(
        "SELECT entity, id, version FROM membership WHERE scope_number = ? ORDER BY entity, id", (scope_number,)
    )
    while part := members.fetchmany(_ROWS_READ_AT_ONCE):
        for entity, of_entity in groupby(part, key=lambda row: str(row[0])):
            versions = [(row[1], row[2]) for row in of_entity]
            before = found.get(entity, EntityBuckets(entity, 0, [0] * BUCKETS))
            sums = [
                (mine + more) % MODULUS for mine, more in zip(before.sums, bucket_sums(entity, versions), strict=True)
            ]
            found[entity] = EntityBuckets(entity, before.rows + len(versions), sums)
    return list(found.values())


def members_in(connection: Connection, scope_number: int, entity: str, numbers: Iterable[int]) -> list[VersionedId]:
    """(id, version) of what these buckets hold, read from the memberships, in the order of ids."""
    wanted = ",".join(f"x'{number:02x}'" for number in numbers)
    rows = connection.exec_driver_sql(
        "SELECT id, version FROM membership WHERE entity = ? AND scope_number = ? "
        f"AND substr(id, 16, 1) IN ({wanted}) ORDER BY id",
        (entity, scope_number),
    )
    return [(row[0], row[1]) for row in rows]


def rebuild(connection: Connection, scope_number: int) -> None:
    """Fill the buckets of a scope anew from its memberships."""
    forget(connection, scope_number)
    members = connection.exec_driver_sql(
        "SELECT entity, id, version FROM membership WHERE scope_number = ? ORDER BY entity, id", (scope_number,)
    )
    while part := members.fetchmany(_ROWS_READ_AT_ONCE):
        for entity, of_entity in groupby(part, key=lambda row: str(row[0])):
            change(connection, scope_number, entity, [(row[1], row[2]) for row in of_entity], [])


def rebuild_all(connection: Connection) -> None:
    """The same for every scope that is not set aside (whose memberships stand at version 0)."""
    numbers = connection.exec_driver_sql("SELECT number FROM cursor WHERE scope NOT LIKE '~%'").scalars().all()
    for number in numbers:
        rebuild(connection, number)
