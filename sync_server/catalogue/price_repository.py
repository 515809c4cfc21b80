"""Price rows: whether their slot is taken, and which ones hold."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

# Two pushes that fill the same slot at once would not see each other's rows; the lock makes the second one wait.
# Sorted, so that two batches with several slots in common cannot wait for each other; a few hundred locks for all
# slots, because an import touches more slots than the server keeps locks.
_LOCK_SLOTS = text("""
SELECT pg_advisory_xact_lock(slot) FROM (
    SELECT DISTINCT 5000 + (hashtextextended(
        concat_ws('/', price_list_id, variant_id, kind, min_quantity, valid_from), 7
    ) & 255) AS slot
    FROM price WHERE id = ANY(:ids) ORDER BY slot
) AS slots
""")

# The row that was there first stays; of several in one batch the one made first. The same amount twice is no conflict.
_REVIEW = text("""
WITH rivals AS (
    SELECT DISTINCT ON (mine.id) mine.id, mine.variant_id, mine.kind, mine.valid_from, mine.unit_price_micro AS micro,
           mine.created_at, mine.created_by, standing.unit_price_micro AS standing_micro,
           standing.created_at AS standing_at, standing.created_by AS standing_by
    FROM price AS mine
    JOIN price AS standing ON standing.variant_id = mine.variant_id AND standing.price_list_id = mine.price_list_id
        AND standing.kind = mine.kind AND standing.min_quantity = mine.min_quantity
        AND standing.valid_from = mine.valid_from AND standing.state = 'active' AND standing.id <> mine.id
    WHERE mine.id = ANY(:ids) AND mine.state = 'active'
      AND (standing.id <> ALL(:ids) OR (standing.created_at, standing.id) < (mine.created_at, mine.id))
    ORDER BY mine.id, standing.created_at, standing.id
),
reviewed AS (
    UPDATE price SET state = 'review' FROM rivals
    WHERE price.id = rivals.id AND rivals.micro <> rivals.standing_micro
    RETURNING rivals.*
)
SELECT reviewed.*, product.name, variant.name AS variant_name
FROM reviewed
LEFT JOIN variant ON variant.id = reviewed.variant_id
LEFT JOIN product ON product.id = variant.product_id
ORDER BY reviewed.id
""")


# Where the standing price of a slot was withdrawn, the first of those that wait takes its place.
_FILL = text("""
WITH emptied AS (
    SELECT DISTINCT price_list_id, variant_id, kind, min_quantity, valid_from FROM price
    WHERE id = ANY(:ids) AND state = 'withdrawn'
),
waiting AS (
    SELECT DISTINCT ON (price_list_id, variant_id, kind, min_quantity, valid_from) price.id
    FROM price JOIN emptied USING (price_list_id, variant_id, kind, min_quantity, valid_from)
    WHERE price.state = 'review' AND NOT EXISTS (
        SELECT FROM price AS standing
        WHERE standing.variant_id = price.variant_id AND standing.price_list_id = price.price_list_id
          AND standing.kind = price.kind AND standing.min_quantity = price.min_quantity
          AND standing.valid_from = price.valid_from AND standing.state = 'active'
    )
    ORDER BY price_list_id, variant_id, kind, min_quantity, valid_from, price.created_at, price.id
)
UPDATE price SET state = 'active' FROM waiting WHERE price.id = waiting.id
RETURNING price.id
""")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A price that was put under review, and the one that stands. Prices in millionths."""

    id: uuid.UUID
    kind: str
    valid_from: dt.date
    title: str
    micro: int
    created_at: int
    created_by: str
    standing_micro: int
    standing_at: int
    standing_by: str


def review_slots(connection: Connection, price_ids: Sequence[uuid.UUID]) -> list[Reviewed]:
    """Put those of these prices under review whose slot has another amount in force."""
    connection.execute(_LOCK_SLOTS, {"ids": list(price_ids)})
    return [
        Reviewed(
            id=row.id,
            kind=row.kind,
            valid_from=row.valid_from,
            title=", ".join(name for name in (row.name, row.variant_name) if name) or "A product not in the catalogue",
            micro=row.micro,
            created_at=row.created_at,
            created_by=row.created_by,
            standing_micro=row.standing_micro,
            standing_at=row.standing_at,
            standing_by=row.standing_by,
        )
        for row in connection.execute(_REVIEW, {"ids": list(price_ids)})
    ]


def fill_slots(connection: Connection, price_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Put waiting prices in force whose slot was emptied by withdrawing these; gives the ones put in force."""
    connection.execute(_LOCK_SLOTS, {"ids": list(price_ids)})
    return list(connection.execute(_FILL, {"ids": list(price_ids)}).scalars())
