"""The ledger and its balances: every statement takes balance rows in the order of (store, variant)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text


@dataclass(frozen=True, slots=True)
class Moved:
    """One balance after a change. Quantities in thousandths.

    Attributes:
        on_hand: after the change.
        change: by how much it changed.
        ledger_position: how many movements of this variant in this store the balance includes.
        promised: what orders hold.
    """

    store_id: uuid.UUID
    variant_id: uuid.UUID
    on_hand: int
    change: int
    ledger_position: int
    promised: int

    @property
    def touches_promises(self) -> bool:
        """Whether orders hold some of it: what left, or came, decides which of them can be kept."""
        return self.promised > 0

    @property
    def fell_below_zero(self) -> bool:
        """Whether this very change took it from nothing or something to less than nothing."""
        return self.on_hand < 0 <= self.on_hand - self.change


# What stands behind "moved" in each statement below: the balances follow the ledger in the same statement, so neither
# can be written without the other. A row that was there already (the same id) moves nothing a second time. Two results
# of one statement are put together by grouping, not by joining: their sizes are unknown, and the join would be
# quadratic. For the same reason each sale looks up its lines by itself (OFFSET 0 keeps it so).
_FOLLOW = """,
sums AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS change, sum(damaged)::bigint AS damaged, count(*) AS moves
    FROM moved GROUP BY store_id, variant_id
),
balances AS (
    INSERT INTO stock_balance AS b (store_id, variant_id, on_hand, damaged, ledger_position)
    SELECT store_id, variant_id, change, damaged, moves FROM sums ORDER BY store_id, variant_id
    ON CONFLICT (store_id, variant_id) DO UPDATE
    SET on_hand = b.on_hand + EXCLUDED.on_hand,
        damaged = b.damaged + EXCLUDED.damaged,
        ledger_position = b.ledger_position + EXCLUDED.ledger_position
    RETURNING store_id, variant_id, on_hand, ledger_position, reserved
),
dirty AS (
    INSERT INTO stock_dirty (store_id, variant_id) SELECT store_id, variant_id FROM sums
)
SELECT store_id, variant_id, max(on_hand) AS on_hand, max(change) AS change, max(ledger_position) AS ledger_position,
       max(reserved) AS promised
FROM (
    SELECT store_id, variant_id, on_hand, NULL::bigint AS change, ledger_position, reserved FROM balances
    UNION ALL SELECT store_id, variant_id, NULL, change, NULL, NULL FROM sums
) AS sides
GROUP BY store_id, variant_id
"""


def _followed(statement: str) -> TextClause:
    """A statement whose ``moved`` rows the balances follow."""
    return text(statement + _FOLLOW)


# The twin of shared.stock.movements_of_sale, over whole batches; a test holds the two against each other.
_SALES = _followed("""
WITH sold AS MATERIALIZED (
    SELECT id, store_id, sealed_at, business_date, device_id, cashier_id FROM sale WHERE id = ANY(:ids)
),
wanted AS (
    SELECT line.id, sold.store_id, line.variant_id, -line.quantity AS quantity,
           CASE WHEN line.quantity > 0 THEN 'sale' ELSE 'return' END AS reason,
           sold.sealed_at, sold.business_date, sold.device_id, sold.cashier_id, sold.id AS sale_id
    FROM sold CROSS JOIN LATERAL (SELECT * FROM sale_line WHERE sale_line.sale_id = sold.id OFFSET 0) AS line
    WHERE line.kind = 'goods' AND line.removed_at IS NULL AND line.variant_id IS NOT NULL
      AND line.quantity <> 0 AND (line.quantity > 0 OR line.disposition <> 'none')
),
ledger AS (
    INSERT INTO stock_movement
        (id, store_id, variant_id, quantity, reason, at, business_date, device_id, user_id, source_id, note)
    SELECT id, store_id, variant_id, quantity, reason, sealed_at, business_date, device_id, cashier_id, sale_id, ''
    FROM wanted
    ON CONFLICT (id) DO NOTHING
    RETURNING id, store_id, variant_id, quantity, reason
),
moved AS (
    SELECT store_id, variant_id, quantity,
           CASE WHEN reason = 'return'
                 AND (SELECT line.disposition FROM sale_line AS line WHERE line.id = ledger.id) = 'damaged'
                THEN quantity ELSE 0 END AS damaged
    FROM ledger
)""")

_INSERT_MOVEMENTS = _followed("""
WITH wanted AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:stores AS uuid[]), CAST(:variants AS uuid[]), CAST(:quantities AS bigint[]),
        CAST(:reasons AS text[]), CAST(:ats AS bigint[]), CAST(:days AS date[]), CAST(:devices AS uuid[]),
        CAST(:users AS uuid[]), CAST(:sources AS uuid[]), CAST(:notes AS text[])
    ) AS given (id, store_id, variant_id, quantity, reason, at, business_date, device_id, user_id, source_id, note)
),
moved AS (
    INSERT INTO stock_movement
        (id, store_id, variant_id, quantity, reason, at, business_date, device_id, user_id, source_id, note)
    SELECT * FROM wanted
    ON CONFLICT (id) DO NOTHING
    RETURNING store_id, variant_id, quantity, 0::bigint AS damaged
)""")

# Movements that a push has just written as facts, each once: what was repeated is not among the ids.
_PUSHED_MOVEMENTS = _followed("""
WITH moved AS (
    SELECT store_id, variant_id, quantity, 0::bigint AS damaged FROM stock_movement WHERE id = ANY(:ids)
)""")


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A movement to be written: the columns of ``stock_movement``."""

    id: uuid.UUID
    store_id: uuid.UUID
    variant_id: uuid.UUID
    quantity: int
    reason: str
    at: int
    business_date: dt.date
    device_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    source_id: uuid.UUID | None = None
    note: str = ""


def move_for_sales(connection: Connection, sale_ids: Sequence[uuid.UUID]) -> list[Moved]:
    """Write the movements of the lines of these sales, and their balances; lines that moved before move nothing."""
    return _moved(connection, _SALES, {"ids": list(sale_ids)})


def move(connection: Connection, rows: Sequence[LedgerRow]) -> list[Moved]:
    """Write movements and their balances; a movement with an id that is there already moves nothing."""
    columns = {
        "ids": [row.id for row in rows],
        "stores": [row.store_id for row in rows],
        "variants": [row.variant_id for row in rows],
        "quantities": [row.quantity for row in rows],
        "reasons": [row.reason for row in rows],
        "ats": [row.at for row in rows],
        "days": [row.business_date for row in rows],
        "devices": [row.device_id for row in rows],
        "users": [row.user_id for row in rows],
        "sources": [row.source_id for row in rows],
        "notes": [row.note for row in rows],
    }
    return _moved(connection, _INSERT_MOVEMENTS, columns)


def follow_ledger(connection: Connection, movement_ids: Sequence[uuid.UUID]) -> list[Moved]:
    """Bring the balances up to movements that are in the ledger but in no balance yet."""
    return _moved(connection, _PUSHED_MOVEMENTS, {"ids": list(movement_ids)})


def _moved(connection: Connection, statement: TextClause, parameters: dict[str, object]) -> list[Moved]:
    return [Moved(*row) for row in connection.execute(statement, parameters)]
