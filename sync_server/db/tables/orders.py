"""What the server remembers of each call that placed an order, so that a repeated call finds the first one's order."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, LargeBinary, Table, Uuid

from sync_server.db.tables.base import server_metadata

order_request = Table(
    "order_request",
    server_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
"""``order_id`` is derived from the channel and its Idempotency-Key; ``number`` becomes the order's number."""
