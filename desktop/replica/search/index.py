"""Writing the search index: in bulk after a load, row by row when a searched column changed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from itertools import chain, groupby

from sqlalchemy import Connection

from desktop.replica.search.documents import Document, document_of, first_position
from desktop.replica.search.schema import create_indexes, drop_indexes, is_ready, mark_ready, mark_stale
from desktop.replica.search.typos import deletion_rows, is_correctable

_SOURCE = """SELECT v.id, p.id, p.name, v.name, v.sku, p.brand, p.state
             FROM product p JOIN variant v ON v.product_id = p.id"""
_SOURCE_OF = """SELECT v.id, p.id, p.name, v.name, v.sku, p.brand, p.state
                FROM product p JOIN variant v ON v.product_id = p.id
                WHERE p.id IN (SELECT unhex(value) FROM json_each(?))"""
_EMPTY = ("DELETE FROM search_document", "DELETE FROM search_deletion", "DELETE FROM search_word")
_INSERT = """INSERT INTO search_document
             (position, variant_id, product_id, name, sku, state, name_key, other_key, sku_key)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_STORED = """SELECT variant_id, product_id, name, sku, state, name_key, other_key, sku_key, position
             FROM search_document WHERE product_id IN (SELECT unhex(value) FROM json_each(?))"""
_CHUNK = 400
_LOAD_HASH_BYTES = 64 * 1024 * 1024
_USUAL_HASH_BYTES = 1024 * 1024


def rebuild(connection: Connection) -> None:
    """Build the whole index anew from the replica's products, in the caller's transaction (about 2 s for 100,000)."""
    mark_stale(connection)
    _clear(connection)
    documents = [document_of(tuple(row)) for row in connection.exec_driver_sql(_SOURCE)]
    documents.sort(key=lambda document: (document.bucket, document.name_key))
    _insert_many(connection, _INSERT, list(_placed(documents)))
    create_indexes(connection)
    _configure(connection, "hashsize", _LOAD_HASH_BYTES)
    connection.exec_driver_sql("INSERT INTO search_text (search_text) VALUES ('rebuild')")
    _configure(connection, "hashsize", _USUAL_HASH_BYTES)
    _rebuild_vocabulary(connection)
    mark_ready(connection)


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


def _placed(documents: Iterable[Document]) -> Iterable[tuple[object, ...]]:
    for bucket, members in groupby(documents, key=lambda document: document.bucket):
        for position, document in enumerate(members, first_position(bucket)):
            yield document.row(position)


def _clear(connection: Connection) -> None:
    drop_indexes(connection)
    connection.exec_driver_sql("INSERT INTO search_text (search_text) VALUES ('delete-all')")
    for statement in _EMPTY:
        connection.exec_driver_sql(statement)


def _configure(connection: Connection, option: str, value: int) -> None:
    connection.exec_driver_sql("INSERT INTO search_text (search_text, rank) VALUES (?, ?)", (option, value))


def _insert_many(connection: Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(statement, rows)


def _rebuild_vocabulary(connection: Connection) -> None:
    """Take the words off the full-text index itself, so that every correction is a word that is there."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS temp.search_vocabulary")
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE temp.search_vocabulary USING fts5vocab('main', 'search_text', 'row')"
    )
    found = connection.exec_driver_sql("SELECT term, doc FROM temp.search_vocabulary").all()
    connection.exec_driver_sql("DROP TABLE temp.search_vocabulary")
    words = [(number, term, documents) for number, (term, documents) in enumerate(found, 1) if is_correctable(term)]
    _insert_many(connection, "INSERT INTO search_word (id, word, documents) VALUES (?, ?, ?)", list(words))
    rows = sorted(deletion_rows((number, word) for number, word, _ in words))
    _insert_many(connection, "INSERT INTO search_deletion (deletion, word_id) VALUES (?, ?)", list(rows))


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
