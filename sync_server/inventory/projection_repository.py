"""Copying balances to the replicated stock levels, and holding ledger, balances and levels against each other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.schema.registry import level_id

PROJECTOR_LOCK = 0x53544F434B  # "STOCK": the advisory lock that keeps a second projector waiting

_TAKE_DIRTY = text("""
WITH taken AS (DELETE FROM stock_dirty RETURNING store_id, variant_id)
SELECT DISTINCT ON (store_id, variant_id) taken.store_id, taken.variant_id, level.id
FROM taken LEFT JOIN stock_level AS level USING (store_id, variant_id)
ORDER BY store_id, variant_id
""")

_PROJECT = text("""
INSERT INTO stock_level AS level
    (id, store_id, variant_id, on_hand, reserved, damaged, in_quality_control, incoming, ledger_position)
SELECT given.id, b.store_id, b.variant_id, b.on_hand, b.reserved, b.damaged, b.in_quality_control, b.incoming,
       b.ledger_position
FROM unnest(CAST(:ids AS uuid[]), CAST(:stores AS uuid[]), CAST(:variants AS uuid[]))
     AS given (id, store_id, variant_id)
JOIN stock_balance AS b USING (store_id, variant_id)
ORDER BY given.id
ON CONFLICT (id) DO UPDATE
SET on_hand = EXCLUDED.on_hand, reserved = EXCLUDED.reserved, damaged = EXCLUDED.damaged,
    in_quality_control = EXCLUDED.in_quality_control, incoming = EXCLUDED.incoming,
    ledger_position = EXCLUDED.ledger_position
WHERE (level.on_hand, level.reserved, level.damaged, level.in_quality_control, level.incoming, level.ledger_position)
    IS DISTINCT FROM (EXCLUDED.on_hand, EXCLUDED.reserved, EXCLUDED.damaged, EXCLUDED.in_quality_control,
                      EXCLUDED.incoming, EXCLUDED.ledger_position)
""")

# Both rebuilt from the facts: what the ledger adds up to, and what open promises hold.
_COMPARE = text("""
WITH ledger AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS on_hand, count(*) AS moves
    FROM stock_movement GROUP BY store_id, variant_id
),
back AS (
    SELECT m.store_id, m.variant_id, sum(m.quantity)::bigint AS damaged
    FROM stock_movement AS m JOIN sale_line AS line ON line.id = m.id
    WHERE m.reason = 'return' AND line.disposition = 'damaged'
    GROUP BY m.store_id, m.variant_id
),
held AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS reserved
    FROM reservation WHERE state = 'held' GROUP BY store_id, variant_id
),
every AS (
    SELECT store_id, variant_id FROM ledger UNION SELECT store_id, variant_id FROM stock_balance
    UNION SELECT store_id, variant_id FROM stock_level UNION SELECT store_id, variant_id FROM held
),
compared AS (
    SELECT every.store_id, every.variant_id,
           coalesce(ledger.on_hand, 0) AS ledger_on_hand, b.on_hand AS balance_on_hand, level.on_hand AS level_on_hand,
           coalesce(held.reserved, 0) AS held_reserved, b.reserved AS balance_reserved,
           level.reserved AS level_reserved,
           coalesce(back.damaged, 0) AS ledger_damaged, b.damaged AS balance_damaged, level.damaged AS level_damaged,
           coalesce(ledger.moves, 0) AS moves, b.ledger_position
    FROM every
    LEFT JOIN ledger USING (store_id, variant_id) LEFT JOIN back USING (store_id, variant_id)
    LEFT JOIN held USING (store_id, variant_id) LEFT JOIN stock_balance AS b USING (store_id, variant_id)
    LEFT JOIN stock_level AS level USING (store_id, variant_id)
)
SELECT compared.*, store.code AS store, variant.sku
FROM compared LEFT JOIN store ON store.id = store_id LEFT JOIN variant ON variant.id = variant_id
WHERE ledger_on_hand IS DISTINCT FROM balance_on_hand OR ledger_on_hand IS DISTINCT FROM level_on_hand
   OR held_reserved IS DISTINCT FROM balance_reserved OR held_reserved IS DISTINCT FROM level_reserved
   OR ledger_damaged IS DISTINCT FROM balance_damaged OR ledger_damaged IS DISTINCT FROM level_damaged
   OR moves IS DISTINCT FROM ledger_position
ORDER BY store, sku
""")


@dataclass(frozen=True, slots=True)
class StockDifference:
    """One (store, variant) whose ledger, balance and level do not agree; None where a row is missing. Thousandths."""

    store: str | None
    sku: str | None
    store_id: uuid.UUID
    variant_id: uuid.UUID
    ledger_on_hand: int
    balance_on_hand: int | None
    level_on_hand: int | None
    held_reserved: int
    balance_reserved: int | None
    level_reserved: int | None


def is_projector(connection: Connection) -> bool:
    """Whether this transaction got the projector's lock; it is given back at the transaction's end."""
    statement = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(statement, {"lock": PROJECTOR_LOCK}).scalar_one())


def wait_to_project(connection: Connection) -> None:
    """Take the projector's lock, waiting for whoever has it; given back at the transaction's end."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PROJECTOR_LOCK})


def has_dirty(connection: Connection) -> bool:
    """Whether any balance changed since the last projection."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM stock_dirty)")).scalar_one())


def project(connection: Connection) -> int:
    """Copy the dirty balances of this snapshot to their levels; gives how many levels changed."""
    dirty = connection.execute(_TAKE_DIRTY).all()
    if not dirty:
        return 0
    parameters = {
        "ids": [row.id or level_id(row.store_id, row.variant_id) for row in dirty],
        "stores": [row.store_id for row in dirty],
        "variants": [row.variant_id for row in dirty],
    }
    return connection.execute(_PROJECT, parameters).rowcount


def compare(connection: Connection) -> tuple[int, list[StockDifference]]:
    """How many (store, variant) there are, and those whose ledger, balance and level differ."""
    checked = connection.execute(text("SELECT count(*) FROM stock_balance")).scalar_one()
    rows = connection.execute(_COMPARE)
    names = StockDifference.__slots__
    return int(checked), [StockDifference(**{name: getattr(row, name) for name in names}) for row in rows]
