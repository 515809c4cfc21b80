"""Whether every fed table and partition carries the feed's triggers, and how long writers keep the feed waiting."""

from __future__ import annotations

from sqlalchemy import Connection

from sync_server.db.feed import cover_statement, uncovered_statement


def cover(connection: Connection) -> int:
    """Put the triggers onto tables and partitions that lack some; gives how many were made."""
    return int(connection.exec_driver_sql(cover_statement()).scalar_one())


def uncovered(connection: Connection) -> list[str]:
    """The fed tables and partitions that lack a trigger, or have one switched off."""
    return list(connection.exec_driver_sql(uncovered_statement()).scalars())
