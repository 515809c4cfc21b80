"""Holding ledger, balances, promises and levels against each other, and putting right what is derived.

The ledger of movements and the holds of orders are the truth; balances and levels are worked out from them and can be
worked out again at any time.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

ROUND_LOCK = 0x524F554E44  # "ROUND": the advisory lock that keeps a second comparer waiting

_ZERO = uuid.UUID(int=0)
_HIGHEST = uuid.UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class StockDifference:
    """One (store, variant) that does not agree; None where a row is missing. Thousandths.

    Attributes:
        moves: movements in the ledger; ``ledger_position`` is how many the balance says it includes.
        rights_taken: what orders hold, or took with them, of the rights of the store's lapse; ``rights_booked`` is
            what the balance says was taken of them.
    """

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
    ledger_damaged: int
    balance_damaged: int | None
    moves: int
    ledger_position: int | None
    rights_taken: int
    rights_booked: int | None


@dataclass(frozen=True, slots=True)
class Slice:
    """A run of (store, variant) in their order: above ``after``, up to ``up_to``; ``is_last`` where the round ends."""

    after: tuple[uuid.UUID, uuid.UUID]
    up_to: tuple[uuid.UUID, uuid.UUID]
    rows: int
    is_last: bool


EVERYTHING = Slice((_ZERO, _ZERO), (_HIGHEST, _HIGHEST), 0, is_last=True)

_WITHIN = """({0}store_id, {0}variant_id) > (CAST(:after_store AS uuid), CAST(:after_variant AS uuid))
      AND ({0}store_id, {0}variant_id) <= (CAST(:to_store AS uuid), CAST(:to_variant AS uuid))"""

# What the facts add up to: the movements, what came back damaged, and what open promises hold.
_FACTS = f"""
ledger AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS on_hand, count(*) AS moves
    FROM stock_movement WHERE {_WITHIN.format("")} GROUP BY store_id, variant_id
),
back AS (
    SELECT m.store_id, m.variant_id, sum(m.quantity)::bigint AS damaged
    FROM stock_movement AS m JOIN sale_line AS line ON line.id = m.id
    WHERE m.reason = 'return' AND line.disposition = 'damaged' AND {_WITHIN.format("m.")}
    GROUP BY m.store_id, m.variant_id
),
held AS (
    SELECT store_id, variant_id, sum(quantity)::bigint AS reserved
    FROM reservation WHERE state = 'held' AND {_WITHIN.format("")} GROUP BY store_id, variant_id
),
taken AS (
    SELECT r.store_id, r.variant_id, sum(r.quantity)::bigint AS rights
    FROM reservation AS r JOIN stock_balance AS b USING (store_id, variant_id)
    WHERE r.lease > 0 AND r.lease = b.rights_lease AND r.state IN ('held', 'fulfilled') AND {_WITHIN.format("r.")}
    GROUP BY r.store_id, r.variant_id
)"""

_COMPARE = text(f"""
WITH {_FACTS.strip()},
waiting AS (SELECT DISTINCT store_id, variant_id FROM stock_dirty WHERE {_WITHIN.format("")}),
balance AS (SELECT * FROM stock_balance WHERE {_WITHIN.format("")}),
shown AS (SELECT * FROM stock_level WHERE {_WITHIN.format("")}),
every AS (
    SELECT store_id, variant_id FROM ledger UNION SELECT store_id, variant_id FROM balance
    UNION SELECT store_id, variant_id FROM shown UNION SELECT store_id, variant_id FROM held
),
compared AS (
    SELECT every.store_id, every.variant_id,
           coalesce(ledger.on_hand, 0) AS ledger_on_hand, b.on_hand AS balance_on_hand, level.on_hand AS level_on_hand,
           coalesce(held.reserved, 0) AS held_reserved, b.reserved AS balance_reserved,
           level.reserved AS level_reserved,
           coalesce(back.damaged, 0) AS ledger_damaged, b.damaged AS balance_damaged, level.damaged AS level_damaged,
           coalesce(ledger.moves, 0) AS moves, b.ledger_position, waiting.store_id IS NOT NULL AS is_waiting,
           coalesce(taken.rights, 0) AS rights_taken, b.rights_granted - b.rights_left AS rights_booked
    FROM every
    LEFT JOIN ledger USING (store_id, variant_id) LEFT JOIN back USING (store_id, variant_id)
    LEFT JOIN held USING (store_id, variant_id) LEFT JOIN taken USING (store_id, variant_id)
    LEFT JOIN balance AS b USING (store_id, variant_id) LEFT JOIN shown AS level USING (store_id, variant_id)
    LEFT JOIN waiting USING (store_id, variant_id)
)
SELECT compared.*, store.code AS store, variant.sku
FROM compared LEFT JOIN store ON store.id = store_id LEFT JOIN variant ON variant.id = variant_id
WHERE (ledger_on_hand, held_reserved, ledger_damaged, moves, rights_taken)
      IS DISTINCT FROM (balance_on_hand, balance_reserved, balance_damaged, ledger_position, rights_booked)
   OR (NOT is_waiting AND (ledger_on_hand, held_reserved, ledger_damaged)
                          IS DISTINCT FROM (level_on_hand, level_reserved, level_damaged))
ORDER BY store, sku
""")

_NEXT_SLICE = text("""
SELECT store_id, variant_id, count(*) OVER () AS rows
FROM (
    SELECT store_id, variant_id FROM stock_balance
    WHERE (store_id, variant_id) > (CAST(:after_store AS uuid), CAST(:after_variant AS uuid))
    ORDER BY store_id, variant_id LIMIT :limit
) AS slice
ORDER BY store_id DESC, variant_id DESC LIMIT 1
""")
_WHERE = text("SELECT coalesce(store_id, :zero), coalesce(variant_id, :zero) FROM stock_round")
_MOVE_ON = text("""
INSERT INTO stock_round AS r (store_id, variant_id, round, checked, repaired, finished_at)
VALUES (:store, :variant, CAST(:is_last AS int), :checked, :repaired, CASE WHEN :is_last THEN :now END)
ON CONFLICT (id) DO UPDATE
SET store_id = EXCLUDED.store_id, variant_id = EXCLUDED.variant_id, round = r.round + EXCLUDED.round,
    checked = r.checked + EXCLUDED.checked, repaired = r.repaired + EXCLUDED.repaired,
    finished_at = coalesce(EXCLUDED.finished_at, r.finished_at)
""")

# First the balances are held, so that nobody moves them any more; what others have moved but not committed they will
# add once they are let go. Then everything is worked out anew and written.
_HOLD = text("""
INSERT INTO stock_balance (store_id, variant_id)
SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:variants AS uuid[])) AS pair (store_id, variant_id)
ORDER BY store_id, variant_id
ON CONFLICT (store_id, variant_id) DO UPDATE SET on_hand = stock_balance.on_hand
""")


_REPAIR = text("""
WITH pair AS (
    SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:variants AS uuid[])) AS pair (store_id, variant_id)
),
right_now AS (
    SELECT pair.store_id, pair.variant_id, coalesce(ledger.on_hand, 0) AS on_hand, coalesce(ledger.moves, 0) AS moves,
           coalesce(back.damaged, 0) AS damaged, coalesce(held.reserved, 0) AS reserved,
           coalesce(taken.rights, 0) AS rights
    FROM pair
    LEFT JOIN LATERAL (
        SELECT sum(quantity)::bigint AS on_hand, count(*) AS moves FROM stock_movement AS m
        WHERE m.store_id = pair.store_id AND m.variant_id = pair.variant_id
    ) AS ledger ON true
    LEFT JOIN LATERAL (
        SELECT sum(m.quantity)::bigint AS damaged FROM stock_movement AS m JOIN sale_line AS line ON line.id = m.id
        WHERE m.store_id = pair.store_id AND m.variant_id = pair.variant_id
          AND m.reason = 'return' AND line.disposition = 'damaged'
    ) AS back ON true
    LEFT JOIN LATERAL (
        SELECT sum(quantity)::bigint AS reserved FROM reservation AS r
        WHERE r.store_id = pair.store_id AND r.variant_id = pair.variant_id AND r.state = 'held'
    ) AS held ON true
    LEFT JOIN LATERAL (
        SELECT sum(r.quantity)::bigint AS rights
        FROM reservation AS r JOIN stock_balance AS b USING (store_id, variant_id)
        WHERE r.store_id = pair.store_id AND r.variant_id = pair.variant_id
          AND r.lease > 0 AND r.lease = b.rights_lease AND r.state IN ('held', 'fulfilled')
    ) AS taken ON true
),
repaired AS (
    UPDATE stock_balance AS b
    SET on_hand = n.on_hand, reserved = n.reserved, damaged = n.damaged, ledger_position = n.moves,
        rights_left = greatest(b.rights_granted - n.rights, 0),
        rights_granted = greatest(b.rights_granted, n.rights)
    FROM right_now AS n WHERE b.store_id = n.store_id AND b.variant_id = n.variant_id
)
INSERT INTO stock_dirty (store_id, variant_id) SELECT store_id, variant_id FROM pair
""")
_ROUND = text("SELECT round, checked, repaired, finished_at FROM stock_round")


@dataclass(frozen=True, slots=True)
class Round:
    """How the continuous comparison stands: finished rounds, what was checked and repaired in all, and when last."""

    rounds: int = 0
    checked: int = 0
    repaired: int = 0
    finished_at: int | None = None


def compare(connection: Connection, within: Slice = EVERYTHING) -> list[StockDifference]:
    """Those whose ledger, promises, balance and level differ.

    One statement, so one snapshot. A level whose balance changed since the last projection is not yet compared.
    """
    names = StockDifference.__slots__
    rows = connection.execute(_COMPARE, _range(within))
    return [StockDifference(**{name: getattr(row, name) for name in names}) for row in rows]


def count(connection: Connection) -> int:
    """How many balances there are."""
    return int(connection.execute(text("SELECT count(*) FROM stock_balance")).scalar_one())


def is_comparer(connection: Connection) -> bool:
    """Whether this transaction got the comparer's lock; it is given back at the transaction's end."""
    statement = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(statement, {"lock": ROUND_LOCK}).scalar_one())


def next_slice(connection: Connection, limit: int) -> Slice:
    """The next ``limit`` balances after where the round is; the last slice reaches to the end of everything."""
    found = connection.execute(_WHERE, {"zero": _ZERO}).one_or_none()
    after = (_ZERO, _ZERO) if found is None else (found[0], found[1])
    parameters = {"after_store": after[0], "after_variant": after[1], "limit": limit}
    row = connection.execute(_NEXT_SLICE, parameters).one_or_none()
    rows = 0 if row is None else int(row.rows)
    if row is None or rows < limit:
        return Slice(after, EVERYTHING.up_to, rows, is_last=True)
    return Slice(after, (row.store_id, row.variant_id), rows, is_last=False)


def move_on(connection: Connection, done: Slice, *, repaired: int, now: int) -> None:
    """The round is past a slice; after the last one it begins anew."""
    store_id, variant_id = (None, None) if done.is_last else done.up_to
    parameters = {
        "store": store_id,
        "variant": variant_id,
        "is_last": done.is_last,
        "checked": done.rows,
        "repaired": repaired,
        "now": now,
    }
    connection.execute(_MOVE_ON, parameters)


def repair(connection: Connection, pairs: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Work the balances of these (store, variant) out anew from the facts, and have their levels brought up."""
    in_order = sorted(pairs)
    columns = {"stores": [store for store, _ in in_order], "variants": [variant for _, variant in in_order]}
    connection.execute(_HOLD, columns)
    connection.execute(_REPAIR, columns)


def standing_round(connection: Connection) -> Round:
    """How the continuous comparison stands."""
    row = connection.execute(_ROUND).one_or_none()
    return Round() if row is None else Round(*row)


def _range(within: Slice) -> dict[str, uuid.UUID]:
    return {
        "after_store": within.after[0],
        "after_variant": within.after[1],
        "to_store": within.up_to[0],
        "to_variant": within.up_to[1],
    }
