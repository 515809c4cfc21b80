"""Promises: one conditional statement each, never read-then-write, rows in the order of their variant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text

_AVAILABLE_OF = "{0}.on_hand - {0}.reserved - {0}.damaged - {0}.in_quality_control"

# A promise writes what others do not wait for first and takes the hot balance last, so that buyers who queue for it
# wait only for a commit. INSERT … SELECT … ORDER BY … ON CONFLICT DO UPDATE takes the balances one after the other in
# the given order and judges the condition on each row's newest version: no two buyers get the last piece, and two
# orders of the same products cannot wait for each other. What the snapshot already shows as too little writes nothing;
# the join lets no balance come into being. A hold that is there already is not taken twice.
_PROMISE = """
WITH wanted AS (
    SELECT * FROM unnest(CAST(:variants AS uuid[]), CAST(:quantities AS bigint[])) AS given (variant_id, quantity)
),
{lease}kept AS (
    INSERT INTO reservation (order_id, variant_id, store_id, quantity, expires_at, state, lease)
    SELECT :order, wanted.variant_id, :store, wanted.quantity, :expires_at, 'held', {number}
    FROM wanted JOIN stock_balance AS known USING (variant_id){from_lease}
    WHERE known.store_id = :store AND {available_known} >= wanted.quantity AND {may}
    ON CONFLICT (order_id, variant_id) DO NOTHING
    RETURNING variant_id, quantity
),
dirty AS (
    INSERT INTO stock_dirty (store_id, variant_id) SELECT :store, variant_id FROM kept RETURNING variant_id
),
noted AS MATERIALIZED (SELECT count(*) AS rows FROM dirty)
INSERT INTO stock_balance AS b (store_id, variant_id, reserved{columns})
SELECT :store, kept.variant_id, kept.quantity{values}
FROM kept{from_lease} WHERE (SELECT rows FROM noted) > 0
ORDER BY kept.variant_id
ON CONFLICT (store_id, variant_id) DO UPDATE SET reserved = b.reserved + EXCLUDED.reserved{sets}
WHERE {available_b} >= EXCLUDED.reserved{condition}
RETURNING b.variant_id
"""


def _promise_statement(**parts: str) -> TextClause:
    available = {"available_known": _AVAILABLE_OF.format("known"), "available_b": _AVAILABLE_OF.format("b")}
    return text(_PROMISE.format(**available, **parts))


# While the store is heard everything available may be promised.
_PROMISE_HEARD = _promise_statement(
    lease="",
    number="0",
    from_lease="",
    may="NOT EXISTS (SELECT FROM store_lease WHERE store_id = :store AND expires_at <= :now)",
    columns="",
    values="",
    sets="",
    condition="",
)

# Once its lease has lapsed, from rights only. The first promise of a lapse measures them, in the same statement that
# takes from them; here EXCLUDED carries the lapse and the share. The twin of shared.stock.rights_of and may_promise.
_RIGHTS = f"""CASE WHEN b.rights_lease = EXCLUDED.rights_lease THEN {{0}}
    ELSE greatest({_AVAILABLE_OF.format("b")}, 0) * EXCLUDED.rights_left / 100 END"""
_PROMISE_FROM_RIGHTS = _promise_statement(
    lease="""lease AS MATERIALIZED (
    SELECT number, web_share FROM store_lease WHERE store_id = :store AND expires_at <= :now
),
""",
    number="lease.number",
    from_lease=" CROSS JOIN lease",
    may="true",
    columns=", rights_lease, rights_left",
    values=", lease.number, lease.web_share",
    sets=f""", rights_lease = EXCLUDED.rights_lease,
    rights_granted = {_RIGHTS.format("b.rights_granted")},
    rights_left = {_RIGHTS.format("b.rights_left")} - EXCLUDED.reserved""",
    condition=f" AND {_RIGHTS.format('b.rights_left')} >= EXCLUDED.reserved",
)

_HELD_ALREADY = text("""
SELECT variant_id, quantity FROM reservation
WHERE order_id = :order AND store_id = :store AND state = 'held' AND variant_id = ANY(:variants)
""")

# Gives back what the chosen reservations hold. Whoever changes a reservation's state first gives its stock back; a
# second one waits for the row and then no longer finds it held, so nothing is given back twice.
_END = """
WITH ended AS (
    UPDATE reservation SET state = :state
    WHERE state = 'held' AND {which}
    RETURNING store_id, variant_id, quantity, lease
),
sums AS (
    SELECT ended.store_id, ended.variant_id, sum(ended.quantity)::bigint AS quantity,
           coalesce(sum(ended.quantity) FILTER (
               WHERE :gives_back AND ended.lease > 0 AND ended.lease = known.rights_lease), 0)::bigint AS rights
    FROM ended JOIN stock_balance AS known USING (store_id, variant_id) GROUP BY ended.store_id, ended.variant_id
),
freed AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, reserved, rights_left)
    SELECT store_id, variant_id, quantity, rights FROM sums ORDER BY store_id, variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE
    SET reserved = b.reserved - EXCLUDED.reserved, rights_left = b.rights_left + EXCLUDED.rights_left
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
