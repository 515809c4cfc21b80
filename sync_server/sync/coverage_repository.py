"""Whether every fed table and partition carries the feed's triggers, and how long writers keep the feed waiting."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from sync_server.db.feed import cover_statement, uncovered_statement

# What a transaction wrote is in the feed when it commits, and not before: the oldest that has written says how late.
_LAG = text("""
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS seconds,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle
FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
""")


@dataclass(frozen=True, slots=True)
class FeedLag:
    """How long the oldest open transaction that has written keeps it from the feed, in milliseconds.

    Attributes:
        idle_writers: such transactions that do nothing at the moment.
    """

    milliseconds: int
    idle_writers: int


def feed_lag(connection: Connection) -> FeedLag:
    """What open transactions keep from the feed now."""
    row = connection.execute(_LAG).one()
    return FeedLag(round(row.seconds * 1_000), row.idle)


def cover(connection: Connection) -> int:
    """Put the triggers onto tables and partitions that lack some; gives how many were made."""
    return int(connection.exec_driver_sql(cover_statement()).scalar_one())


def uncovered(connection: Connection) -> list[str]:
    """The fed tables and partitions that lack a trigger, or have one switched off."""
    return list(connection.exec_driver_sql(uncovered_statement()).scalars())
