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
noted AS MATERIALIZED (SELECT count(*) AS rows FROM dirty),
held AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, reserved{columns})
    SELECT :store, kept.variant_id, kept.quantity{values}
    FROM kept{from_lease} WHERE (SELECT rows FROM noted) > 0
    ORDER BY kept.variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE SET reserved = b.reserved + EXCLUDED.reserved{sets}
    WHERE {available_b} >= EXCLUDED.reserved{condition}
    RETURNING b.variant_id
)
SELECT kept.variant_id, held.variant_id IS NOT NULL AS is_held FROM kept LEFT JOIN held USING (variant_id)
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
# second one waits for the row and then no longer finds it held, so nothing is given back twice. What was taken from the
# rights of the lapse that still holds goes back to them, unless the goods were handed out.
_END = """
WITH ended AS (
    UPDATE reservation SET state = :state
    WHERE state = 'held' AND {which}
    RETURNING store_id, variant_id, quantity, lease
),
by_lease AS (
    SELECT store_id, variant_id, lease, sum(quantity)::bigint AS quantity
    FROM ended GROUP BY store_id, variant_id, lease
),
sums AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS quantity,
           CASE WHEN :state = 'fulfilled' THEN 0 ELSE max(lease) END AS lease,
           (array_agg(quantity ORDER BY lease DESC))[1] AS rights
    FROM by_lease GROUP BY store_id, variant_id
),
freed AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, reserved, rights_lease, rights_left)
    SELECT store_id, variant_id, quantity, lease, rights FROM sums ORDER BY store_id, variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE
    SET reserved = b.reserved - EXCLUDED.reserved,
        rights_left = b.rights_left + CASE
            WHEN b.rights_lease > 0 AND b.rights_lease = EXCLUDED.rights_lease THEN EXCLUDED.rights_left ELSE 0 END
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
SELECT b.store_id, b.variant_id, b.on_hand, b.reserved - coalesce(lapsed.quantity, 0) AS reserved, b.damaged,
       b.in_quality_control, lease.number, lease.web_share,
       CASE WHEN b.rights_lease = lease.number THEN b.rights_left END AS rights_left
FROM stock_balance AS b
LEFT JOIN (
    SELECT store_id, variant_id, sum(quantity)::bigint AS quantity FROM reservation
    WHERE state = 'held' AND expires_at <= :now AND variant_id = ANY(:variants)
    GROUP BY store_id, variant_id
) AS lapsed USING (store_id, variant_id)
LEFT JOIN store_lease AS lease ON lease.store_id = b.store_id AND lease.expires_at <= :now
WHERE b.variant_id = ANY(:variants) AND (CAST(:store AS uuid) IS NULL OR b.store_id = :store)
""")


@dataclass(frozen=True, slots=True)
class Promisable:
    """A balance as promises see it, lapsed holds counted as free; thousandths.

    Attributes:
        lease: the number of the store's lapse; None while its lease is in force, or where it has none.
        web_share: per cent, with ``lease``.
        rights_left: what is left of the rights of this lapse; None where they are not measured yet.
    """

    store_id: uuid.UUID
    variant_id: uuid.UUID
    on_hand: int
    reserved: int
    damaged: int
    in_quality_control: int
    lease: int | None
    web_share: int | None
    rights_left: int | None


def promise(
    connection: Connection,
    store_id: uuid.UUID,
    order_id: uuid.UUID,
    wanted: Mapping[uuid.UUID, int],
    expires_at: int | None,
    *,
    now: int,
) -> set[uuid.UUID]:
    """Hold what can be held, thousandths by variant in the order of their ids; gives the variants that are held.

    What the order holds already stays as it is. Where something is short the transaction must be rolled back.
    """
    parameters = {
        "store": store_id,
        "order": order_id,
        "variants": list(wanted),
        "quantities": list(wanted.values()),
        "expires_at": expires_at,
        "now": now,
    }
    tried = {row.variant_id: row.is_held for row in connection.execute(_PROMISE_HEARD, parameters)}
    if not tried and wanted:
        tried = {row.variant_id: row.is_held for row in connection.execute(_PROMISE_FROM_RIGHTS, parameters)}
    held = {variant_id for variant_id, is_held in tried.items() if is_held}
    if len(tried) < len(wanted):
        rows = connection.execute(_HELD_ALREADY, {"order": order_id, "store": store_id, "variants": list(wanted)})
        before = {row.variant_id: row.quantity for row in rows}
        held |= {each for each in wanted.keys() - tried.keys() if before.get(each) == wanted[each]}
    return held


def end_order(connection: Connection, order_id: uuid.UUID, state: str) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """End the holds of an order as ``released`` or ``fulfilled``; gives the (store, variant) they held."""
    return _pairs(connection, _END_ORDER, {"order": order_id, "state": state})


def end_expired_of(
    connection: Connection, store_id: uuid.UUID, variant_ids: Sequence[uuid.UUID], now: int
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Free what lapsed holds keep of these variants; gives the (store, variant) that were freed."""
    parameters = {"store": store_id, "variants": list(variant_ids), "now": now, "state": "expired"}
    return _pairs(connection, _END_EXPIRED_OF, parameters)


def end_expired(connection: Connection, now: int, limit: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Free what lapsed holds keep anywhere, at most ``limit`` of them; gives the (store, variant) that were freed."""
    return _pairs(connection, _END_EXPIRED, {"now": now, "limit": limit, "state": "expired"})


def _pairs(
    connection: Connection, statement: TextClause, parameters: Mapping[str, object]
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    return [(row.store_id, row.variant_id) for row in connection.execute(statement, parameters)]


def promisable(
    connection: Connection, variant_ids: Sequence[uuid.UUID], now: int, store_id: uuid.UUID | None = None
) -> list[Promisable]:
    """What each store has of these variants and may promise of them."""
    rows = connection.execute(_AVAILABLE, {"variants": list(variant_ids), "now": now, "store": store_id})
    return [Promisable(*row) for row in rows]
