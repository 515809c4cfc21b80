"""What was compared with what, when, and whether it agreed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from sync_server.db.tables.base import server_metadata

reconciliation = Table(
    "reconciliation",
    server_metadata,
    Column("subject", Text, primary_key=True),
    Column("checked_at", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("example", Text, nullable=False),
)
"""One row for each thing that is compared again and again: the server's clock in UTC microseconds, how long it took,
how much differed, and one example."""
