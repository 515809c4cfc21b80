"""What a push leaves behind beside its effects: what a revoked device handed in, and how each sale was re-priced."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from sync_server.db.tables.base import server_metadata

quarantined_mutation = Table(
    "quarantined_mutation",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("place", BigInteger, Identity(always=True), nullable=False),
    Column("incarnation", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("arguments", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("status", Text, nullable=False, server_default=text("''")),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("decided_at", BigInteger),
    CheckConstraint("state IN ('waiting', 'applied', 'discarded')", name="state"),
    Index("ix_quarantined_mutation_waiting", "device_id", "place", postgresql_where=text("state = 'waiting'")),
)
"""Mutations of a revoked device, as they came: nothing of them has effect until an operator applies them.

``place`` is the order in which they came; ``status`` and ``message`` say what became of an applied one, or why one was
discarded. Instants are UTC microseconds.
"""

sale_check = Table(
    "sale_check",
    server_metadata,
    Column("sale_id", Uuid, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("clock_ahead_us", BigInteger, nullable=False, server_default=text("0")),
    Column("is_skewed", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("engine_difference", BigInteger, nullable=False, server_default=text("0")),
    Column("stale_lines", Integer, nullable=False, server_default=text("0")),
    Column("stale_difference", BigInteger, nullable=False, server_default=text("0")),
    Column("detail", Text, nullable=False, server_default=text("''")),
    Column("checked_at", BigInteger),
    CheckConstraint("state IN ('waiting', 'same', 'diverged', 'other_engine', 'unchecked')", name="state"),
    Index("ix_sale_check_waiting", "received_at", postgresql_where=text("state = 'waiting'")),
    Index(
        "ix_sale_check_odd", "state", "engine_difference", postgresql_where=text("state IN ('diverged', 'unchecked')")
    ),
    Index("ix_sale_check_stale", "stale_difference", postgresql_where=text("stale_lines > 0")),
)
"""Each synced sale, priced once more by the server. Differences are minor units of the sale's currency.

``engine_difference`` is the largest amount in which sale and server disagree for the same inputs; ``stale_difference``
what the lines cost beside the prices that were in force (charged less asked); ``clock_ahead_us`` how far the device's
clock was before the server's when it sent the sale; ``detail`` one sentence.
"""
