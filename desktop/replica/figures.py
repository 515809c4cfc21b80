"""What a replica's file weighs and counts, and a digest of its schema: for whoever helps, nothing of the shop's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from desktop.replica.schema import METADATAS

_PRAGMAS = ("user_version", "page_count", "page_size", "freelist_count", "journal_mode", "cipher_version")


@dataclass(frozen=True, slots=True)
class OutboxShape:
    """One change of this device, with its content as it stands in the outbox."""

    number: int
    id: bytes
    name: str
    entity: str
    entity_id: bytes
    state: str
    code: str
    message: str
    seen_to: str
    made_at: int
    answered_at: int | None
    arguments: bytes


def table_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(table.name for metadata in METADATAS for table in metadata.sorted_tables)
    return {name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()) for name in names}


def file_facts(connection: Connection) -> dict[str, str]:
    """SQLite's own figures of the file."""
    return {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in _PRAGMAS}


def schema_digest(connection: Connection) -> str:
    """SHA-256 over the text of every table and index, in the order of their names."""
    rows = connection.exec_driver_sql("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name")
    text = "\n".join("\t".join(row) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()


def outbox_shapes(connection: Connection, states: Sequence[str], limit: int) -> list[OutboxShape]:
    """The oldest changes in these states."""
    marks = ",".join("?" * len(states))
    rows = connection.exec_driver_sql(
        "SELECT number, id, name, entity, entity_id, state, code, message, seen_to, made_at, answered_at, arguments "
        f"FROM outbox WHERE state IN ({marks}) ORDER BY number LIMIT ?",
        (*states, limit),
    )
    return [OutboxShape(*row) for row in rows]
