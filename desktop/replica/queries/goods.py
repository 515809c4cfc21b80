"""What is for sale: a few indexed look-ups, because a scan waits for them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from shared.pricing import PriceRow
from shared.quantity import Unit
from shared.schema.registry import level_id
from shared.stock import Level


@dataclass(frozen=True, slots=True)
class ShelfStock:
    """What the store has of a variant: the level as pulled, and what this device moved that it does not include yet."""

    pulled: Level
    own_movements: int = 0

    @property
    def level(self) -> Level:
        """Both together."""
        return replace(self.pulled, on_hand=self.pulled.on_hand + self.own_movements)


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


_GOODS = "v.id, v.product_id, v.sku, p.name, v.name, p.kind, p.unit, p.tax_category_id, p.state"
_SOURCE = "variant v JOIN product p ON p.id = v.product_id"
# A scan waits for these: they are plain SQL on the driver, because building a statement takes longer than running it.
_BY_CODES = (
    f"SELECT b.code, b.quantity, {_GOODS} FROM barcode b JOIN {_SOURCE} WHERE v.id = b.variant_id AND b.code IN "
)
_BY_SKU = f"SELECT {_GOODS} FROM {_SOURCE} WHERE v.sku = ? ORDER BY v.id LIMIT 1"
_BY_VARIANT = f"SELECT {_GOODS} FROM {_SOURCE} WHERE v.id = ?"
_PRICES = """SELECT id, price_list_id, variant_id, unit_price_micro, valid_from, valid_to, min_quantity, created_at
    FROM price WHERE price_list_id = ? AND kind = 'selling' AND state = 'active' AND variant_id IN """
_OWN_MOVES = """SELECT variant_id, sum(quantity) FROM expected_stock
    WHERE store_id = ? AND number > ? AND variant_id IN """
_LEVELS = "SELECT variant_id, on_hand, reserved, damaged, in_quality_control FROM stock_level WHERE id IN "


def goods_by_codes(connection: Connection, codes: Sequence[str]) -> dict[str, CodeHit]:
    """The goods behind barcodes, by code. Of two goods with the same code the one whose link was made first wins."""
    if not codes:
        return {}
    sql = _BY_CODES + _places(len(codes)) + " ORDER BY b.id DESC"
    rows = connection.exec_driver_sql(sql, tuple(codes))
    return {row[0]: CodeHit(row[0], row[1], _goods(row[2:])) for row in rows}


def goods_by_sku(connection: Connection, sku: str) -> Goods | None:
    """The goods with this SKU, exactly as written; None if there are none."""
    row = connection.exec_driver_sql(_BY_SKU, (sku,)).first()
    return None if row is None else _goods(row)


def goods_by_variant(connection: Connection, variant_id: uuid.UUID) -> Goods | None:
    """The goods with this id; None if there are none."""
    row = connection.exec_driver_sql(_BY_VARIANT, (variant_id.bytes,)).first()
    return None if row is None else _goods(row)


def selling_prices(
    connection: Connection, price_list_id: uuid.UUID, variant_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[PriceRow]]:
    """The selling prices in force or to come of some variants on one list."""
    found: dict[uuid.UUID, list[PriceRow]] = {}
    if not variant_ids:
        return found
    wanted = (price_list_id.bytes, *(variant_id.bytes for variant_id in variant_ids))
    for row in connection.exec_driver_sql(_PRICES + _places(len(variant_ids)), wanted):
        variant_id = uuid.UUID(bytes=row[2])
        price = PriceRow(
            id=uuid.UUID(bytes=row[0]),
            price_list_id=uuid.UUID(bytes=row[1]),
            variant_id=variant_id,
            micro=row[3],
            valid_from=dt.date.fromisoformat(row[4]),
            valid_to=None if row[5] is None else dt.date.fromisoformat(row[5]),
            min_quantity=row[6],
            created_at=row[7],
        )
        found.setdefault(variant_id, []).append(price)
    return found


def stock_levels(
    connection: Connection, store_id: uuid.UUID, variant_ids: Iterable[uuid.UUID], projected_number: int
) -> dict[uuid.UUID, Level]:
    """The stock of some variants in a store as this device sees it: pulled levels, its own unsent movements laid over.

    The arguments are those of ``shelf_stock``.
    """
    found = shelf_stock(connection, store_id, variant_ids, projected_number)
    return {variant_id: stock.level for variant_id, stock in found.items()}


def shelf_stock(
    connection: Connection, store_id: uuid.UUID, variant_ids: Iterable[uuid.UUID], projected_number: int
) -> dict[uuid.UUID, ShelfStock]:
    """The stock of some variants in a store: pulled levels, and beside them this device's own movements.

    Args:
        connection: on the replica.
        store_id: the store.
        variant_ids: which variants; one without a level and without own movements is left out of the answer.
        projected_number: the highest own mutation that the pulled levels include already.
    """
    wanted = list(dict.fromkeys(variant_ids))
    if not wanted:
        return {}
    places = _places(len(wanted))
    own = (store_id.bytes, projected_number, *(variant_id.bytes for variant_id in wanted))
    moved: dict[bytes, int] = {
        row[0]: row[1] for row in connection.exec_driver_sql(_OWN_MOVES + places + " GROUP BY variant_id", own)
    }
    found = {uuid.UUID(bytes=variant_id): ShelfStock(Level(), quantity) for variant_id, quantity in moved.items()}
    ids = tuple(level_id(store_id, variant_id).bytes for variant_id in wanted)
    for row in connection.exec_driver_sql(_LEVELS + places, ids):
        found[uuid.UUID(bytes=row[0])] = ShelfStock(Level(row[1], row[2], row[3], row[4]), moved.get(row[0], 0))
    return found


_QUICK_KEYS = f"""SELECT c.id, c.name,
        coalesce((SELECT nullif(k.colour, '') FROM category k WHERE k.id = p.category_id), c.colour), q.label, {_GOODS}
    FROM quick_key q JOIN category c ON c.id = q.category_id JOIN {_SOURCE}
    WHERE v.id = q.variant_id AND (q.store_id IS NULL OR q.store_id = ?) AND NOT c.is_archived AND p.state <> 'archived'
    ORDER BY c.sort_order, c.name, q.position, q.id"""
_CATEGORY_NAMES = f"SELECT v.id, c.name FROM {_SOURCE} JOIN category c ON c.id = p.category_id WHERE v.id IN "


def quick_keys(connection: Connection, store_id: uuid.UUID) -> list[QuickKeyRow]:
    """The tiles of a store's till, by tab and place."""
    rows = connection.exec_driver_sql(_QUICK_KEYS, (store_id.bytes,))
    return [QuickKeyRow(uuid.UUID(bytes=row[0]), row[1], row[2], row[3], _goods(row[4:])) for row in rows]


def category_names(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The name of the category each variant is in."""
    if not variant_ids:
        return {}
    sql = _CATEGORY_NAMES + _places(len(variant_ids))
    rows = connection.exec_driver_sql(sql, tuple(variant_id.bytes for variant_id in variant_ids))
    return {uuid.UUID(bytes=row[0]): row[1] for row in rows}


def _places(count: int) -> str:
    """``(?,?,?)`` for so many bound values."""
    return f"({','.join('?' * count)})"


def _goods(row: Sequence[Any]) -> Goods:
    """Columns in the order of ``_GOODS``."""
    variant_id, product_id, sku, name, variant_name, kind, unit, tax_category_id, state = row
    return Goods(
        variant_id=uuid.UUID(bytes=variant_id),
        product_id=uuid.UUID(bytes=product_id),
        sku=sku,
        name=f"{name}, {variant_name}" if variant_name else name,
        kind=kind,
        unit=Unit(unit),
        tax_category_id=None if tax_category_id is None else uuid.UUID(bytes=tax_category_id),
        state=state,
    )
