"""Small things this device remembers for itself, by name."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from shared.schema.types import canonical_json


def device_value(connection: Connection, key: str) -> object:
    """What is remembered under a name; None for nothing."""
    found = connection.exec_driver_sql("SELECT value FROM device_value WHERE key = ?", (key,)).first()
    return None if found is None else json.loads(found[0])


def save_device_value(connection: Connection, key: str, value: object) -> None:
    """Remember a JSON value under a name; None forgets it."""
    if value is None:
        connection.exec_driver_sql("DELETE FROM device_value WHERE key = ?", (key,))
        return
    connection.exec_driver_sql(
        "INSERT INTO device_value (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, canonical_json(value)),
    )
