"""Aggregates as they travel: converted to wire values by PostgreSQL, read set-based, one statement per table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

from shared.schema.registry import SCHEMA_VERSION, WireTable, at_schema
from sync_server.db.binary import fetch_binary
from sync_server.db.wire_values import wire_expression

__all__ = ["IDS_SQL", "ReadPayload", "RowValues", "read_many", "read_payloads", "wire_expression"]

RowValues = tuple[Any, ...]
ReadPayload = tuple[RowValues, dict[str, list[RowValues]]]

IDS_SQL = "ARRAY(SELECT encode(given, 'hex')::uuid FROM unnest(%b::bytea[]) AS given)"
"""Identifiers that are sent as a list of 16 bytes each; in binary, as text they would have to be escaped one by one."""


@cache
def _select(table: WireTable, key: str) -> str:
    columns = ", ".join(wire_expression(column) for column in table.columns)
    order = ' ORDER BY "id"' if table.parent_column else ""
    return f'SELECT {columns} FROM {table.name} WHERE "{key}" = ANY ({IDS_SQL}){order}'


def read_payloads(
    connection: Connection, entity: str, ids: Sequence[bytes], schema: int = SCHEMA_VERSION
) -> dict[bytes, ReadPayload]:
    """The aggregates with these ids that are there, as wire schema ``schema`` has them, children sorted by id."""
    aggregate = at_schema(schema)[entity]
    wanted = list(ids)
    roots = fetch_binary(connection, _select(aggregate.root, "id"), [wanted])
    found: dict[bytes, ReadPayload] = {row[0]: (row, {child.name: [] for child in aggregate.children}) for row in roots}
    for child in aggregate.children:
        at = child.column_names.index(child.parent_column)
        for row in fetch_binary(connection, _select(child, child.parent_column), [wanted]):
            if row[at] in found:
                found[row[at]][1][child.name].append(row)
    return found


def read_many(
    connection: Connection, keys: Mapping[str, Sequence[bytes]], schema: int = SCHEMA_VERSION
) -> dict[tuple[str, bytes], ReadPayload]:
    """The aggregates of several entities, by (entity, id); entities that ``schema`` does not know are left out."""
    return {
        (entity, id_): payload
        for entity, ids in keys.items()
        if entity in at_schema(schema)
        for id_, payload in read_payloads(connection, entity, ids, schema).items()
    }
