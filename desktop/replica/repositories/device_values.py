"""Small things this device remembers for itself, by name."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from desktop.replica.schema import DeviceValue


def device_value(connection: Connection, key: str) -> object:
    """What is remembered under a name; None for nothing."""
    return connection.execute(select(DeviceValue.value).where(DeviceValue.key == key)).scalar_one_or_none()


def save_device_value(connection: Connection, key: str, value: object) -> None:
    """Remember a JSON value under a name; None forgets it."""
    if value is None:
        connection.execute(delete(DeviceValue).where(DeviceValue.key == key))
        return
    connection.execute(
        insert(DeviceValue)
        .values(key=key, value=value)
        .on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )
