"""Promises that can no longer be kept: worked out from balances and holds, remembered with their inbox entries."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class ShortOrder:
    """An order that gets less of a variant than it was promised; thousandths.

    Attributes:
        number: the order's number; empty for a hold without an order.
        title: what people call the variant; empty for one that is not in the catalogue.
        ledger_position: of the balance that shows it.
    """

    order_id: uuid.UUID
    variant_id: uuid.UUID
    store_id: uuid.UUID
    number: str
    title: str
    quantity: int
    missing: int
    ledger_position: int


@dataclass(frozen=True, slots=True)
class Broken:
    """What is remembered of an order that is short."""

    order_id: uuid.UUID
    variant_id: uuid.UUID
    missing: int
    entry_id: uuid.UUID


# Older orders are served first, so the newest come up short. Holds that have lapsed are promises no more. Only where
# more is promised than there is, or was until now, is anything added up.
_SHORT = text("""
WITH pairs AS (
    SELECT DISTINCT store_id, variant_id
    FROM unnest(CAST(:stores AS uuid[]), CAST(:variants AS uuid[])) AS given (store_id, variant_id)
),
doubtful AS (
    SELECT b.store_id, b.variant_id, greatest(b.on_hand - b.damaged - b.in_quality_control, 0) AS sellable,
           b.ledger_position
    FROM pairs JOIN stock_balance AS b USING (store_id, variant_id)
    WHERE b.reserved > 0 AND b.on_hand - b.reserved - b.damaged - b.in_quality_control < 0
),
served AS (
    SELECT r.order_id, r.variant_id, r.store_id, coalesce(o.number, '') AS number, r.quantity, doubtful.sellable,
           doubtful.ledger_position,
           sum(r.quantity) OVER (
               PARTITION BY r.store_id, r.variant_id ORDER BY o.placed_at NULLS LAST, r.order_id
           ) AS up_to_here
    FROM doubtful JOIN reservation AS r USING (variant_id, store_id) LEFT JOIN customer_order AS o ON o.id = r.order_id
    WHERE r.state = 'held' AND (r.expires_at IS NULL OR r.expires_at > :now)
)
SELECT served.order_id, served.variant_id, served.store_id, served.number,
       CASE WHEN variant.name <> '' THEN product.name || ', ' || variant.name ELSE coalesce(product.name, '') END,
       served.quantity, CAST(least(served.quantity, served.up_to_here - served.sellable) AS bigint),
       served.ledger_position
FROM served LEFT JOIN variant ON variant.id = served.variant_id LEFT JOIN product ON product.id = variant.product_id
WHERE served.up_to_here > served.sellable
ORDER BY served.up_to_here DESC, served.order_id
""")
_BROKEN = text("""
SELECT broken.order_id, broken.variant_id, broken.missing, broken.entry_id
FROM broken_promise AS broken
JOIN unnest(CAST(:stores AS uuid[]), CAST(:variants AS uuid[])) AS pair (store_id, variant_id)
     USING (store_id, variant_id)
ORDER BY broken.order_id, broken.variant_id
""")
_FORGET = text("DELETE FROM broken_promise WHERE entry_id = ANY(:entries)")
_REMEMBER = text("""
INSERT INTO broken_promise (order_id, variant_id, store_id, missing, entry_id)
VALUES (:order, :variant, :store, :missing, :entry)
""")
_COUNT = text("SELECT count(*) FROM broken_promise")


def short_orders(connection: Connection, pairs: Collection[tuple[uuid.UUID, uuid.UUID]], now: int) -> list[ShortOrder]:
    """The orders that come up short of these (store, variant), the newest first."""
    return [ShortOrder(*row) for row in connection.execute(_SHORT, {**_columns(pairs), "now": now})]


def broken(connection: Connection, pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> list[Broken]:
    """What is remembered as short of these (store, variant)."""
    return [Broken(*row) for row in connection.execute(_BROKEN, _columns(set(pairs)))]


def forget(connection: Connection, entry_ids: Sequence[uuid.UUID]) -> None:
    """These promises can be kept again, or are no longer held."""
    connection.execute(_FORGET, {"entries": list(entry_ids)})


def remember(connection: Connection, short: Sequence[tuple[ShortOrder, uuid.UUID]]) -> None:
    """These orders come up short; each with the inbox entry that says so."""
    rows = [
        {
            "order": order.order_id,
            "variant": order.variant_id,
            "store": order.store_id,
            "missing": order.missing,
            "entry": entry_id,
        }
        for order, entry_id in short
    ]
    connection.execute(_REMEMBER, rows)


def count(connection: Connection) -> int:
    """How many promises cannot be kept at the moment."""
    return int(connection.execute(_COUNT).scalar_one())


def _columns(pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> dict[str, list[uuid.UUID]]:
    return {"stores": [store_id for store_id, _ in pairs], "variants": [variant_id for _, variant_id in pairs]}
