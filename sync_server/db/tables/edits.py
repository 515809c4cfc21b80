"""What merging needs to remember: who last set which field, what was removed, and which decisions were carried out."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid

from sync_server.db.tables.base import server_metadata

field_edit = Table(
    "field_edit",
    server_metadata,
    Column("row_id", Uuid, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("edited_at", BigInteger, nullable=False),
    Column("edited_by", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("origin", Uuid),
)
"""``row_id`` is the root's or the owned row's id; ``version`` the aggregate's version that first had the value;
``origin`` the life of the device, or the inbox entry, that set it."""

removed_row = Table(
    "removed_row",
    server_metadata,
    Column("row_id", Uuid, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("removed_at", BigInteger, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
    Index("ix_removed_row_noted_at", "noted_at"),
)
"""A row that somebody took away, as JSON: what an edit that did not know of it is shown with, and restored from.
``removed_at`` by the device's clock, ``noted_at`` by the server's, by which it is pruned (UTC microseconds)."""

carried_out = Table(
    "carried_out",
    server_metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
)
"""The decision of an inbox entry that was carried out last, so that it is carried out once."""
