"""What the server remembers of each call for an order, so that a repeated call is told what the first one was."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from sync_server.db.tables.base import server_metadata

order_request = Table(
    "order_request",
    server_metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("refusal", JSONB(none_as_null=True), nullable=True),
    Index("ix_order_request_refused", "received_at", postgresql_where=text("refusal IS NOT NULL")),
)
"""``order_id`` is derived from the channel and its Idempotency-Key; ``number`` becomes the order's number.

``request_hash`` is empty where a device gave the order back to a restored server. With a ``refusal`` (the error as a
JSON object) there is no order: there was too little of something; forgotten after a day.
"""
