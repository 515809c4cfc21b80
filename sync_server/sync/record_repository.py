"""New aggregates into their tables: one binary COPY per table, whatever their number."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection

from shared.schema.registry import WireTable
from shared.schema.types import WireKind
from sync_server.db.binary import driver_cursor, fetch_binary
from sync_server.sync.payload_repository import IDS_SQL

Row = tuple[Any, ...]

# COPY's binary format sends what a type's receive function reads. For identifiers that is the 16 bytes themselves, so
# they, flags and days are sent as raw bytes and need no Python object of their own.
_COPY_TYPES = {
    WireKind.ID: "bytea",
    WireKind.FLAG: "bytea",
    WireKind.DAY: "bytea",
    WireKind.DIGEST: "bytea",
    WireKind.WHOLE: "int8",
    WireKind.WORDS: "text",
    WireKind.JSON: "text",
}
_FLAGS = (b"\x00", b"\x01")
_POSTGRES_DAY_ZERO = dt.date(2000, 1, 1).toordinal()


@lru_cache(maxsize=4_096)
def _day_bytes(text: str) -> bytes:
    return struct.pack(">i", dt.date.fromisoformat(text).toordinal() - _POSTGRES_DAY_ZERO)


def _flag_bytes(flag: int) -> bytes:
    return _FLAGS[flag]


_CONVERSIONS: dict[WireKind, Callable[[Any], bytes]] = {WireKind.FLAG: _flag_bytes, WireKind.DAY: _day_bytes}


@cache
def _copy_statement(table: WireTable) -> str:
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    return f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)"


@cache
def _conversions(table: WireTable) -> tuple[tuple[int, Callable[[Any], bytes]], ...]:
    return tuple(
        (at, _CONVERSIONS[column.kind]) for at, column in enumerate(table.columns) if column.kind in _CONVERSIONS
    )


def _converted(table: WireTable, rows: Iterable[Row]) -> Iterable[Sequence[Any]]:
    conversions = _conversions(table)
    if not conversions:
        return rows
    return (_converted_row(row, conversions) for row in rows)


def _converted_row(row: Row, conversions: Iterable[tuple[int, Callable[[Any], bytes]]]) -> list[Any]:
    values = list(row)
    for at, convert in conversions:
        if values[at] is not None:
            values[at] = convert(values[at])
    return values


def copy_rows(connection: Connection, table: WireTable, rows: Sequence[Row]) -> None:
    """Insert rows of wire values; fails as a whole if one is there already or does not fit."""
    if not rows:
        return
    with (
        driver_cursor(connection) as cursor,
        cursor.copy(_copy_statement(table).encode()) as copy,
    ):
        copy.set_types([_COPY_TYPES[column.kind] for column in table.columns])
        for row in _converted(table, rows):
            copy.write_row(row)


@cache
def _existing_statement(table: WireTable) -> str:
    return f"SELECT uuid_send(id) FROM {table.name} WHERE id = ANY ({IDS_SQL})"


def existing(connection: Connection, table: WireTable, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these ids are in the table."""
    return {row[0] for row in fetch_binary(connection, _existing_statement(table), [list(ids)])}
