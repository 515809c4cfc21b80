"""Writing the search index: in bulk after a load, row by row when a searched column changed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from itertools import chain

from sqlalchemy import Connection

from desktop.replica.search.schema import is_ready
from shared.schema.search import build
from shared.schema.search.documents import Document, document_of, first_position
from shared.schema.search.words import deletion_rows, is_correctable

_SOURCE_OF = """SELECT v.id, p.id, p.name, v.name, v.sku, p.brand, p.state
                FROM product p JOIN variant v ON v.product_id = p.id
                WHERE p.id IN (SELECT unhex(value) FROM json_each(?))"""
_INSERT = """INSERT INTO search_document
             (position, variant_id, product_id, name, sku, state, name_key, other_key, sku_key)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_STORED = """SELECT variant_id, product_id, name, sku, state, name_key, other_key, sku_key, position
             FROM search_document WHERE product_id IN (SELECT unhex(value) FROM json_each(?))"""
_CHUNK = 400


def rebuild(connection: Connection) -> None:
    """Build the whole index anew from the replica's products, in the caller's transaction (about 3 s for 100,000)."""
    driver = connection.connection.driver_connection
    assert driver is not None
    build(driver)


def index_changed(connection: Connection, entity: str, ids: Iterable[uuid.UUID]) -> None:
    """Bring the index up to date with changed, new or vanished aggregates, in the caller's transaction.

    Only products are indexed (codes and prices are read where they are); rows whose searched columns are as before
    are not written. Before the first ``rebuild`` it does nothing.
    """
    if entity != "product" or not is_ready(connection):
        return
    keys = [product_id.bytes for product_id in ids]
    for start in range(0, len(keys), _CHUNK):
        _index_products(connection, keys[start : start + _CHUNK])


def _index_products(connection: Connection, product_ids: Sequence[bytes]) -> None:
    keys = json.dumps([product_id.hex() for product_id in product_ids])
    source = connection.exec_driver_sql(_SOURCE_OF, (keys,)).all()
    wanted = {document.variant_id: document for document in (document_of(tuple(row)) for row in source)}
    stored = {row[0]: (Document(*row[:8]), row[8]) for row in connection.exec_driver_sql(_STORED, (keys,))}
    gone = [known for variant_id, known in stored.items() if known[0] != wanted.get(variant_id)]
    fresh = [document for document in wanted.values() if stored.get(document.variant_id, (None,))[0] != document]
    for document, position in gone:
        connection.exec_driver_sql(
            "INSERT INTO search_text (search_text, rowid, name_key, other_key) VALUES ('delete', ?, ?, ?)",
            (position, document.name_key, document.other_key),
        )
        connection.exec_driver_sql("DELETE FROM search_document WHERE position = ?", (position,))
    for document in fresh:
        position = _free_position(connection, document.bucket)
        connection.exec_driver_sql(_INSERT, document.row(position))
        connection.exec_driver_sql(
            "INSERT INTO search_text (rowid, name_key, other_key) VALUES (?, ?, ?)",
            (position, document.name_key, document.other_key),
        )
    _add_words(connection, fresh)


def _free_position(connection: Connection, bucket: int) -> int:
    row = connection.exec_driver_sql(
        "SELECT max(position) FROM search_document WHERE position >= ? AND position < ?",
        (first_position(bucket), first_position(bucket + 1)),
    ).one()
    return first_position(bucket) if row[0] is None else int(row[0]) + 1


def _insert_many(connection: Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, rows)


def _add_words(connection: Connection, documents: Sequence[Document]) -> None:
    """Learn the words of new texts; words nobody uses any more are forgotten at the next rebuild."""
    used = chain.from_iterable(f"{document.name_key} {document.other_key}".split() for document in documents)
    for word in dict.fromkeys(filter(is_correctable, used)):
        changed = connection.exec_driver_sql(
            "INSERT INTO search_word (word, documents) VALUES (?, 1)"
            " ON CONFLICT (word) DO UPDATE SET documents = documents + 1 RETURNING id, documents",
            (word,),
        ).one()
        if changed[1] == 1:
            _insert_many(
                connection,
                "INSERT OR IGNORE INTO search_deletion (deletion, word_id) VALUES (?, ?)",
                list(deletion_rows([(changed[0], word)])),
            )
