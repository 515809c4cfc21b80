"""Changing the rows of one document: locked, read and written in wire values."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import Connection

from shared.schema.base import Replicated
from shared.schema.registry import Aggregate, WireTable
from shared.schema.types import WireKind
from shared.sync.wire import Value
from sync_server.db.binary import fetch_binary
from sync_server.sync.payload_repository import wire_expression


def locked_row(connection: Connection, table: WireTable, row_id: bytes) -> dict[str, Value] | None:
    """A row's wire values by column, held until the transaction ends; None if it is not there."""
    columns = ", ".join(wire_expression(column) for column in table.columns)
    statement = f"SELECT {columns} FROM {table.name} WHERE id = %s FOR UPDATE"
    rows = fetch_binary(connection, statement, [uuid.UUID(bytes=row_id)])
    return dict(zip(table.column_names, rows[0], strict=True)) if rows else None


def update_row(connection: Connection, table: WireTable, row_id: bytes, values: Mapping[str, Value]) -> None:
    """Give some columns of a row new wire values."""
    if not values:
        return
    target = Replicated.metadata.tables[table.name]
    kinds = {column.name: column.kind for column in table.columns}
    changed = {target.c[name]: python_value(kinds[name], value) for name, value in values.items()}
    connection.execute(target.update().where(target.c.id == uuid.UUID(bytes=row_id)).values(changed))


def delete_row(connection: Connection, table: WireTable, row_id: bytes) -> bool:
    """Delete one row; whether it was there."""
    target = Replicated.metadata.tables[table.name]
    return connection.execute(target.delete().where(target.c.id == uuid.UUID(bytes=row_id))).rowcount == 1


def delete_aggregate(connection: Connection, aggregate: Aggregate, root_id: bytes) -> None:
    """Delete a root and what it owns."""
    delete_children(connection, aggregate, root_id)
    delete_row(connection, aggregate.root, root_id)


def delete_children(connection: Connection, aggregate: Aggregate, root_id: bytes) -> None:
    """Delete what a root owns."""
    for child in aggregate.children:
        target = Replicated.metadata.tables[child.name]
        owner = target.c[child.parent_column]
        connection.execute(target.delete().where(owner == uuid.UUID(bytes=root_id)))


def python_value(kind: WireKind, value: Value) -> object:
    """A wire value as the mapped classes have it. JSON is given as the value itself."""
    if value is None:
        return None
    match kind:
        case WireKind.ID:
            assert isinstance(value, bytes)
            return uuid.UUID(bytes=value)
        case WireKind.FLAG:
            return bool(value)
        case WireKind.DAY:
            return dt.date.fromisoformat(str(value))
        case WireKind.JSON:
            import json

            return json.loads(str(value))
        case _:
            return value
