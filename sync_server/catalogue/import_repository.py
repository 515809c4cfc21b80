"""Reading what an import is held against, and writing its chunks set-based."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from sync_server.catalogue.import_plan import PRODUCT_FIELDS, ChangedProduct, ChunkPlan, NewPrice, opening_stock_id
from sync_server.catalogue.import_reference import CategoryPath, Reference, Standing, StoreReference

_STANDING = """
SELECT variant.sku, variant.id AS variant_id, product.*
FROM variant JOIN product ON product.id = variant.product_id
WHERE variant.sku = ANY(:skus)
ORDER BY product.id, variant.id
"""
_READ_STANDING = text(_STANDING)
_HOLD_STANDING = text(_STANDING + " FOR NO KEY UPDATE OF product")

_BARCODES = text("SELECT code, variant_id FROM barcode WHERE variant_id = ANY(:variants)")
_OWNERS = text("SELECT code, variant_id FROM barcode WHERE code = ANY(:codes)")

# The price in force today, by the rule of shared.pricing.choose_price for a single piece; what waits in today's slot.
_PRICES = text("""
SELECT DISTINCT ON (variant_id, kind) variant_id, kind, unit_price_micro
FROM price
WHERE variant_id = ANY(:variants) AND price_list_id = :price_list AND min_quantity = 0 AND state = 'active'
  AND valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)
ORDER BY variant_id, kind, valid_from DESC, created_at DESC, id DESC
""")
_PENDING = text("""
SELECT variant_id, kind, unit_price_micro FROM price
WHERE variant_id = ANY(:variants) AND price_list_id = :price_list AND min_quantity = 0 AND state = 'review'
  AND valid_from = :today
""")
_OPENED = text("SELECT store_id, variant_id FROM stock_movement WHERE id = ANY(:ids)")

# A price that an earlier import of the same day put in the slot gives way to the new import's; a person's does not.
_WITHDRAW_OWN = text("""
UPDATE price SET state = 'withdrawn'
FROM unnest(CAST(:variants AS uuid[]), CAST(:kinds AS text[])) AS given (variant_id, kind)
WHERE price.variant_id = given.variant_id AND price.kind = given.kind AND price.price_list_id = :price_list
  AND price.valid_from = :today AND price.min_quantity = 0 AND price.state = 'active'
  AND starts_with(price.created_by, :author)
""")
_CHANGE_PRODUCTS = text("""
UPDATE product AS p
SET name = given.name, description = given.description, brand = given.brand, category_id = given.category_id,
    tax_category_id = given.tax_category_id, kind = given.kind, unit = given.unit, state = given.state,
    updated_at = :at, updated_by = :by
FROM unnest(CAST(:ids AS uuid[]), CAST(:name AS text[]), CAST(:description AS text[]), CAST(:brand AS text[]),
            CAST(:category_id AS uuid[]), CAST(:tax_category_id AS uuid[]), CAST(:kind AS text[]),
            CAST(:unit AS text[]), CAST(:state AS text[]))
     AS given (id, name, description, brand, category_id, tax_category_id, kind, unit, state)
WHERE p.id = given.id
""")
_START = text("""
INSERT INTO change_set (id, kind, source, made_by, started_at) VALUES (:id, :kind, :source, :by, :at)
""")
_END = text("UPDATE change_set SET ended_at = :at, summary = :summary WHERE id = :id")


def reference(connection: Connection) -> Reference | None:
    """The chain as it is; None where there is no store with a price list yet."""
    stores = connection.execute(text("SELECT id, code, currency, time_zone, price_list_id FROM store ORDER BY code"))
    rows = stores.all()
    main = next((row for row in rows if row.price_list_id is not None), None)
    if main is None:
        return None
    taxes = connection.execute(text("SELECT id, code, name FROM tax_category ORDER BY code")).all()
    by_name = {tax.name.casefold(): tax.id for tax in taxes}
    by_code = {tax.code.casefold(): tax.id for tax in taxes}
    return Reference(
        stores={row.code.upper(): StoreReference(row.id, row.code) for row in rows},
        tax_categories={**by_name, **by_code},
        tax_codes=tuple(tax.code for tax in taxes),
        categories=_category_paths(connection),
        price_list_id=main.price_list_id,
        currency=main.currency,
        time_zone=main.time_zone,
    )


def _category_paths(connection: Connection) -> dict[CategoryPath, uuid.UUID]:
    rows = connection.execute(text("SELECT id, parent_id, name FROM category ORDER BY id")).all()
    by_id = {row.id: row for row in rows}
    paths: dict[CategoryPath, uuid.UUID] = {}
    for row in rows:
        names, above, seen = [row.name.casefold()], row.parent_id, {row.id}
        while above in by_id and above not in seen:
            seen.add(above)
            names.append(by_id[above].name.casefold())
            above = by_id[above].parent_id
        paths.setdefault(tuple(reversed(names)), row.id)
    return paths


def standing(
    connection: Connection, skus: Sequence[str], known: Reference, today: object, *, is_held: bool
) -> dict[str, Standing]:
    """What stands under these SKUs; ``is_held`` keeps others from changing the products until the commit."""
    rows = connection.execute(_HOLD_STANDING if is_held else _READ_STANDING, {"skus": list(skus)}).mappings().all()
    if not rows:
        return {}
    variants = [row["variant_id"] for row in rows]
    wanted = {"variants": variants, "price_list": known.price_list_id, "today": today}
    codes = _grouped(connection.execute(_BARCODES, {"variants": variants}), "variant_id")
    prices = _grouped(connection.execute(_PRICES, wanted), "variant_id")
    pending = _grouped(connection.execute(_PENDING, wanted), "variant_id")
    openings = [opening_stock_id(store.id, variant) for store in known.stores.values() for variant in variants]
    opened = _grouped(connection.execute(_OPENED, {"ids": openings}), "variant_id")
    return {
        row["sku"]: Standing(
            product_id=row["id"],
            variant_id=row["variant_id"],
            fields={name: row[name] for name in PRODUCT_FIELDS},
            barcodes=frozenset(code.code for code in codes.get(row["variant_id"], ())),
            prices={price.kind: price.unit_price_micro for price in prices.get(row["variant_id"], ())},
            pending_prices=frozenset((p.kind, p.unit_price_micro) for p in pending.get(row["variant_id"], ())),
            opened_stores=frozenset(opening.store_id for opening in opened.get(row["variant_id"], ())),
        )
        for row in reversed(rows)
    }


def _grouped(rows: Iterable[Any], key: str) -> dict[uuid.UUID, list[Any]]:
    groups: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return groups


def owners_of(connection: Connection, codes: Sequence[str]) -> dict[str, uuid.UUID]:
    """The variant behind each of these barcodes that is taken."""
    return {row.code: row.variant_id for row in connection.execute(_OWNERS, {"codes": list(codes)})}


def write(
    connection: Connection, plan: ChunkPlan, known: Reference, *, today: object, at: int, by: str, author: str
) -> None:
    """Write what a chunk's plan says, all but its opening stock.

    Args:
        connection: the chunk's transaction.
        plan: what to write.
        known: names the price list.
        today: the local date from which the prices hold.
        at: the server's clock, UTC microseconds.
        by: who makes the import and from what, in words.
        author: how ``by`` starts for every import.
    """
    categories = plan.new_categories.values()
    _copy(
        connection,
        "COPY category (id, parent_id, name, colour, sort_order, is_archived) FROM STDIN",
        ((made, parent, name, "", 0, False) for made, name, parent in categories),
    )
    _copy(
        connection,
        "COPY product (id, name, description, brand, category_id, tax_category_id, kind, unit, state, tags, attributes,"
        " updated_at, updated_by) FROM STDIN",
        (
            (new.product_id, *(new.fields[name] for name in PRODUCT_FIELDS), "[]", "{}", at, by)
            for new in plan.new_products
        ),
    )
    _copy(
        connection,
        "COPY variant (id, product_id, sku, name, position) FROM STDIN",
        ((new.variant_id, new.product_id, new.sku, "", 1) for new in plan.new_products),
    )
    _copy(
        connection,
        "COPY barcode (id, code, variant_id, quantity) FROM STDIN",
        ((made, code, variant_id, 1000) for made, code, variant_id in plan.new_barcodes),
    )
    _change_products(connection, plan.changed_products, at, by)
    _withdraw_own_prices(connection, plan.repriced, known, today, author)
    _copy(
        connection,
        "COPY price (id, price_list_id, variant_id, kind, unit_price_micro, min_quantity, valid_from, valid_to,"
        " created_at, created_by, state) FROM STDIN",
        (
            (price.id, known.price_list_id, price.variant_id, price.kind, price.micro, 0, today, None, at, by, "active")
            for price in plan.new_prices
        ),
    )


def _change_products(connection: Connection, changed: Sequence[ChangedProduct], at: int, by: str) -> None:
    if not changed:
        return
    ordered = sorted(changed, key=lambda product: product.product_id)
    columns: dict[str, object] = {name: [product.fields[name] for product in ordered] for name in PRODUCT_FIELDS}
    ids = [product.product_id for product in ordered]
    connection.execute(_CHANGE_PRODUCTS, {**columns, "ids": ids, "at": at, "by": by})


def _withdraw_own_prices(
    connection: Connection, prices: Sequence[NewPrice], known: Reference, today: object, author: str
) -> None:
    if prices:
        slots = {
            "variants": [price.variant_id for price in prices],
            "kinds": [price.kind for price in prices],
            "price_list": known.price_list_id,
            "today": today,
            "author": author,
        }
        connection.execute(_WITHDRAW_OWN, slots)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Stream rows into a table with COPY, in the transaction of ``connection``; nothing is sent for no rows."""
    listed = list(rows)
    if not listed:
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with closing(driver.cursor()) as cursor, cursor.copy(statement.encode()) as copy:
        for row in listed:
            copy.write_row(row)


def start_change_set(connection: Connection, change_set_id: uuid.UUID, source: str, by: str, at: int) -> None:
    """Note that an import begins."""
    connection.execute(_START, {"id": change_set_id, "kind": "import", "source": source, "by": by, "at": at})


def end_change_set(connection: Connection, change_set_id: uuid.UUID, at: int, summary: str) -> None:
    """Note that an import ended well, with its figures as JSON text."""
    connection.execute(_END, {"id": change_set_id, "at": at, "summary": summary})
