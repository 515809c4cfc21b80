"""Building the whole search index in bulk, over a plain SQLite connection of either home.

Texts go through temporary tables and are put in order by SQLite, so that what this needs of memory does not grow with
the shop where temporary tables lie on the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from shared.schema.search.documents import BUCKET_BITS, unplaced
from shared.schema.search.tables import INDEX_VERSION, INDEXES
from shared.schema.search.words import deletion_rows, is_correctable

_SOURCE = """SELECT v.id, p.id, p.name, v.name, v.sku, p.brand, p.state
             FROM product p JOIN variant v ON v.product_id = p.id"""
_UNPLACED = """CREATE TEMP TABLE search_unplaced
               (bucket INTEGER, variant_id, product_id, name, sku, state, name_key, other_key, sku_key)"""
_PLACE = """INSERT INTO search_document
            (position, variant_id, product_id, name, sku, state, name_key, other_key, sku_key)
            SELECT (bucket << ?) + row_number() OVER (PARTITION BY bucket ORDER BY name_key, variant_id) - 1,
                   variant_id, product_id, name, sku, state, name_key, other_key, sku_key
            FROM temp.search_unplaced ORDER BY bucket, name_key, variant_id"""
_EMPTY = ("DELETE FROM search_document", "DELETE FROM search_deletion", "DELETE FROM search_word")
_CHUNK_ROWS = 5_000
_LOAD_HASH_BYTES = 64 * 1024 * 1024
_USUAL_HASH_BYTES = 1024 * 1024


class Driver(Protocol):
    """A SQLite connection as the standard library's and SQLCipher's drivers have it."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any:
        """Run one statement; its cursor."""
        ...

    def executemany(self, statement: str, parameters: Iterable[Any], /) -> Any:
        """Run one statement for many rows."""
        ...


def build(driver: Driver) -> None:
    """Build the index anew from the products there are, in the caller's transaction."""
    driver.execute("DELETE FROM search_state")
    for name, _ in INDEXES:
        driver.execute(f"DROP INDEX IF EXISTS {name}")
    driver.execute("INSERT INTO search_text (search_text) VALUES ('delete-all')")
    for statement in _EMPTY:
        driver.execute(statement)
    _place_documents(driver)
    for name, columns in INDEXES:
        driver.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")
    _configure(driver, "hashsize", _LOAD_HASH_BYTES)
    driver.execute("INSERT INTO search_text (search_text) VALUES ('rebuild')")
    _configure(driver, "hashsize", _USUAL_HASH_BYTES)
    _learn_words(driver)
    driver.execute("INSERT INTO search_state (version) VALUES (?)", (INDEX_VERSION,))


def _place_documents(driver: Driver) -> None:
    driver.execute("DROP TABLE IF EXISTS temp.search_unplaced")
    driver.execute(_UNPLACED)
    found = driver.execute(_SOURCE)
    insert = "INSERT INTO temp.search_unplaced VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    for rows in _chunks(found):
        driver.executemany(insert, map(unplaced, rows))
    driver.execute(_PLACE, (BUCKET_BITS,))
    driver.execute("DROP TABLE temp.search_unplaced")


def _learn_words(driver: Driver) -> None:
    """Take the words off the full-text index itself, so that every correction is a word that is there."""
    driver.execute("DROP TABLE IF EXISTS temp.search_vocabulary")
    driver.execute("CREATE VIRTUAL TABLE temp.search_vocabulary USING fts5vocab('main', 'search_text', 'row')")
    # Codes and numbers are most of the terms of a large shop, and are never corrected.
    terms = driver.execute("SELECT term, doc FROM temp.search_vocabulary WHERE term NOT GLOB '*[0-9]*'").fetchall()
    driver.execute("DROP TABLE temp.search_vocabulary")
    words = [(number, term, documents) for number, (term, documents) in enumerate(terms, 1) if is_correctable(term)]
    driver.executemany("INSERT INTO search_word (id, word, documents) VALUES (?, ?, ?)", words)
    driver.execute("DROP TABLE IF EXISTS temp.search_unsorted")
    driver.execute("CREATE TEMP TABLE search_unsorted (deletion TEXT, word_id INTEGER)")
    driver.executemany(
        "INSERT INTO temp.search_unsorted VALUES (?, ?)", deletion_rows((number, word) for number, word, _ in words)
    )
    driver.execute("INSERT INTO search_deletion SELECT deletion, word_id FROM temp.search_unsorted ORDER BY 1, 2")
    driver.execute("DROP TABLE temp.search_unsorted")


def _configure(driver: Driver, option: str, value: int) -> None:
    driver.execute("INSERT INTO search_text (search_text, rank) VALUES (?, ?)", (option, value))


def _chunks(cursor: Any) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_CHUNK_ROWS):
        yield rows
