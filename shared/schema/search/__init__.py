"""The search index of a device: its tables, its words, and how it is built in bulk.

It stands here because both homes build it: a device after a load by pages, the server inside a snapshot file.
"""

from shared.schema.search.building import build
from shared.schema.search.tables import INDEX_VERSION, INDEXES, SHADOW_TABLES, TABLE_NAMES, TABLES

__all__ = ["INDEXES", "INDEX_VERSION", "SHADOW_TABLES", "TABLES", "TABLE_NAMES", "build"]
