"""Replicated rows between Python values and the wire's, which are exactly what SQLite stores; and their plain SQL."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table

from shared.errors import BugError
from shared.schema.base import Replicated
from shared.schema.registry import AGGREGATES, Aggregate, WireColumn, WireTable
from shared.schema.types import WireKind, canonical_json
from shared.sync.wire import Payload, Value, Values

PARAMETERS_MAX = 30_000
"""Bound values in one statement; SQLite here takes 250,000."""

_Item = TypeVar("_Item")

_TO_WIRE: Mapping[WireKind, tuple[type, Callable[[Any], Value]]] = {
    WireKind.ID: (uuid.UUID, lambda value: bytes(value.bytes)),
    WireKind.WHOLE: (int, int),
    WireKind.FLAG: (bool, int),
    WireKind.DAY: (dt.date, lambda value: str(value.isoformat())),
    WireKind.WORDS: (str, str),
    WireKind.JSON: (object, canonical_json),
    WireKind.DIGEST: (bytes, bytes),
}


def aggregate_of(entity: str) -> Aggregate:
    """The registry's entry.

    Raises:
        BugError: ``entity_unknown``.
    """
    found = AGGREGATES.get(entity)
    if found is None:
        raise BugError("entity_unknown", f"There is no aggregate named {entity}.", entity=entity)
    return found


def column_of(table: WireTable, name: str) -> WireColumn:
    """One column of a table.

    Raises:
        BugError: ``field_unknown``.
    """
    for column in table.columns:
        if column.name == name:
            return column
    raise BugError("field_unknown", f"{table.name} has no field {name}.", table=table.name, field=name)


def wire_value(column: WireColumn, value: object) -> Value:
    """One Python value as it travels and as SQLite stores it.

    Raises:
        BugError: ``value_unfit`` for a value of another type.
    """
    if value is None:
        return None
    expected, convert = _TO_WIRE[column.kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and column.kind is WireKind.WHOLE):
        raise BugError("value_unfit", f"{column.name} cannot hold a {type(value).__name__}.", field=column.name)
    return convert(value)


def python_value(column: WireColumn, value: Value) -> object:
    """The inverse of ``wire_value``."""
    if value is None:
        return None
    match column.kind:
        case WireKind.ID:
            assert isinstance(value, bytes)
            return uuid.UUID(bytes=value)
        case WireKind.FLAG:
            return bool(value)
        case WireKind.DAY:
            return dt.date.fromisoformat(str(value))
        case WireKind.JSON:
            return json.loads(str(value))
        case _:
            return value


def wire_row(table: WireTable, row: Mapping[str, object]) -> Values:
    """A mapping of Python values as a wire row, defaults of the mapped class filled in.

    Raises:
        BugError: ``field_unknown``, ``field_missing`` or ``value_unfit``.
    """
    columns = _columns(table.name)
    unknown = row.keys() - columns.keys()
    if unknown:
        raise BugError("field_unknown", f"{table.name} has no field {min(unknown)}.", table=table.name)
    values: Values = []
    for column in table.columns:
        value = row[column.name] if column.name in row else _default(columns[column.name])
        if value is None and not column.nullable:
            raise BugError("field_missing", f"{table.name} needs {column.name}.", table=table.name, field=column.name)
        values.append(wire_value(column, value))
    return values


def python_row(table: WireTable, values: Sequence[Value]) -> dict[str, object]:
    """A wire row as a mapping of Python values."""
    return {column.name: python_value(column, value) for column, value in zip(table.columns, values, strict=True)}


def wire_payload(
    aggregate: Aggregate, row: Mapping[str, object], children: Mapping[str, Sequence[Mapping[str, object]]]
) -> Payload:
    """Root and owned rows as the wire's payload: every child table named, its rows sorted by id.

    Children may leave out the column that points at their root.
    """
    unknown = children.keys() - {child.name for child in aggregate.children}
    if unknown:
        raise BugError("field_unknown", f"{aggregate.entity} owns no {min(unknown)}.", entity=aggregate.entity)
    root = wire_row(aggregate.root, row)
    owned: dict[str, list[Values]] = {}
    for child in aggregate.children:
        rows = [wire_row(child, {child.parent_column: row["id"], **each}) for each in children.get(child.name, ())]
        owned[child.name] = sorted(rows, key=first_id)
    return root, owned


def first_id(values: Values) -> bytes:
    """The id of a wire row: its first column."""
    key = values[0]
    assert isinstance(key, bytes)
    return key


def read_payload(connection: Connection, aggregate: Aggregate, entity_id: bytes) -> Payload | None:
    """The aggregate as it stands in the replica's tables (own edits included), or None."""
    found = read_payloads(connection, aggregate, [entity_id])
    return found.get(entity_id)


def read_payloads(connection: Connection, aggregate: Aggregate, ids: Sequence[bytes]) -> dict[bytes, Payload]:
    """Several aggregates as they stand in the replica's tables, by id; those that are not there are left out."""
    marks = ",".join("?" * len(ids))
    root = aggregate.root
    rows = connection.exec_driver_sql(f"SELECT {column_list(root)} FROM {root.name} WHERE id IN ({marks})", tuple(ids))
    found: dict[bytes, Payload] = {
        row[0]: (list(row), {child.name: [] for child in aggregate.children}) for row in rows
    }
    for child in aggregate.children:
        parent = child.column_names.index(child.parent_column)
        sql = f"SELECT {column_list(child)} FROM {child.name} WHERE {child.parent_column} IN ({marks}) ORDER BY id"
        for row in connection.exec_driver_sql(sql, tuple(ids)):
            if row[parent] in found:
                found[row[parent]][1][child.name].append(list(row))
    return found


def write_payload(connection: Connection, aggregate: Aggregate, payload: Payload) -> None:
    """Make the replica's tables hold exactly this aggregate: the root replaced, its children replaced whole."""
    root, children = payload
    upsert_rows(connection, aggregate.root, [root])
    for child in aggregate.children:
        connection.exec_driver_sql(f"DELETE FROM {child.name} WHERE {child.parent_column} = ?", (root[0],))
        upsert_rows(connection, child, children.get(child.name, []))


def insert_payload(connection: Connection, aggregate: Aggregate, payload: Payload) -> None:
    """Add an aggregate that must not be there yet."""
    root, children = payload
    _run_rows(connection, aggregate.root, [root], conflict="")
    for child in aggregate.children:
        _run_rows(connection, child, children.get(child.name, []), conflict="")


def erase_payloads(connection: Connection, aggregate: Aggregate, ids: Sequence[bytes]) -> None:
    """Remove aggregates with their children; ids that are not there are no fault."""
    for part in parts(ids, PARAMETERS_MAX):
        marks = ",".join("?" * len(part))
        for child in aggregate.children:
            sql = f"DELETE FROM {child.name} WHERE {child.parent_column} IN ({marks})"
            connection.exec_driver_sql(sql, tuple(part))
        connection.exec_driver_sql(f"DELETE FROM {aggregate.root.name} WHERE id IN ({marks})", tuple(part))


def upsert_rows(connection: Connection, table: WireTable, rows: Sequence[Values]) -> None:
    """Write wire rows by plain multi-row upserts; a row with the same id is overwritten."""
    assignments = ", ".join(f"{name} = excluded.{name}" for name in table.column_names[1:])
    _run_rows(connection, table, rows, conflict=f" ON CONFLICT (id) DO UPDATE SET {assignments}")


def _run_rows(connection: Connection, table: WireTable, rows: Sequence[Values], *, conflict: str) -> None:
    width = len(table.columns)
    for part in parts(rows, max(1, PARAMETERS_MAX // width)):
        values = tuple(chain.from_iterable(part))
        connection.exec_driver_sql(_insert_sql(table, len(part)) + conflict, values)


@lru_cache(maxsize=512)
def _insert_sql(table: WireTable, count: int) -> str:
    one = "(" + ",".join("?" * len(table.columns)) + ")"
    return f"INSERT INTO {table.name} ({column_list(table)}) VALUES {','.join([one] * count)}"


@cache
def column_list(table: WireTable) -> str:
    """The column names for a statement, in wire order."""
    return ", ".join(table.column_names)


def parts(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    """Slices of at most ``size`` items."""
    return (items[start : start + size] for start in range(0, len(items), size))


@cache
def _columns(table_name: str) -> Mapping[str, Column[object]]:
    table: Table = Replicated.metadata.tables[table_name]
    return {column.name: column for column in table.columns}


def _default(column: Column[object]) -> object:
    default = column.default
    if default is None or not hasattr(default, "arg"):
        return None
    return default.arg(None) if default.is_callable else default.arg
