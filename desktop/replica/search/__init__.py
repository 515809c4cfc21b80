"""Finding products on the device: codes first, then words in any order, then words with a typing error.

The index belongs to the device alone; it can be built anew from the replica at any time.
"""

from desktop.replica.search.finding import Found, find
from desktop.replica.search.index import index_changed, rebuild
from desktop.replica.search.ranking import Match
from desktop.replica.search.schema import create_tables, is_ready, mark_stale
from shared.schema.search import TABLE_NAMES

__all__ = [
    "TABLE_NAMES",
    "Found",
    "Match",
    "create_tables",
    "find",
    "index_changed",
    "is_ready",
    "mark_stale",
    "rebuild",
]
