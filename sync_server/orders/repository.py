"""Orders, their lines, and the calls that made them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from shared.schema.base import Replicated
from shared.schema.orders import CustomerOrder, OrderLine
from shared.schema.registry import CATALOGUE_SCOPE

_order = Replicated.metadata.tables[CustomerOrder.__tablename__]
_line = Replicated.metadata.tables[OrderLine.__tablename__]

# One statement, as everything about the call is known by now. A second call with the same key waits here for the first
# one's commit, then finds its row and writes nothing. The order's number is the call's; a restore takes the counter
# back, so numbers of later epochs name theirs. With a mark it writes only while that is the catalogue's.
_PLACE = text("""
WITH claimed AS (
    INSERT INTO order_request (order_id, request_hash, received_at)
    SELECT :id, CAST(:hash AS bytea), :changed_at
    WHERE CAST(:mark AS bytea) IS NULL OR CAST(:mark AS bytea) = (SELECT mark FROM sync_scope WHERE name = :catalogue)
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, CAST(number AS text) AS number
),
placed AS (
    INSERT INTO customer_order
        (id, store_id, number, channel, reference, customer_id, customer_name, state, currency, net_total, tax_total,
         total, placed_at, expires_at, changed_at)
    SELECT order_id, :store_id,
           'W' || CASE WHEN state.epoch > 1 THEN state.epoch || '-' ELSE '' END
               || lpad(number, greatest(6, length(number)), '0'), :channel, :reference,
           CAST(:customer_id AS uuid), :customer_name, :state, :currency, :net_total, :tax_total, :total, :placed_at,
           CAST(:expires_at AS bigint), :changed_at
    FROM claimed CROSS JOIN server_state AS state
    RETURNING number
),
lines AS (
    INSERT INTO order_line
        (id, order_id, number, variant_id, sku, name, quantity, unit_price_micro, net, tax, total)
    SELECT line.id, claimed.order_id, line.number, line.variant_id, line.sku, line.name, line.quantity,
           line.unit_price_micro, line.net, line.tax, line.total
    FROM claimed CROSS JOIN unnest(
        CAST(:line_id AS uuid[]), CAST(:line_number AS bigint[]), CAST(:line_variant_id AS uuid[]),
        CAST(:line_sku AS text[]), CAST(:line_name AS text[]), CAST(:line_quantity AS bigint[]),
        CAST(:line_unit_price_micro AS bigint[]), CAST(:line_net AS bigint[]), CAST(:line_tax AS bigint[]),
        CAST(:line_total AS bigint[])
    ) AS line (id, number, variant_id, sku, name, quantity, unit_price_micro, net, tax, total)
)
SELECT number FROM placed
""")
_LINE_COLUMNS = ("id", "number", "variant_id", "sku", "name", "quantity", "unit_price_micro", "net", "tax", "total")
_CLAIM = text("""
INSERT INTO order_request (order_id, request_hash, received_at) VALUES (:order, ''::bytea, :at)
ON CONFLICT (order_id) DO UPDATE SET request_hash = EXCLUDED.request_hash, refusal = NULL
WHERE order_request.refusal IS NOT NULL
""")
_REFUSE = text("""
INSERT INTO order_request (order_id, request_hash, received_at, refusal)
VALUES (:order, :hash, :at, CAST(:refusal AS jsonb))
ON CONFLICT (order_id) DO NOTHING
""")
_FORGET_REFUSED = text("DELETE FROM order_request WHERE refusal IS NOT NULL AND received_at < :before")
_REQUEST = text("SELECT request_hash, refusal FROM order_request WHERE order_id = :order")
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
_NUMBER_TAKEN = text("SELECT EXISTS (SELECT FROM customer_order WHERE number = :number AND id <> :order)")
_LAPSED = text("""
SELECT id FROM customer_order
WHERE state IN ('placed', 'ready') AND expires_at <= :now
ORDER BY expires_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """What a call with the same key came to.

    Attributes:
        request_hash: of the whole request; empty where nobody knows it any more.
        refusal: why there is no order, an error as a JSON object; None where there is one.
    """

    request_hash: bytes
    refusal: Mapping[str, Any] | None


def claim(connection: Connection, order_id: uuid.UUID, at: int) -> None:
    """Note that this order was placed by a call that nobody remembers; it stands above a refusal since."""
    connection.execute(_CLAIM, {"order": order_id, "at": at})


def refuse(
    connection: Connection, order_id: uuid.UUID, request_hash: bytes, at: int, refusal: Mapping[str, object]
) -> bool:
    """Note what a call was refused for; False where an earlier call with its key placed the order or was refused."""
    given = {"order": order_id, "hash": request_hash, "at": at, "refusal": json.dumps(refusal)}
    return connection.execute(_REFUSE, given).rowcount == 1


def forget_refused(connection: Connection, before: int) -> int:
    """Forget refusals from before an instant (UTC microseconds); gives how many."""
    return connection.execute(_FORGET_REFUSED, {"before": before}).rowcount


def earlier_call(connection: Connection, order_id: uuid.UUID) -> EarlierCall | None:
    """What the call that asked for this order came to; None where there was none."""
    found = connection.execute(_REQUEST, {"order": order_id}).one_or_none()
    return None if found is None else EarlierCall(bytes(found.request_hash), found.refusal)


def place(
    connection: Connection,
    request_hash: bytes,
    order: Mapping[str, object],
    lines: Sequence[Mapping[str, object]],
    *,
    mark: bytes | None = None,
) -> str | None:
    """Write an order and its lines for the call that asks for it.

    Gives the order's number, or None where an earlier call placed the order, or where the catalogue is no longer the
    one with this ``mark``; then nothing is written.
    """
    columns = {f"line_{name}": [line[name] for line in lines] for name in _LINE_COLUMNS}
    parameters = {**order, **columns, "hash": request_hash, "mark": mark, "catalogue": CATALOGUE_SCOPE}
    number = connection.execute(_PLACE, parameters).scalar_one_or_none()
    return None if number is None else str(number)


def add(connection: Connection, order: Mapping[str, object], lines: Sequence[Mapping[str, object]]) -> None:
    """Write an order and its lines as they are, its number included."""
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


def is_number_taken(connection: Connection, number: str, order_id: uuid.UUID) -> bool:
    """Whether another order has this number."""
    return bool(connection.execute(_NUMBER_TAKEN, {"number": number, "order": order_id}).scalar_one())


def lapsed(connection: Connection, now: int, limit: int) -> list[uuid.UUID]:
    """Orders whose promise has lapsed, held; those that somebody else is busy with are left for the next time."""
    return list(connection.execute(_LAPSED, {"now": now, "limit": limit}).scalars())
