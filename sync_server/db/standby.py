"""Whether this database follows another one, and may therefore be behind what a device has seen elsewhere."""

from __future__ import annotations

from sqlalchemy import Connection, text

_IN_RECOVERY = text("SELECT pg_is_in_recovery()")


def is_standby(connection: Connection) -> bool:
    """Whether it is a streaming replica that only reads."""
    return bool(connection.execute(_IN_RECOVERY).scalar_one())
