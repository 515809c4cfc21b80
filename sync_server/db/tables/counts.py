"""What became of stock counts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Uuid

from sync_server.db.tables.base import server_metadata

stock_count = Table(
    "stock_count",
    server_metadata,
    Column("movement_id", Uuid, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("variant_id", Uuid, nullable=False),
    Column("device_id", Uuid),
    Column("at", BigInteger, nullable=False),
    Column("base_position", BigInteger, nullable=False),
    Column("difference", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("effect", BigInteger, nullable=False),
    Index("ix_stock_count_store_id_variant_id_position", "store_id", "variant_id", "position"),
)
"""Each count as ``shared.stock.count`` has it: the ledger position up to which it is in the ledger, and by how much it
changed the sum in all, its correction included; thousandths."""
