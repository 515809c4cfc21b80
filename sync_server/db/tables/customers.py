"""Which stores know a customer besides the home store."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, text

from sync_server.db.tables.base import server_metadata

customer_store = Table(
    "customer_store",
    server_metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("store_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
    Index("ix_customer_store_until", "until", postgresql_where=text("until IS NOT NULL")),
)
"""A customer reaches this store's devices: ``bought`` there or ``pinned`` by a look-up, until then (UTC microseconds;
empty: for good). Captured by the feed like a table of the customer's own."""
