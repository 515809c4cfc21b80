"""Copying balances to the replicated stock levels."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.schema.registry import level_id

PROJECT_MAX_CHANGES = 5_000
PROJECTOR_LOCK = 0x53544F434B  # "STOCK": the advisory lock that keeps a second projector waiting

_WITHOUT_LEVEL = text("""
SELECT DISTINCT store_id, variant_id FROM (SELECT * FROM stock_dirty ORDER BY seq LIMIT :limit) AS dirty
WHERE NOT EXISTS (
    SELECT FROM stock_level AS level
    WHERE level.store_id = dirty.store_id AND level.variant_id = dirty.variant_id
)
""")
_ADD_LEVELS = text("""
INSERT INTO stock_level
    (id, store_id, variant_id, on_hand, reserved, damaged, in_quality_control, incoming, ledger_position)
SELECT id, store_id, variant_id, 0, 0, 0, 0, 0, 0
FROM unnest(CAST(:ids AS uuid[]), CAST(:stores AS uuid[]), CAST(:variants AS uuid[]))
     AS given (id, store_id, variant_id)
ON CONFLICT (id) DO NOTHING
""")

# One statement, so one snapshot: what it sees of the devices' mutations is in the balances it copies. While it leaves
# changes for a next round (too many, or of something that has no level yet), the numbers stay where they are.
_PROJECT = text("""
WITH known AS (
    SELECT d.seq, level.id, d.store_id, d.variant_id
    FROM (SELECT * FROM stock_dirty ORDER BY seq LIMIT :limit) AS d
    LEFT JOIN stock_level AS level USING (store_id, variant_id)
),
taken AS (
    DELETE FROM stock_dirty USING known WHERE stock_dirty.seq = known.seq AND known.id IS NOT NULL
),
projected AS (
    UPDATE stock_level AS level
    SET on_hand = b.on_hand, reserved = b.reserved, damaged = b.damaged, in_quality_control = b.in_quality_control,
        incoming = b.incoming, ledger_position = b.ledger_position
    FROM (SELECT DISTINCT id, store_id, variant_id FROM known) AS changed
    JOIN stock_balance AS b USING (store_id, variant_id)
    WHERE level.id = changed.id
      AND (level.on_hand, level.reserved, level.damaged, level.in_quality_control, level.incoming,
           level.ledger_position)
          IS DISTINCT FROM (b.on_hand, b.reserved, b.damaged, b.in_quality_control, b.incoming, b.ledger_position)
    RETURNING level.id
),
numbered AS (
    INSERT INTO stock_projection AS p (device_id, incarnation, number)
    SELECT device_id, incarnation, last_number FROM device_progress
    WHERE (SELECT count(*) FROM stock_dirty) = (SELECT count(id) FROM known)
    ON CONFLICT (device_id, incarnation) DO UPDATE SET number = EXCLUDED.number WHERE p.number <> EXCLUDED.number
)
SELECT (SELECT count(*) FROM known) AS looked_at, (SELECT count(*) FROM projected) AS levels
""")
_IS_BEHIND = text("""
SELECT EXISTS (SELECT FROM stock_dirty) OR EXISTS (
    SELECT FROM device_progress AS d LEFT JOIN stock_projection AS p USING (device_id, incarnation)
    WHERE p.number IS DISTINCT FROM d.last_number
)
""")


def is_projector(connection: Connection) -> bool:
    """Whether this transaction got the projector's lock; it is given back at the transaction's end."""
    statement = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(statement, {"lock": PROJECTOR_LOCK}).scalar_one())


def wait_to_project(connection: Connection) -> None:
    """Take the projector's lock, waiting for whoever has it; given back at the transaction's end."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PROJECTOR_LOCK})


def is_behind(connection: Connection) -> bool:
    """Whether any balance changed or any device's mutations were applied since the last projection."""
    return bool(connection.execute(_IS_BEHIND).scalar_one())


@dataclass(frozen=True, slots=True)
class Projected:
    """What one projection did: how many levels changed, and whether more waits than it could look at."""

    levels: int
    has_more: bool


def project(connection: Connection) -> Projected:
    """Copy dirty balances to their levels, and the devices' numbers once nothing is left.

    At most 5,000 changes at a time, so that nobody waits long for the scopes that the commit stamps; see ``is_behind``.
    """
    missing = connection.execute(_WITHOUT_LEVEL, {"limit": PROJECT_MAX_CHANGES}).all()
    if missing:
        parameters = {
            "ids": [level_id(row.store_id, row.variant_id) for row in missing],
            "stores": [row.store_id for row in missing],
            "variants": [row.variant_id for row in missing],
        }
        connection.execute(_ADD_LEVELS, parameters)
    done = connection.execute(_PROJECT, {"limit": PROJECT_MAX_CHANGES}).one()
    return Projected(done.levels, has_more=done.looked_at == PROJECT_MAX_CHANGES)
