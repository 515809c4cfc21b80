"""The stored lines of the sync log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

EVENTS_KEPT_MAX = 500


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One line; ``at`` in UTC microseconds of the device's clock."""

    at: int
    kind: str
    text: str


def add(connection: Connection, at: int, kind: str, text: str) -> None:
    """Add one line and drop the oldest beyond the limit."""
    connection.exec_driver_sql("INSERT INTO sync_event (at, kind, text) VALUES (?, ?, ?)", (at, kind, text))
    connection.exec_driver_sql(
        "DELETE FROM sync_event WHERE id <= (SELECT max(id) FROM sync_event) - ?", (EVENTS_KEPT_MAX,)
    )


def recent(connection: Connection, count_max: int) -> list[StoredEvent]:
    """The newest lines, newest first."""
    rows = connection.exec_driver_sql("SELECT at, kind, text FROM sync_event ORDER BY id DESC LIMIT ?", (count_max,))
    return [StoredEvent(*row) for row in rows]
