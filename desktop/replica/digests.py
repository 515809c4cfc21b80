"""Full digests of what this replica holds of the server's rows: base rows, never the edits laid over them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import msgspec
from sqlalchemy import Connection

from desktop.replica import cursors
from desktop.replica.rows import aggregate_of, parts, read_payloads
from shared.schema.registry import SCHEMA_VERSION, at_schema
from shared.sync.digest import scope_digest
from shared.sync.projection import narrowed, widened
from shared.sync.wire import Payload, Row, ScopeDigest

_ROWS_READ_AT_ONCE = 2_000
_Member = tuple[str, bytes, int]
_NOT_HERE: Payload = ([], {})
"""A row that a scope holds and that is not in the tables: its digest is no server's."""


def replica_digests(connection: Connection, schema: int = SCHEMA_VERSION) -> list[ScopeDigest]:
    """Rows and digest of each scope at the position this device has it, in the order of their names.

    Rows are as wire schema ``schema`` has them; what it does not know is left out.
    """
    found = [scope_digest_here(connection, cursor, schema) for cursor in cursors.cursors(connection).values()]
    return sorted(found, key=lambda each: each.scope)


def scope_digest_here(connection: Connection, cursor: cursors.ScopeCursor, schema: int = SCHEMA_VERSION) -> ScopeDigest:
    """Rows and digest of one scope at the position this device has it."""
    rows = _rows(connection, cursor)
    if schema < SCHEMA_VERSION:
        rows = _as_of(rows, schema)
    count, digest = scope_digest(rows)
    return ScopeDigest(scope=cursor.scope, position=cursor.position, rows=count, digest=digest)


def _as_of(rows: Iterator[Row], schema: int) -> Iterator[Row]:
    known = at_schema(schema)
    return (
        Row(row.entity, row.id, row.version, narrowed(row.entity, row.payload, schema) if row.payload[0] else _NOT_HERE)
        for row in rows
        if row.entity in known
    )


def _rows(connection: Connection, cursor: cursors.ScopeCursor) -> Iterator[Row]:
    members: list[_Member] = [
        (row[0], row[1], row[2])
        for row in connection.exec_driver_sql(
            "SELECT entity, id, version FROM membership WHERE scope_number = ? ORDER BY entity, id", (cursor.number,)
        )
    ]
    for entity, of_entity in groupby(members, key=lambda member: member[0]):
        for part in parts(list(of_entity), _ROWS_READ_AT_ONCE):
            payloads = server_payloads(connection, entity, [member[1] for member in part])
            for _, entity_id, version in part:
                yield Row(entity, entity_id, version, payloads.get(entity_id, _NOT_HERE))


def server_payloads(connection: Connection, entity: str, ids: list[bytes]) -> dict[bytes, Payload]:
    """The server's own payloads as this replica has them, by id; those that are not here are left out."""
    found = read_payloads(connection, aggregate_of(entity), ids)
    bases = connection.exec_driver_sql(
        "SELECT id, payload FROM base_copy WHERE entity = ? AND payload IS NOT NULL", (entity,)
    )
    wanted = set(ids)
    for entity_id, payload in bases:
        if entity_id in wanted:
            found[entity_id] = widened(entity, msgspec.msgpack.decode(payload, type=Payload))
    return found
