"""The tables of the search index, the same on a device and in a snapshot file.

``search_document`` has one row per variant. Its key says how early a row comes in a scan that stops after a few
hundred: products on sale before archived ones, short names before long ones. ``search_text`` is the full-text index
over it; ``search_word`` and ``search_deletion`` find words with one typing error.
"""

from __future__ import annotations

from shared.schema.search.folding import FOLDING_VERSION

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
TABLE_NAMES = ("search_text", "search_deletion", "search_word", "search_document", "search_state")

SHADOW_TABLES = ("search_text_data", "search_text_idx", "search_text_config")
"""What SQLite keeps ``search_text`` in; copied as they are from a snapshot file."""
