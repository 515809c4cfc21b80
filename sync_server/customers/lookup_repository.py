"""The record of who looked a customer up."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, text

_RECENT = text("SELECT count(*) FROM customer_lookup WHERE device_id = :device AND at > :since")
_NOTE = text('INSERT INTO customer_lookup (device_id, "by", customer_id, at) VALUES (:device, :by, :customer, :at)')


def count_since(connection: Connection, device_id: uuid.UUID, since: int) -> int:
    """How many look-ups a device made after an instant (UTC microseconds)."""
    return int(connection.execute(_RECENT, {"device": device_id, "since": since}).scalar_one())


def note(connection: Connection, device_id: uuid.UUID, by: str, customer_id: uuid.UUID | None, *, at: int) -> None:
    """Keep that a device looked, and whom it found."""
    connection.execute(_NOTE, {"device": device_id, "by": by, "customer": customer_id, "at": at})
