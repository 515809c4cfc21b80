"""Aggregates as they travel: converted to wire values by PostgreSQL, read set-based, one statement per table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

from shared.schema.registry import AGGREGATES, WireColumn, WireTable
from shared.schema.types import WireKind
from sync_server.db.binary import fetch_binary

RowValues = tuple[Any, ...]
ReadPayload = tuple[RowValues, dict[str, list[RowValues]]]

_WIRE_SQL = {
    WireKind.ID: "uuid_send({0})",
    WireKind.FLAG: "{0}::int",
    WireKind.DAY: "to_char({0}, 'YYYY-MM-DD')",
    WireKind.WHOLE: "{0}",
    WireKind.WORDS: "{0}",
    WireKind.JSON: "{0}",
    WireKind.DIGEST: "{0}",
}

IDS_SQL = "ARRAY(SELECT encode(given, 'hex')::uuid FROM unnest(%b::bytea[]) AS given)"
"""Identifiers that are sent as a list of 16 bytes each; in binary, as text they would have to be escaped one by one."""


def wire_expression(column: WireColumn) -> str:
    """The SQL that gives a column's wire value."""
    return _WIRE_SQL[column.kind].format(f'"{column.name}"')


@cache
def _select(table: WireTable, key: str) -> str:
    columns = ", ".join(wire_expression(column) for column in table.columns)
    order = ' ORDER BY "id"' if table.parent_column else ""
    return f'SELECT {columns} FROM {table.name} WHERE "{key}" = ANY ({IDS_SQL}){order}'


def read_payloads(connection: Connection, entity: str, ids: Sequence[bytes]) -> dict[bytes, ReadPayload]:
    """The aggregates with these ids that are there, each with its children sorted by id."""
    aggregate = AGGREGATES[entity]
    wanted = list(ids)
    roots = fetch_binary(connection, _select(aggregate.root, "id"), [wanted])
    found: dict[bytes, ReadPayload] = {row[0]: (row, {child.name: [] for child in aggregate.children}) for row in roots}
    for child in aggregate.children:
        at = child.column_names.index(child.parent_column)
        for row in fetch_binary(connection, _select(child, child.parent_column), [wanted]):
            if row[at] in found:
                found[row[at]][1][child.name].append(row)
    return found


def read_many(connection: Connection, keys: Mapping[str, Sequence[bytes]]) -> dict[tuple[str, bytes], ReadPayload]:
    """The aggregates of several entities, by (entity, id)."""
    return {
        (entity, id_): payload
        for entity, ids in keys.items()
        for id_, payload in read_payloads(connection, entity, ids).items()
    }
