"""The device's own search tables.

``search_document`` has one row per variant. Its key says how early a row comes in a scan that stops after a few
hundred: products on sale before archived ones, short names before long ones. ``search_text`` is the full-text index
over it; ``search_word`` and ``search_deletion`` find words with one typing error.
"""

from __future__ import annotations

from sqlalchemy import Connection, Integer, Text, column, table

from desktop.replica.search.folding import FOLDING_VERSION
from shared.schema.types import Id

INDEX_VERSION = FOLDING_VERSION * 100 + 1
"""What ``search_state`` must say for the index to be used."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS search_document (
        position INTEGER PRIMARY KEY,
        variant_id BLOB NOT NULL,
        product_id BLOB NOT NULL,
        name TEXT NOT NULL,
        sku TEXT NOT NULL,
        state TEXT NOT NULL,
        name_key TEXT NOT NULL,
        other_key TEXT NOT NULL,
        sku_key TEXT NOT NULL)""",
    """CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5(
        name_key, other_key, content='search_document', content_rowid='position',
        tokenize='unicode61 remove_diacritics 2', prefix='1 2 3', detail='none', columnsize=0)""",
    """CREATE TABLE IF NOT EXISTS search_word (
        id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, documents INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS search_deletion (
        deletion TEXT NOT NULL, word_id INTEGER NOT NULL, PRIMARY KEY (deletion, word_id)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS search_state (version INTEGER NOT NULL)",
)
INDEXES = (
    ("ix_search_document_product_id", "search_document (product_id)"),
    ("ix_search_document_sku_key", "search_document (sku_key)"),
    ("ix_search_document_name_key", "search_document (name_key)"),
)
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

TABLE_NAMES = ("search_text", "search_deletion", "search_word", "search_document", "search_state")


def create_tables(connection: Connection) -> None:
    """Create what is missing; safe to call again."""
    for statement in TABLES:
        connection.exec_driver_sql(statement)
    create_indexes(connection)


def create_indexes(connection: Connection) -> None:
    """Create the indexes of ``search_document`` that are missing."""
    for name, columns in INDEXES:
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


def drop_indexes(connection: Connection) -> None:
    """Drop them, for a load in bulk."""
    for name, _ in INDEXES:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")


def is_ready(connection: Connection) -> bool:
    """Whether the index is complete and made by this version of the program."""
    row = connection.exec_driver_sql("SELECT max(version) FROM search_state").first()
    return row is not None and row[0] == INDEX_VERSION


def mark_ready(connection: Connection) -> None:
    """Say that the index is complete."""
    connection.exec_driver_sql("DELETE FROM search_state")
    connection.exec_driver_sql("INSERT INTO search_state (version) VALUES (?)", (INDEX_VERSION,))


def mark_stale(connection: Connection) -> None:
    """Say that the index must be built anew."""
    connection.exec_driver_sql("DELETE FROM search_state")
