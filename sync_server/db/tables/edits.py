"""Who last set which field of a document: what the next edit of the same field is merged with."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, Uuid

from sync_server.db.tables.base import server_metadata

field_edit = Table(
    "field_edit",
    server_metadata,
    Column("row_id", Uuid, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("edited_at", BigInteger, nullable=False),
    Column("edited_by", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False, server_default="0"),
)
"""``row_id`` is the root's or the owned row's id; ``version`` the aggregate's version that first had the value."""
