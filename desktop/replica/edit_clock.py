"""When an edit is made, by the device's hybrid clock: later than its last edit, and than what it has of the server.

So an edit that follows another one carries the later time, also where this device's clock runs behind.
"""

from __future__ import annotations

from sqlalchemy import Connection

from shared.sync.hybrid_clock import next_time

_LAST_EDIT = "last_edit_at"


def edit_time(connection: Connection, now: int) -> int:
    """The time of an edit made now (``now`` by the device's clock; both UTC microseconds); no other edit gets it."""
    seen = connection.exec_driver_sql(
        "SELECT value FROM device_value WHERE key = ? UNION ALL SELECT consistent_at FROM identity", (_LAST_EDIT,)
    )
    at = next_time(now, *(int(row[0]) for row in seen if row[0] is not None))
    connection.exec_driver_sql(
        "INSERT INTO device_value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_LAST_EDIT, str(at)),
    )
    return at
