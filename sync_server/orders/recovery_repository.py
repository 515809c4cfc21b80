"""The counter of order numbers after a restore: it must not give a number again that a channel has been told."""

from __future__ import annotations

from sqlalchemy import Connection, text

_RAISE = text("""
SELECT setval(counter.name, greatest(:number, coalesce(pg_sequence_last_value(counter.name), 1)))
FROM (SELECT pg_get_serial_sequence('order_request', 'number')::regclass AS name) AS counter
""")


def raise_numbers(connection: Connection, number: int) -> None:
    """From now on, numbers above ``number`` are given."""
    connection.execute(_RAISE, {"number": number})
