"""Figures about the database itself, for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from shared.schema.base import Replicated
from sync_server.db.tables.inventory import stock_dirty

COUNTED = ("store", "device", "product", "sale", "customer_order", "stock_movement")


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What PostgreSQL says of itself and how much is in it.

    Attributes:
        version_number: such as 150018; 180000 and above is PostgreSQL 18.
        size_bytes: of the whole database on disk.
        rows_by_table: exact counts of the main tables.
        unprojected: stock changes that devices do not see yet.
        needs_a_person: inbox entries nobody has decided.
    """

    version_number: int
    version: str
    size_bytes: int
    rows_by_table: Mapping[str, int]
    unprojected: int
    needs_a_person: int


def read_facts(connection: Connection) -> DatabaseFacts:
    """Look it all up in one snapshot."""
    tables = Replicated.metadata.tables
    inbox = tables["inbox_entry"]
    waiting = select(func.count()).select_from(inbox).where(inbox.c.state == "needs_you")
    counts = {
        name: int(connection.execute(select(func.count()).select_from(tables[name])).scalar_one()) for name in COUNTED
    }
    return DatabaseFacts(
        version_number=int(connection.execute(text("SHOW server_version_num")).scalar_one()),
        version=str(connection.execute(text("SHOW server_version")).scalar_one()),
        size_bytes=int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()),
        rows_by_table=counts,
        unprojected=int(connection.execute(select(func.count()).select_from(stock_dirty)).scalar_one()),
        needs_a_person=int(connection.execute(waiting).scalar_one()),
    )
