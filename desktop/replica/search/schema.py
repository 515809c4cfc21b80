"""The search tables on the device: made, and marked as complete or stale."""

from __future__ import annotations

from sqlalchemy import Connection, Integer, Text, column, table

from shared.schema.search import INDEX_VERSION, INDEXES, TABLES
from shared.schema.types import Id

SEARCH_DOCUMENT = table(
    "search_document",
    column("position", Integer),
    column("variant_id", Id),
    column("product_id", Id),
    column("name", Text),
    column("sku", Text),
    column("state", Text),
    column("name_key", Text),
    column("other_key", Text),
    column("sku_key", Text),
)
"""For queries that list or join what is searched; ``position`` names a row as long as its text stays the same."""


def create_tables(connection: Connection) -> None:
    """Create what is missing; safe to call again."""
    for statement in TABLES:
        connection.exec_driver_sql(statement)
    create_indexes(connection)


def create_indexes(connection: Connection) -> None:
    """Create the indexes of ``search_document`` that are missing."""
    for name, columns in INDEXES:
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


def is_ready(connection: Connection) -> bool:
    """Whether the index is complete and made by this version of the program."""
    row = connection.exec_driver_sql("SELECT max(version) FROM search_state").first()
    return row is not None and row[0] == INDEX_VERSION


def mark_stale(connection: Connection) -> None:
    """Say that the index must be built anew."""
    connection.exec_driver_sql("DELETE FROM search_state")
