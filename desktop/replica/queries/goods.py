"""What is for sale: a few indexed look-ups, because a scan waits for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from desktop.replica.schema import ExpectedStock
from shared.pricing import PriceRow
from shared.quantity import Unit
from shared.schema.catalogue import Barcode, Category, Price, Product, QuickKey, Variant
from shared.schema.registry import level_id
from shared.schema.stock import StockLevel
from shared.stock import Level


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant as a till sells it.

    Attributes:
        name: product and variant together, as on the receipt.
        kind: ``goods`` (kept in stock) or ``service``.
    """

    variant_id: uuid.UUID
    product_id: uuid.UUID
    sku: str
    name: str
    kind: str
    unit: Unit
    tax_category_id: uuid.UUID | None
    state: str


@dataclass(frozen=True, slots=True)
class CodeHit:
    """A barcode that is in the catalogue; ``quantity`` in thousandths of the goods' unit is what one scan means."""

    code: str
    quantity: int
    goods: Goods


@dataclass(frozen=True, slots=True)
class QuickKeyRow:
    """A tile: where it stands and what it sells."""

    category_id: uuid.UUID
    category_name: str
    colour: str
    label: str
    goods: Goods


_GOODS = (
    Variant.id,
    Variant.product_id,
    Variant.sku,
    Product.name,
    Variant.name.label("variant_name"),
    Product.kind,
    Product.unit,
    Product.tax_category_id,
    Product.state,
)


def goods_by_codes(connection: Connection, codes: Sequence[str]) -> dict[str, CodeHit]:
    """The goods behind barcodes, by code. Of two goods with the same code the one whose link was made first wins."""
    rows = connection.execute(
        select(Barcode.code, Barcode.quantity, *_GOODS)
        .join(Variant, Variant.id == Barcode.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Barcode.code.in_(codes))
        .order_by(Barcode.id.desc())
    )
    return {row[0]: CodeHit(row[0], row[1], _goods(row[2:])) for row in rows}


def goods_by_sku(connection: Connection, sku: str) -> Goods | None:
    """The goods with this SKU, exactly as written; None if there are none."""
    row = connection.execute(_select_goods().where(Variant.sku == sku).order_by(Variant.id).limit(1)).first()
    return None if row is None else _goods(row)


def goods_by_variant(connection: Connection, variant_id: uuid.UUID) -> Goods | None:
    """The goods with this id; None if there are none."""
    row = connection.execute(_select_goods().where(Variant.id == variant_id)).first()
    return None if row is None else _goods(row)


def selling_prices(
    connection: Connection, price_list_id: uuid.UUID, variant_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[PriceRow]]:
    """The selling prices in force or to come of some variants on one list."""
    rows = connection.execute(
        select(
            Price.id,
            Price.price_list_id,
            Price.variant_id,
            Price.unit_price_micro,
            Price.valid_from,
            Price.valid_to,
            Price.min_quantity,
            Price.created_at,
        ).where(
            Price.variant_id.in_(variant_ids),
            Price.price_list_id == price_list_id,
            Price.kind == "selling",
            Price.state == "active",
        )
    )
    found: dict[uuid.UUID, list[PriceRow]] = {}
    for row in rows:
        found.setdefault(row.variant_id, []).append(PriceRow(*row))
    return found


def stock_levels(
    connection: Connection, store_id: uuid.UUID, variant_ids: Iterable[uuid.UUID], projected_number: int
) -> dict[uuid.UUID, Level]:
    """The stock of some variants in a store as this device sees it: pulled levels, its own unsent movements laid over.

    Args:
        connection: on the replica.
        store_id: the store.
        variant_ids: which variants; one without a level and without own movements is left out of the answer.
        projected_number: the highest own mutation that the pulled levels include already.
    """
    wanted = list(variant_ids)
    own = connection.execute(
        select(ExpectedStock.variant_id, func.sum(ExpectedStock.quantity))
        .where(
            ExpectedStock.variant_id.in_(wanted),
            ExpectedStock.store_id == store_id,
            ExpectedStock.number > projected_number,
        )
        .group_by(ExpectedStock.variant_id)
    )
    found = {variant_id: Level(on_hand=quantity) for variant_id, quantity in own}
    pulled = connection.execute(
        select(
            StockLevel.variant_id,
            StockLevel.on_hand,
            StockLevel.reserved,
            StockLevel.damaged,
            StockLevel.in_quality_control,
        ).where(StockLevel.id.in_([level_id(store_id, variant_id) for variant_id in wanted]))
    )
    for variant_id, on_hand, reserved, damaged, in_quality_control in pulled:
        moved = found.get(variant_id, Level()).on_hand
        found[variant_id] = Level(on_hand + moved, reserved, damaged, in_quality_control)
    return found


def quick_keys(connection: Connection, store_id: uuid.UUID) -> list[QuickKeyRow]:
    """The tiles of a store's till, by tab and place."""
    rows = connection.execute(
        select(Category.id, Category.name, Category.colour, QuickKey.label, *_GOODS)
        .join(Category, Category.id == QuickKey.category_id)
        .join(Variant, Variant.id == QuickKey.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where((QuickKey.store_id == store_id) | QuickKey.store_id.is_(None), ~Category.is_archived)
        .where(Product.state != "archived")
        .order_by(Category.sort_order, Category.name, QuickKey.position, QuickKey.id)
    )
    return [QuickKeyRow(row[0], row[1], row[2], row[3], _goods(row[4:])) for row in rows]


def category_names(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The name of the category each variant is in."""
    rows = connection.execute(
        select(Variant.id, Category.name)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(Variant.id.in_(variant_ids))
    )
    return {row[0]: row[1] for row in rows}


def _select_goods() -> Select[uuid.UUID, uuid.UUID, str, str, str, str, str, uuid.UUID | None, str]:
    return select(*_GOODS).join(Product, Product.id == Variant.product_id)


def _goods(row: Sequence[object]) -> Goods:
    """Columns in the order of ``_GOODS``."""
    variant_id, product_id, sku, name, variant_name, kind, unit, tax_category_id, state = row
    assert isinstance(variant_id, uuid.UUID)
    assert isinstance(product_id, uuid.UUID)
    assert tax_category_id is None or isinstance(tax_category_id, uuid.UUID)
    full_name = f"{name}, {variant_name}" if variant_name else str(name)
    return Goods(
        variant_id, product_id, str(sku), full_name, str(kind), Unit(str(unit)), tax_category_id, state=str(state)
    )
