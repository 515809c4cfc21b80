"""What a store sells a product as: name, price rows and taxes; and the list of what there is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from shared.pricing import PriceRow
from shared.tax import EffectiveRate, TaxComputation, TaxRule


@dataclass(frozen=True, slots=True)
class Item:
    """A variant with what its product says of it."""

    variant_id: uuid.UUID
    sku: str
    name: str
    brand: str
    category: str
    kind: str
    unit: str
    state: str
    tax_category_id: uuid.UUID | None


_ITEM = """
SELECT variant.id AS variant_id, variant.sku, product.brand, coalesce(category.name, '') AS category, product.kind,
       product.unit, product.state, product.tax_category_id,
       CASE WHEN variant.name = '' THEN product.name ELSE product.name || ', ' || variant.name END AS name
FROM variant JOIN product ON product.id = variant.product_id
LEFT JOIN category ON category.id = product.category_id
"""
_OF_SKUS = "WHERE variant.sku = ANY(:skus) ORDER BY variant.id DESC"
_OF_WORDS = """
WHERE product.state = 'active' AND variant.sku > :after
  AND NOT EXISTS (
    SELECT FROM unnest(CAST(:patterns AS text[])) AS wanted (pattern)
    WHERE concat_ws(' ', product.name, variant.name, variant.sku, product.brand) NOT ILIKE wanted.pattern
      AND NOT EXISTS (SELECT FROM barcode WHERE barcode.variant_id = variant.id AND barcode.code = :query)
  )
ORDER BY variant.sku LIMIT :limit
"""
_BY_SKU = text(_ITEM + _OF_SKUS)
_PAGE = text(_ITEM + _OF_WORDS)
_PRICES = text("""
SELECT id, price_list_id, variant_id, unit_price_micro, valid_from, valid_to, min_quantity, created_at
FROM price
WHERE variant_id = ANY(:variants) AND price_list_id = :price_list AND kind = 'selling' AND state = 'active'
""")
_RATES = text("SELECT * FROM tax_rate WHERE country = :country")
_KINDS = text("""
SELECT variant.id, product.kind FROM variant JOIN product ON product.id = variant.product_id
WHERE variant.id = ANY(:variants)
""")
_BARCODES = text("SELECT variant_id, code FROM barcode WHERE variant_id = ANY(:variants) ORDER BY code")


def items_by_sku(connection: Connection, skus: Sequence[str]) -> dict[str, Item]:
    """The items with these SKUs; where a SKU was given twice, the older one."""
    return {item.sku: item for item in _items(connection.execute(_BY_SKU, {"skus": list(skus)}).mappings())}


def page_of_items(connection: Connection, query: str, after: str, limit: int) -> list[Item]:
    """Active items in the order of their SKUs, whose words all occur in name, SKU or brand, or with this barcode."""
    patterns = [f"%{_literal(word)}%" for word in query.split()]
    parameters = {"patterns": patterns, "query": query.strip(), "after": after, "limit": limit}
    return _items(connection.execute(_PAGE, parameters).mappings())


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _items(rows: Iterable[RowMapping]) -> list[Item]:
    return [Item(**{name: row[name] for name in Item.__slots__}) for row in rows]


def prices_of(
    connection: Connection, variant_ids: Sequence[uuid.UUID], price_list_id: uuid.UUID
) -> dict[uuid.UUID, list[PriceRow]]:
    """All selling price rows in force or to come, by variant."""
    found: dict[uuid.UUID, list[PriceRow]] = {}
    for row in connection.execute(_PRICES, {"variants": list(variant_ids), "price_list": price_list_id}):
        price = PriceRow(
            id=row.id,
            price_list_id=row.price_list_id,
            variant_id=row.variant_id,
            micro=row.unit_price_micro,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            min_quantity=row.min_quantity,
            created_at=row.created_at,
        )
        found.setdefault(row.variant_id, []).append(price)
    return found


def tax_rates(connection: Connection, country: str) -> dict[uuid.UUID, list[EffectiveRate]]:
    """The rates of a country by tax category."""
    found: dict[uuid.UUID, list[EffectiveRate]] = {}
    for row in connection.execute(_RATES, {"country": country}):
        rule = TaxRule(
            code=row.code,
            name=row.name,
            computation=TaxComputation(row.computation),
            rate_ppm=row.rate_ppm,
            fixed_micro=row.fixed_micro,
            price_include=row.price_include,
            include_base_amount=row.include_base_amount,
            base_affected=row.base_affected,
            sequence=row.sequence,
            reverse_charge=row.reverse_charge,
        )
        rate = EffectiveRate(rule, row.valid_from, row.valid_to)
        found.setdefault(row.tax_category_id, []).append(rate)
    return found


def kinds_of(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The kind of the product of each variant."""
    return {row.id: row.kind for row in connection.execute(_KINDS, {"variants": list(variant_ids)})}


def barcodes_of(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """All barcodes by variant."""
    found: dict[uuid.UUID, list[str]] = {}
    for row in connection.execute(_BARCODES, {"variants": list(variant_ids)}):
        found.setdefault(row.variant_id, []).append(row.code)
    return found


@dataclass(frozen=True, slots=True)
class SellingStore:
    """What selling depends on in a store."""

    id: uuid.UUID
    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    price_list_id: uuid.UUID | None
    tax_rounding: str


_STORES = text("""
SELECT id, code, name, currency, time_zone, country, price_list_id, tax_rounding
FROM store WHERE NOT is_archived ORDER BY code
""")


def stores(connection: Connection) -> list[SellingStore]:
    """All stores in the order of their codes."""
    return [SellingStore(*row) for row in connection.execute(_STORES)]
