"""Which references have no target yet, and how far each scope has been looked through for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid

from sync_server.db.tables.base import server_metadata

missing_reference = Table(
    "missing_reference",
    server_metadata,
    Column("target", Text, primary_key=True),
    Column("target_id", Uuid, primary_key=True),
    Column("referrer", Text, nullable=False),
    Column("referrer_column", Text, nullable=False),
    Column("referrer_id", Uuid, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False, server_default="0"),
    Column("entry_id", Uuid),
)
"""A row of the table ``target`` that is not there, and one row that refers to it. ``entry_id`` is the inbox entry that
says so once it has been missing for long. Instants by the server's clock, UTC microseconds."""

reference_watch = Table(
    "reference_watch",
    server_metadata,
    Column("scope_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
)
"""Up to which position of a scope the references of its rows were looked up, and when last."""
