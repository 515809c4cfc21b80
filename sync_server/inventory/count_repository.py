"""Stock counts: those that have just arrived, and what earlier ones did to the ledger."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.stock.count import Count, SettledCount


@dataclass(frozen=True, slots=True)
class ArrivedCount:
    """A count's movement: what was counted where, and what a correction of it has in common with it."""

    count: Count
    store_id: uuid.UUID
    variant_id: uuid.UUID
    business_date: dt.date
    user_id: uuid.UUID | None


_ARRIVED = text("""
SELECT id, device_id, at, counted_at_position, quantity, store_id, variant_id, business_date, user_id
FROM stock_movement WHERE id = ANY(:ids) AND reason = 'count' AND counted_at_position IS NOT NULL
ORDER BY store_id, variant_id, at, id
""")
_BEFORE = text("""
SELECT movement_id, device_id, at, base_position, difference, position, effect FROM stock_count
WHERE store_id = :store AND variant_id = :variant AND position > :base ORDER BY position, movement_id
""")
_KEEP = text("""
INSERT INTO stock_count (movement_id, store_id, variant_id, device_id, at, base_position, difference, position, effect)
VALUES (:movement_id, :store_id, :variant_id, :device_id, :at, :base_position, :difference, :position, :effect)
ON CONFLICT (movement_id) DO NOTHING
""")


def arrived(connection: Connection, movement_ids: Collection[uuid.UUID]) -> list[ArrivedCount]:
    """The counts among these movements that say what they were held against, in the order in which they were made."""
    return [
        ArrivedCount(Count(row[0], row[1], row[2], row[3], row[4]), row[5], row[6], row[7], row[8])
        for row in connection.execute(_ARRIVED, {"ids": list(movement_ids)})
    ]


def settled_after(
    connection: Connection, store_id: uuid.UUID, variant_id: uuid.UUID, base_position: int
) -> list[SettledCount]:
    """The counts of a variant in a store that a base at this position does not have."""
    given = {"store": store_id, "variant": variant_id, "base": base_position}
    return [
        SettledCount(Count(row[0], row[1], row[2], row[3], row[4]), row[5], row[6])
        for row in connection.execute(_BEFORE, given)
    ]


def keep(connection: Connection, found: Sequence[tuple[ArrivedCount, SettledCount]]) -> None:
    """Keep what counts did."""
    rows = [
        {
            "movement_id": arrived.count.id,
            "store_id": arrived.store_id,
            "variant_id": arrived.variant_id,
            "device_id": arrived.count.device_id,
            "at": arrived.count.at,
            "base_position": arrived.count.base_position,
            "difference": arrived.count.difference,
            "position": settled.position,
            "effect": settled.effect,
        }
        for arrived, settled in found
    ]
    if rows:
        connection.execute(_KEEP, rows)
