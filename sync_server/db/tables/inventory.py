"""Stock as the server keeps it: hot balances, what changed since the last projection, and open promises."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, Uuid, text

from sync_server.db.tables.base import server_metadata


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


stock_balance = Table(
    "stock_balance",
    server_metadata,
    Column("store_id", Uuid, primary_key=True),
    Column("variant_id", Uuid, primary_key=True),
    _count("on_hand"),
    _count("reserved"),
    _count("damaged"),
    _count("in_quality_control"),
    _count("incoming"),
    _count("ledger_position"),
    # Half-empty pages keep the updates of a hot row on its own page, where they need no index entry.
    postgresql_with={"fillfactor": "50"},
)
"""What a store has of a variant, in the same transaction as the ledger; thousandths. ``ledger_position`` counts the
movements it includes."""

stock_dirty = Table(
    "stock_dirty",
    server_metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("variant_id", Uuid, nullable=False),
)
"""One row for each change of a balance; the projector takes them away."""

stock_projection = Table(
    "stock_projection",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""Up to which mutation of a device the replicated stock levels include its movements."""

reservation = Table(
    "reservation",
    server_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("variant_id", Uuid, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("state", Text, nullable=False),
    Index(
        "ix_reservation_expires_at",
        "expires_at",
        postgresql_where=text("state = 'held' AND expires_at IS NOT NULL"),
    ),
    Index("ix_reservation_variant_id_held", "variant_id", postgresql_where=text("state = 'held'")),
)
"""What is promised to an order: ``held``, then ``fulfilled``, ``released`` or ``expired``. In thousandths."""
