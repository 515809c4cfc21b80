"""Replicated columns as they travel: PostgreSQL converts them, so that no value is touched in Python."""

from __future__ import annotations

from shared.schema.registry import WireColumn
from shared.schema.types import WireKind

_WIRE_SQL = {
    WireKind.ID: "uuid_send({0})",
    WireKind.FLAG: "{0}::int",
    WireKind.DAY: "to_char({0}, 'YYYY-MM-DD')",
    WireKind.WHOLE: "{0}",
    WireKind.WORDS: "{0}",
    WireKind.JSON: "{0}",
    WireKind.DIGEST: "{0}",
}


def wire_expression(column: WireColumn, table: str = "") -> str:
    """The SQL that gives a column's wire value; with the table's name or alias where several are joined."""
    name = f'"{column.name}"'
    return _WIRE_SQL[column.kind].format(f"{table}.{name}" if table else name)
