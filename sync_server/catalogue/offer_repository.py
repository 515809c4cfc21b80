"""What a store sells a product as: name, price rows and taxes; and the list of what there is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from shared.pricing import PriceRow
from shared.schema.registry import CATALOGUE_SCOPE
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


@dataclass(frozen=True, slots=True)
class Offered:
    """An item, all its selling prices on a store's list, and all rates of its tax category in the store's country."""

    item: Item
    prices: tuple[PriceRow, ...]
    rates: tuple[EffectiveRate, ...]


# Everything a price and its taxes depend on in one statement: an order is priced with one question to the database.
_OFFER = """
SELECT variant.id AS variant_id, variant.sku, product.brand, coalesce(category.name, '') AS category, product.kind,
       product.unit, product.state, product.tax_category_id,
       CASE WHEN variant.name = '' THEN product.name ELSE product.name || ', ' || variant.name END AS name,
       (SELECT json_agg(json_build_array(id, unit_price_micro, valid_from, valid_to, min_quantity, created_at))
        FROM price
        WHERE price.variant_id = variant.id AND price_list_id = {price_list} AND kind = 'selling'
          AND price.state = 'active') AS prices,
       (SELECT json_agg(rate) FROM tax_rate AS rate
        WHERE rate.tax_category_id = product.tax_category_id AND rate.country = {country}) AS rates
FROM variant JOIN product ON product.id = variant.product_id
LEFT JOIN category ON category.id = product.category_id
"""
_GIVEN = {"price_list": "CAST(:price_list AS uuid)", "country": ":country"}
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
_BY_SKU = text(_OFFER.format(**_GIVEN) + _OF_SKUS)
_PAGE = text(_OFFER.format(**_GIVEN) + _OF_WORDS)
# A store by its code and what it sells, in one question; a store that sells none of it gives one row without a variant.
_OF_STORE = text(f"""
SELECT place.id AS store_id, place.code AS store_code, place.name AS store_name, place.currency, place.time_zone,
       place.country, place.price_list_id, place.tax_rounding,
       (SELECT mark FROM sync_scope WHERE name = '{CATALOGUE_SCOPE}') AS catalogue_mark, offer.*
FROM (SELECT * FROM store WHERE upper(code) = upper(:store) AND NOT is_archived ORDER BY code LIMIT 1) AS place
LEFT JOIN LATERAL (
{_OFFER.format(price_list="place.price_list_id", country="place.country")}{_OF_SKUS}
) AS offer ON true
""")
_KINDS = text("""
SELECT variant.id, product.kind FROM variant JOIN product ON product.id = variant.product_id
WHERE variant.id = ANY(:variants)
""")
_BARCODES = text("SELECT variant_id, code FROM barcode WHERE variant_id = ANY(:variants) ORDER BY code")


def offers_by_sku(connection: Connection, store: SellingStore, skus: Sequence[str]) -> list[Offered]:
    """What a store sells under these SKUs; where a SKU was given to two products, the older one comes last."""
    parameters = {"skus": list(skus), "price_list": store.price_list_id, "country": store.country}
    return _offered(connection.execute(_BY_SKU, parameters).mappings(), store)


def store_and_offers(
    connection: Connection, store_code: str, skus: Sequence[str]
) -> tuple[SellingStore, list[Offered], bytes | None] | None:
    """The store with this code, in either case, and what it sells under these SKUs as ``offers_by_sku`` does.

    With them the mark of the catalogue's state that all this is of, None before its first change.
    """
    rows = connection.execute(_OF_STORE, {"store": store_code, "skus": list(skus)}).mappings().all()
    if not rows:
        return None
    first = rows[0]
    store = SellingStore(
        id=first["store_id"],
        code=first["store_code"],
        name=first["store_name"],
        currency=first["currency"],
        time_zone=first["time_zone"],
        country=first["country"],
        price_list_id=first["price_list_id"],
        tax_rounding=first["tax_rounding"],
    )
    mark = first["catalogue_mark"]
    offered = _offered((row for row in rows if row["variant_id"] is not None), store)
    return store, offered, None if mark is None else bytes(mark)


def page_of_offers(connection: Connection, store: SellingStore, query: str, after: str, limit: int) -> list[Offered]:
    """Active items in the order of their SKUs, whose words all occur in name, SKU or brand, or with this barcode."""
    parameters = {
        "patterns": [f"%{_literal(word)}%" for word in query.split()],
        "query": query.strip(),
        "after": after,
        "limit": limit,
        "price_list": store.price_list_id,
        "country": store.country,
    }
    return _offered(connection.execute(_PAGE, parameters).mappings(), store)


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _offered(rows: Iterable[RowMapping], store: SellingStore) -> list[Offered]:
    return [
        Offered(
            item=Item(**{name: row[name] for name in Item.__slots__}),
            prices=tuple(_price(values, row["variant_id"], store) for values in row["prices"] or ()),
            rates=tuple(_rate(values) for values in row["rates"] or ()),
        )
        for row in rows
    ]


def _price(values: Sequence[Any], variant_id: uuid.UUID, store: SellingStore) -> PriceRow:
    price_id, micro, valid_from, valid_to, min_quantity, created_at = values
    assert store.price_list_id is not None
    return PriceRow(
        id=uuid.UUID(price_id),
        price_list_id=store.price_list_id,
        variant_id=variant_id,
        micro=micro,
        valid_from=dt.date.fromisoformat(valid_from),
        valid_to=None if valid_to is None else dt.date.fromisoformat(valid_to),
        min_quantity=min_quantity,
        created_at=created_at,
    )


def _rate(row: Mapping[str, Any]) -> EffectiveRate:
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
    valid_to = row["valid_to"]
    return EffectiveRate(
        rule, dt.date.fromisoformat(row["valid_from"]), None if valid_to is None else dt.date.fromisoformat(valid_to)
    )


def kinds_of(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The kind of the product of each variant."""
    return {row.id: row.kind for row in connection.execute(_KINDS, {"variants": list(variant_ids)})}


def barcodes_of(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """All barcodes by variant."""
    found: dict[uuid.UUID, list[str]] = {}
    for row in connection.execute(_BARCODES, {"variants": list(variant_ids)}):
        found.setdefault(row.variant_id, []).append(row.code)
    return found


_STORES = text("""
SELECT id, code, name, currency, time_zone, country, price_list_id, tax_rounding
FROM store WHERE NOT is_archived ORDER BY code
""")


def stores(connection: Connection) -> list[SellingStore]:
    """All stores in the order of their codes."""
    return [SellingStore(*row) for row in connection.execute(_STORES)]
