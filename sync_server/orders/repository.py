"""Orders, their lines, and the calls that made them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from shared.schema.base import Replicated
from shared.schema.orders import CustomerOrder, OrderLine

_order = Replicated.metadata.tables[CustomerOrder.__tablename__]
_line = Replicated.metadata.tables[OrderLine.__tablename__]

# A second call with the same key waits here for the first one's commit, and then finds its row.
_CLAIM = text("""
INSERT INTO order_request (order_id, request_hash, received_at) VALUES (:order, :hash, :at)
ON CONFLICT (order_id) DO NOTHING
RETURNING number
""")
_REQUEST_HASH = text("SELECT request_hash FROM order_request WHERE order_id = :order")
_ORDER = text("""
SELECT o.*, store.code AS store, store.time_zone FROM customer_order AS o JOIN store ON store.id = o.store_id
WHERE o.id = :order
""")
_HELD_ORDER = text("""
SELECT o.*, store.code AS store, store.time_zone FROM customer_order AS o JOIN store ON store.id = o.store_id
WHERE o.id = :order FOR NO KEY UPDATE OF o
""")
_LINES = text("SELECT * FROM order_line WHERE order_id = :order ORDER BY number")
_SET_STATE = text("UPDATE customer_order SET state = :state, changed_at = :at WHERE id = :order")
_LAPSED = text("""
SELECT id FROM customer_order
WHERE state IN ('placed', 'ready') AND expires_at <= :now
ORDER BY expires_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")


def claim(connection: Connection, order_id: uuid.UUID, request_hash: bytes, at: int) -> int | None:
    """Note that a call places this order; gives the order's number, or None where an earlier call did."""
    parameters = {"order": order_id, "hash": request_hash, "at": at}
    number = connection.execute(_CLAIM, parameters).scalar_one_or_none()
    return None if number is None else int(number)


def request_hash(connection: Connection, order_id: uuid.UUID) -> bytes | None:
    """The hash of the call that placed an order."""
    found = connection.execute(_REQUEST_HASH, {"order": order_id}).scalar_one_or_none()
    return None if found is None else bytes(found)


def add(connection: Connection, order: Mapping[str, object], lines: Sequence[Mapping[str, object]]) -> None:
    """Write an order and its lines."""
    connection.execute(_order.insert(), [dict(order)])
    connection.execute(_line.insert(), [dict(line) for line in lines])


def order_by_id(
    connection: Connection, order_id: uuid.UUID, *, is_held: bool = False
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]] | None:
    """An order with its lines; ``is_held`` keeps others from changing it until the transaction's end."""
    row = connection.execute(_HELD_ORDER if is_held else _ORDER, {"order": order_id}).mappings().first()
    if row is None:
        return None
    lines = connection.execute(_LINES, {"order": order_id}).mappings()
    return dict(row), [dict(line) for line in lines]


def set_state(connection: Connection, order_id: uuid.UUID, state: str, at: int) -> None:
    """Write where an order stands from now on."""
    connection.execute(_SET_STATE, {"order": order_id, "state": state, "at": at})


def lapsed(connection: Connection, now: int, limit: int) -> list[uuid.UUID]:
    """Orders whose promise has lapsed, held; those that somebody else is busy with are left for the next time."""
    return list(connection.execute(_LAPSED, {"now": now, "limit": limit}).scalars())
