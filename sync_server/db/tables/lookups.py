"""Who looked a customer up in the whole chain."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, Uuid

from sync_server.db.tables.base import server_metadata

customer_lookup = Table(
    "customer_lookup",
    server_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("device_id", Uuid, nullable=False),
    Column("by", Text, nullable=False),
    Column("customer_id", Uuid),
    Column("at", BigInteger, nullable=False),
    Index("ix_customer_lookup_device_id_at", "device_id", "at"),
)
"""One look-up of a device, UTC microseconds of the server: by ``card``, ``email`` or ``phone``, and whom it found. What
was typed is not kept. It bounds how many a device may do, and tells an owner who looked at whom."""
