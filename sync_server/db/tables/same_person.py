"""The keys by which customers made twice are found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Uuid

from sync_server.db.tables.base import server_metadata

customer_key = Table(
    "customer_key",
    server_metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_id", Uuid, primary_key=True),
    Index("ix_customer_key_customer_id", "customer_id"),
)
"""The first eight bytes of the hash of a key of ``shared.customers.matching``: nothing personal can be read off it.
A customer that was looked at has the key 0 too."""
