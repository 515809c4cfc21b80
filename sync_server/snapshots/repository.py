"""What a snapshot file is made of, read from one snapshot of the database in streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from shared.schema.registry import Aggregate, WireTable
from sync_server.db.binary import stream_binary
from sync_server.db.wire_values import wire_expression

Rows = list[tuple[Any, ...]]
CHUNK_ROWS = 10_000

_STANDINGS = text(
    "SELECT s.id, s.name, s.position, s.mark, s.pruned_position, coalesce(sum(b.rows), 0)::bigint AS rows "
    "FROM sync_scope s LEFT JOIN sync_bucket b ON b.scope_id = s.id "
    "WHERE s.name = ANY (:names) GROUP BY s.id ORDER BY s.name"
)
_IS_STAMPED = text(
    "SELECT (SELECT mark FROM sync_stamp WHERE scope_id = :scope AND position >= :position ORDER BY position LIMIT 1)"
)
_BUCKETS = text(
    "SELECT CAST(:number AS bigint), entity, bucket, rows, high, low FROM sync_bucket "
    "WHERE scope_id = :scope AND entity = ANY (:entities) ORDER BY entity, bucket"
)
_MEMBERS = (
    "SELECT entity, uuid_send(id), {number}::bigint, version FROM sync_row "
    "WHERE scope_id = {scope} AND state = 'live' AND entity = '{entity}' ORDER BY id"
)
_NO_TIME_LIMITS = (
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL idle_in_transaction_session_timeout = 0"),
)


@dataclass(frozen=True, slots=True)
class ScopeStanding:
    """Where a scope stands.

    Attributes:
        pruned_position: a device before it has to start anew.
        rows: how many aggregates the scope holds.
    """

    id: int
    name: str
    position: int
    mark: bytes
    pruned_position: int
    rows: int


def standings(connection: Connection, names: list[str]) -> dict[str, ScopeStanding]:
    """Those of the scopes that there are."""
    return {row.name: ScopeStanding(*row) for row in connection.execute(_STANDINGS, {"names": names})}


def mark_at(connection: Connection, scope: ScopeStanding, position: int) -> bytes:
    """The mark of the transaction that stamped a position; empty where that is not known any more."""
    if position == scope.position:
        return scope.mark
    found: bytes | None = connection.execute(_IS_STAMPED, {"scope": scope.id, "position": position}).scalar()
    return found or b""


def lift_time_limits(connection: Connection) -> None:
    """For this transaction only: reading a whole scope takes as long as it takes."""
    for statement in _NO_TIME_LIMITS:
        connection.execute(statement)


def buckets(connection: Connection, scope: ScopeStanding, entities: list[str], number: int) -> Rows:
    """(number, entity, bucket, rows, high, low) of the buckets of these entities."""
    found = connection.execute(_BUCKETS, {"scope": scope.id, "entities": entities, "number": number})
    return [tuple(row) for row in found]


def members(connection: Connection, scope: ScopeStanding, entity: str, number: int) -> Iterator[Rows]:
    """(entity, id, number, version) of what the scope holds of an entity, in the order of identifiers."""
    yield from stream_binary(connection, _MEMBERS.format(number=number, scope=scope.id, entity=entity), CHUNK_ROWS)


def rows_of(connection: Connection, scope: ScopeStanding, aggregate: Aggregate, table: WireTable) -> Iterator[Rows]:
    """The wire rows of one table of an aggregate that the scope holds, in the order of identifiers."""
    columns = ", ".join(wire_expression(column, "t") for column in table.columns)
    key = table.parent_column or "id"
    yield from stream_binary(
        connection,
        f"SELECT {columns} FROM {table.name} t JOIN sync_row r ON r.id = t.{key} AND r.entity = '{aggregate.entity}' "
        f"AND r.scope_id = {scope.id} AND r.state = 'live' ORDER BY t.id",
        CHUNK_ROWS,
    )
