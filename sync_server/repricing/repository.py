"""Sales to be priced once more, what they depend on, and what came of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from shared.pricing import PriceRow
from shared.sales.sealed import SaleKind, SealedDiscount, SealedLine, SealedLineTax, SealedSale
from shared.tax import EffectiveRate, TaxComputation, TaxRule

REPRICER_LOCK = 0x5052494345  # "PRICE": the advisory lock that keeps a second repricer away

_NOTE = text("""
INSERT INTO sale_check (sale_id, store_id, device_id, received_at, clock_ahead_us, is_skewed)
SELECT id, store_id, device_id, :now, :ahead,
       CASE WHEN abs(CAST(:ahead AS bigint)) > :drift OR sealed_at > :now + :drift THEN 1 ELSE 0 END
FROM sale WHERE id = ANY(:ids)
ON CONFLICT (sale_id) DO NOTHING
""")
_IS_BEHIND = text("SELECT EXISTS (SELECT FROM sale_check WHERE state = 'waiting')")
_WAITING = text("SELECT sale_id FROM sale_check WHERE state = 'waiting' ORDER BY received_at, sale_id LIMIT :limit")
_SALES = text("SELECT * FROM sale WHERE id = ANY(:ids) ORDER BY id")
_LINES = text("SELECT * FROM sale_line WHERE sale_id = ANY(:ids) ORDER BY sale_id, number, id")
_RATES = text("SELECT * FROM tax_rate ORDER BY id")
_STORES = text("SELECT id, country, time_zone, price_list_id FROM store WHERE id = ANY(:ids)")
# A price that was withdrawn held until then; the log of edits knows when that was.
_PRICES = text("""
SELECT p.id, p.price_list_id, p.variant_id, p.unit_price_micro, p.valid_from, p.valid_to, p.min_quantity, p.created_at,
       CASE WHEN p.state = 'active' THEN NULL ELSE coalesce(e.edited_at, 0) END AS ended_at
FROM price AS p LEFT JOIN field_edit AS e ON e.row_id = p.id AND e.field = 'state'
WHERE p.variant_id = ANY(:variants) AND p.kind = 'selling' AND p.state IN ('active', 'withdrawn')
""")
_WRITE = text("""
UPDATE sale_check AS c
SET state = given.state, engine_difference = given.engine_difference, stale_lines = given.stale_lines,
    stale_difference = given.stale_difference, detail = given.detail, checked_at = :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:engine AS bigint[]), CAST(:lines AS integer[]),
            CAST(:stale AS bigint[]), CAST(:details AS text[]))
     AS given (id, state, engine_difference, stale_lines, stale_difference, detail)
WHERE c.sale_id = given.id
""")
_COUNTS = text("""
SELECT count(*) AS sales, count(*) FILTER (WHERE state = 'waiting') AS waiting,
       count(*) FILTER (WHERE state = 'same') AS same, count(*) FILTER (WHERE state = 'diverged') AS diverged,
       count(*) FILTER (WHERE state = 'other_engine') AS other_engine,
       count(*) FILTER (WHERE state = 'unchecked') AS unchecked,
       count(*) FILTER (WHERE stale_lines > 0) AS stale, coalesce(sum(stale_lines), 0)::bigint AS stale_lines,
       count(*) FILTER (WHERE is_skewed = 1) AS skewed, coalesce(max(abs(clock_ahead_us)), 0) AS worst_skew_us
FROM sale_check
""")
_WORST = """
SELECT s.receipt_number, s.currency, c.state, c.engine_difference, c.stale_difference, c.detail
FROM sale_check AS c JOIN sale AS s ON s.id = c.sale_id
WHERE {condition} ORDER BY abs(c.{amount}) DESC, c.sale_id LIMIT :limit
"""
_WORST_DIVERGED = text(_WORST.format(condition="c.state IN ('diverged', 'unchecked')", amount="engine_difference"))
_WORST_STALE = text(_WORST.format(condition="c.stale_lines > 0", amount="stale_difference"))


@dataclass(frozen=True, slots=True)
class CheckedSale:
    """What pricing a sale once more showed; see ``db.tables.push.sale_check``."""

    sale_id: uuid.UUID
    state: str
    engine_difference: int = 0
    stale_lines: int = 0
    stale_difference: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KnownPrice:
    """A price row, and until when it held: None while it does, UTC microseconds."""

    row: PriceRow
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class SellingPlace:
    """What the prices of a store depend on."""

    country: str
    time_zone: str
    price_list_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sales there are, by what pricing them once more showed; ``skewed`` by their device's clock."""

    sales: int
    waiting: int
    same: int
    diverged: int
    other_engine: int
    unchecked: int
    stale: int
    stale_lines: int
    skewed: int
    worst_skew_us: int


@dataclass(frozen=True, slots=True)
class OddSale:
    """A sale that differs; differences in minor units of its currency."""

    receipt_number: str
    currency: str
    state: str
    engine_difference: int
    stale_difference: int
    detail: str


def note(connection: Connection, sale_ids: Sequence[uuid.UUID], *, now: int, ahead: int, drift: int) -> None:
    """Remember that these sales are to be priced once more, and how the clock of their device goes (microseconds)."""
    connection.execute(_NOTE, {"ids": list(sale_ids), "now": now, "ahead": ahead, "drift": drift})


def is_repricer(connection: Connection) -> bool:
    """Whether this transaction got the repricer's lock; it is given back at the transaction's end."""
    statement = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(statement, {"lock": REPRICER_LOCK}).scalar_one())


def wait_to_reprice(connection: Connection) -> None:
    """Take the repricer's lock, waiting for whoever has it; given back at the transaction's end."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": REPRICER_LOCK})


def is_behind(connection: Connection) -> bool:
    """Whether any sale waits."""
    return bool(connection.execute(_IS_BEHIND).scalar_one())


def waiting(connection: Connection, limit: int) -> list[uuid.UUID]:
    """The sales that wait longest."""
    return list(connection.execute(_WAITING, {"limit": limit}).scalars())


def sealed_sales(connection: Connection, ids: Sequence[uuid.UUID]) -> list[SealedSale]:
    """Sales with their lines, without taxes and tenders (nothing is computed from those).

    Raises:
        ValueError: a stored value is none of the trade's.
    """
    lines: dict[uuid.UUID, list[SealedLine]] = {}
    for row in connection.execute(_LINES, {"ids": list(ids)}).mappings():
        lines.setdefault(row["sale_id"], []).append(_line(row))
    sales = connection.execute(_SALES, {"ids": list(ids)}).mappings()
    return [_sale(row, lines.get(row["id"], [])) for row in sales]


def places(connection: Connection, store_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, SellingPlace]:
    """The stores that are known."""
    rows = connection.execute(_STORES, {"ids": list(store_ids)})
    return {row.id: SellingPlace(row.country, row.time_zone, row.price_list_id) for row in rows}


def rates(connection: Connection) -> dict[tuple[uuid.UUID, str], list[EffectiveRate]]:
    """Every tax rate by (tax category, country)."""
    found: dict[tuple[uuid.UUID, str], list[EffectiveRate]] = {}
    for row in connection.execute(_RATES).mappings():
        rule = TaxRule(
            code=row["code"],
            name=row["name"],
            computation=TaxComputation(row["computation"]),
            rate_ppm=row["rate_ppm"],
            fixed_micro=row["fixed_micro"],
            price_include=row["price_include"],
            include_base_amount=row["include_base_amount"],
            base_affected=row["base_affected"],
            sequence=row["sequence"],
            reverse_charge=row["reverse_charge"],
        )
        rate = EffectiveRate(rule, row["valid_from"], row["valid_to"])
        found.setdefault((row["tax_category_id"], row["country"]), []).append(rate)
    return found


def prices(
    connection: Connection, variant_ids: Sequence[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], list[KnownPrice]]:
    """Every selling price that holds or held, by (price list, variant)."""
    found: dict[tuple[uuid.UUID, uuid.UUID], list[KnownPrice]] = {}
    for row in connection.execute(_PRICES, {"variants": list(variant_ids)}):
        price = PriceRow(
            row.id,
            row.price_list_id,
            row.variant_id,
            row.unit_price_micro,
            row.valid_from,
            row.valid_to,
            row.min_quantity,
            row.created_at,
        )
        found.setdefault((row.price_list_id, row.variant_id), []).append(KnownPrice(price, row.ended_at))
    return found


def write(connection: Connection, checked: Sequence[CheckedSale], *, now: int) -> None:
    """Keep what came of it."""
    parameters = {
        "ids": [each.sale_id for each in checked],
        "states": [each.state for each in checked],
        "engine": [each.engine_difference for each in checked],
        "lines": [each.stale_lines for each in checked],
        "stale": [each.stale_difference for each in checked],
        "details": [each.detail for each in checked],
        "now": now,
    }
    connection.execute(_WRITE, parameters)


def counts(connection: Connection) -> Counts:
    """Everything counted."""
    return Counts(**connection.execute(_COUNTS).mappings().one())


def worst_diverged(connection: Connection, limit: int) -> list[OddSale]:
    """Sales whose amounts their own inputs do not give, the largest difference first."""
    return [OddSale(**row) for row in connection.execute(_WORST_DIVERGED, {"limit": limit}).mappings()]


def worst_stale(connection: Connection, limit: int) -> list[OddSale]:
    """Sales at prices that were not in force, the largest difference first."""
    return [OddSale(**row) for row in connection.execute(_WORST_STALE, {"limit": limit}).mappings()]


_SALE_FIELDS = tuple(
    name for name in SealedSale.__dataclass_fields__ if name not in {"kind", "lines", "taxes", "tenders"}
)
_LINE_FIELDS = tuple(name for name in SealedLine.__dataclass_fields__ if name not in {"taxes", "discounts"})


def _sale(row: RowMapping, lines: Sequence[SealedLine]) -> SealedSale:
    values: dict[str, Any] = {name: row[name] for name in _SALE_FIELDS}
    return SealedSale(**values, kind=SaleKind(row["kind"]), lines=tuple(lines), taxes=(), tenders=())


def _line(row: RowMapping) -> SealedLine:
    values: dict[str, Any] = {name: row[name] for name in _LINE_FIELDS}
    taxes = tuple(SealedLineTax.from_json(each) for each in _listed(row["taxes"]))
    discounts = tuple(SealedDiscount.from_json(each) for each in _listed(row["discounts"]))
    return SealedLine(**values, taxes=taxes, discounts=discounts)


def _listed(stored: str | Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    return list(json.loads(stored) if isinstance(stored, str) else stored)
