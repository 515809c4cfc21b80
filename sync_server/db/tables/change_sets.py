"""Bulk changes made on the server: an import and what came of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, Uuid

from sync_server.db.tables.base import server_metadata

change_set = Table(
    "change_set",
    server_metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("made_by", Text, nullable=False, server_default=""),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("summary", Text, nullable=False, server_default="{}"),
)
"""``ended_at`` is empty while it runs, and for good where it broke off; its finished chunks stay."""
