"""Promises: one conditional statement each, never read-then-write, rows in the order of their variant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

# INSERT … SELECT … ORDER BY … ON CONFLICT DO UPDATE takes the rows one after the other in the given order and judges
# the condition on each row's newest version, so that buyers queue and no two of them get the last piece. The join
# lets no balance come into being: what a store never had cannot be promised.
_PROMISE = text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS bigint[])) AS given (variant_id, quantity)
),
held AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, reserved)
    SELECT known.store_id, variant_id, quantity
    FROM wanted JOIN stock_balance AS known USING (variant_id)
    WHERE known.store_id = :store
    ORDER BY variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE SET reserved = b.reserved + EXCLUDED.reserved
    WHERE b.on_hand - b.reserved - b.damaged - b.in_quality_control >= EXCLUDED.reserved
    RETURNING b.variant_id
),
kept AS (
    INSERT INTO reservation (order_id, variant_id, store_id, quantity, expires_at, state)
    SELECT :order, variant_id, :store, quantity, :expires_at, 'held' FROM wanted JOIN held USING (variant_id)
),
dirty AS (
    INSERT INTO stock_dirty (store_id, variant_id) SELECT :store, variant_id FROM held
)
SELECT variant_id FROM held
""")

# Gives back what the chosen reservations hold. Whoever changes a reservation's state first gives its stock back; a
# second one waits for the row and then no longer finds it held, so nothing is given back twice.
_END = """
WITH ended AS (
    UPDATE reservation SET state = :state
    WHERE state = 'held' AND {which}
    RETURNING store_id, variant_id, quantity
),
sums AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS quantity FROM ended GROUP BY store_id, variant_id
),
freed AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, reserved)
    SELECT store_id, variant_id, quantity FROM sums ORDER BY store_id, variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE SET reserved = b.reserved - EXCLUDED.reserved
),
dirty AS (
    INSERT INTO stock_dirty (store_id, variant_id) SELECT store_id, variant_id FROM sums
)
SELECT store_id, variant_id, quantity FROM sums
"""
_END_ORDER = text(_END.format(which="order_id = :order"))
_END_EXPIRED_OF = text(_END.format(which="expires_at <= :now AND store_id = :store AND variant_id = ANY(:variants)"))
_END_EXPIRED = text(
    _END.format(
        which="""(order_id, variant_id) IN (
            SELECT order_id, variant_id FROM reservation
            WHERE state = 'held' AND expires_at <= :now ORDER BY expires_at LIMIT :limit)"""
    )
)

# What may be promised now: holds that have lapsed count as free although no sweeper has been by yet.
_AVAILABLE = text("""
SELECT b.store_id, b.variant_id, b.on_hand, b.reserved - coalesce(lapsed.quantity, 0) AS reserved,
       b.damaged + b.in_quality_control AS unsellable
FROM stock_balance AS b
LEFT JOIN (
    SELECT store_id, variant_id, sum(quantity)::bigint AS quantity FROM reservation
    WHERE state = 'held' AND expires_at <= :now AND variant_id = ANY(:variants)
    GROUP BY store_id, variant_id
) AS lapsed USING (store_id, variant_id)
WHERE b.variant_id = ANY(:variants) AND (CAST(:store AS uuid) IS NULL OR b.store_id = :store)
""")


def promise(
    connection: Connection,
    store_id: uuid.UUID,
    order_id: uuid.UUID,
    wanted: Mapping[uuid.UUID, int],
    expires_at: int | None,
) -> set[uuid.UUID]:
    """Hold what can be held, thousandths by variant; gives the variants that were held."""
    parameters = {
        "store": store_id,
        "order": order_id,
        "variants": list(wanted),
        "quantities": list(wanted.values()),
        "expires_at": expires_at,
    }
    return set(connection.execute(_PROMISE, parameters).scalars())


def end_order(connection: Connection, order_id: uuid.UUID, state: str) -> dict[uuid.UUID, int]:
    """End the holds of an order as ``released`` or ``fulfilled``; gives the thousandths each variant held."""
    rows = connection.execute(_END_ORDER, {"order": order_id, "state": state})
    return {row.variant_id: row.quantity for row in rows}


def end_expired_of(connection: Connection, store_id: uuid.UUID, variant_ids: Sequence[uuid.UUID], now: int) -> bool:
    """Free what lapsed holds keep of these variants; whether there was any."""
    parameters = {"store": store_id, "variants": list(variant_ids), "now": now, "state": "expired"}
    return bool(connection.execute(_END_EXPIRED_OF, parameters).all())


def end_expired(connection: Connection, now: int, limit: int) -> int:
    """Free what lapsed holds keep anywhere, at most ``limit`` of them; gives how many (store, variant) were freed."""
    parameters = {"now": now, "limit": limit, "state": "expired"}
    return len(connection.execute(_END_EXPIRED, parameters).all())


def available(
    connection: Connection, variant_ids: Sequence[uuid.UUID], now: int, store_id: uuid.UUID | None = None
) -> list[tuple[uuid.UUID, uuid.UUID, int, int, int]]:
    """Per store and variant: on hand, reserved (without lapsed holds) and not sellable, in thousandths."""
    rows = connection.execute(_AVAILABLE, {"variants": list(variant_ids), "now": now, "store": store_id})
    return [(row.store_id, row.variant_id, row.on_hand, row.reserved, row.unsellable) for row in rows]
