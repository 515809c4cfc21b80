"""Everything the office shows of one variant beside the list: product, prices, codes, stock and history."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from desktop.replica.queries.stock_now import StockNow, stock_by_store
from desktop.replica.schema import Outbox
from shared.errors import UserError
from shared.schema.catalogue import Barcode, Category, Price, Product, TaxCategory, Variant
from shared.schema.inbox import InboxEntry
from shared.schema.stock import StockMovement
from shared.schema.stores import Store

_MOVEMENTS_SHOWN = 20
_ENTRIES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PriceOnFile:
    """One price row as it stands; ``micro`` in millionths of the list's currency, days local to the store."""

    id: uuid.UUID
    price_list_id: uuid.UUID
    kind: str
    micro: int
    min_quantity: int
    valid_from: dt.date
    valid_to: dt.date | None
    created_at: int
    created_by: str
    state: str


@dataclass(frozen=True, slots=True)
class CodeOnFile:
    """One barcode; ``quantity`` in thousandths is what one scan means."""

    id: uuid.UUID
    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StoreStock:
    """What one store has of the variant."""

    store_id: uuid.UUID
    store_name: str
    stock: StockNow


@dataclass(frozen=True, slots=True)
class ProductCard:
    """One product and one of its variants. ``updated_at`` is UTC microseconds, 0 when it is as it was first loaded."""

    product_id: uuid.UUID
    variant_id: uuid.UUID
    name: str
    variant_name: str
    sku: str
    description: str
    brand: str
    category_id: uuid.UUID | None
    tax_category_id: uuid.UUID | None
    kind: str
    unit: str
    state: str
    attributes: Mapping[str, object]
    tags: tuple[str, ...]
    updated_at: int
    updated_by: str
    variants: tuple[tuple[uuid.UUID, str, str], ...]
    """(id, name, sku) of every variant of the product, in their order."""
    prices: tuple[PriceOnFile, ...]
    codes: tuple[CodeOnFile, ...]
    stock: tuple[StoreStock, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing in a product's history.

    Attributes:
        at: UTC microseconds.
        who: who and where, in words; empty for somebody at this device.
        what: ``price``, ``edit``, ``conflict`` or ``movement``.
        text: the kind of a price, the sentence of a conflict, the reason of a movement.
        micro: a price in millionths.
        on: the day a price holds from.
        quantity: thousandths moved.
        place: the store of a movement.
        state: of a price or conflict, or of an edit on its way.
    """

    at: int
    who: str
    what: str
    text: str = ""
    micro: int | None = None
    on: dt.date | None = None
    quantity: int | None = None
    place: str = ""
    state: str = ""


def product_card(connection: Connection, variant_id: uuid.UUID) -> ProductCard:
    """The card of one variant.

    Raises:
        UserError: ``product_unknown`` when the device no longer has it.
    """
    row = connection.execute(
        select(*Product.__table__.columns, Variant.sku, Variant.name.label("variant_name"))
        .join(Variant, Variant.product_id == Product.id)
        .where(Variant.id == variant_id)
    ).first()
    if row is None:
        raise UserError("product_unknown", "This product is no longer there. Choose another one.", id=str(variant_id))
    siblings = connection.execute(
        select(Variant.id, Variant.name, Variant.sku)
        .where(Variant.product_id == row.id)
        .order_by(Variant.position, Variant.id)
    )
    return ProductCard(
        product_id=row.id,
        variant_id=variant_id,
        name=row.name,
        variant_name=row.variant_name,
        sku=row.sku,
        description=row.description,
        brand=row.brand,
        category_id=row.category_id,
        tax_category_id=row.tax_category_id,
        kind=row.kind,
        unit=row.unit,
        state=row.state,
        attributes=row.attributes if isinstance(row.attributes, dict) else {},
        tags=tuple(str(tag) for tag in row.tags) if isinstance(row.tags, list) else (),
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        variants=tuple((each.id, each.name, each.sku) for each in siblings),
        prices=prices_on_file(connection, variant_id),
        codes=_codes(connection, variant_id),
        stock=_stock(connection, variant_id),
    )


def categories(connection: Connection) -> list[tuple[uuid.UUID, str]]:
    """Every branch of the range with its path (``Home › Candles``), in the shop's order; archived ones left out."""
    rows = connection.execute(
        select(Category.id, Category.parent_id, Category.name)
        .where(~Category.is_archived)
        .order_by(Category.sort_order, Category.name)
    ).all()
    by_id = {row.id: row for row in rows}

    def path(category_id: uuid.UUID) -> str:
        names: list[str] = []
        current: uuid.UUID | None = category_id
        while current in by_id and len(names) < len(by_id):
            names.append(by_id[current].name)
            current = by_id[current].parent_id
        return " › ".join(reversed(names))

    return [(row.id, path(row.id)) for row in rows]


def tax_categories(connection: Connection) -> list[tuple[uuid.UUID, str, str]]:
    """(id, code, name) of every tax category, by name."""
    rows = connection.execute(select(TaxCategory.id, TaxCategory.code, TaxCategory.name).order_by(TaxCategory.name))
    return [(row.id, row.code, row.name) for row in rows]


def product_history(connection: Connection, product_id: uuid.UUID, variant_id: uuid.UUID) -> list[Happening]:
    """What is known on this device of a product's past, the newest first.

    Price rows and inbox entries are the whole chain's; edits and stock movements are those made on this device.
    """
    found = [
        Happening(
            at=price.created_at,
            who=price.created_by,
            what="price",
            text=price.kind,
            micro=price.micro,
            on=price.valid_from,
            state=price.state,
        )
        for price in prices_on_file(connection, variant_id)
    ]
    found.extend(_conflicts(connection, product_id))
    found.extend(_own_edits(connection, product_id))
    found.extend(_own_movements(connection, variant_id))
    return sorted(found, key=lambda happening: happening.at, reverse=True)


def variant_behind(connection: Connection, entity: str, entity_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
    """(product, variant) that a product, variant or price belongs to; a product's first variant; None for others."""
    query = select(Variant.product_id, Variant.id).order_by(Variant.position, Variant.id).limit(1)
    match entity:
        case "product":
            query = query.where(Variant.product_id == entity_id)
        case "variant":
            query = query.where(Variant.id == entity_id)
        case "price":
            query = query.join(Price, Price.variant_id == Variant.id).where(Price.id == entity_id)
        case _:
            return None
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])


def prices_on_file(connection: Connection, variant_id: uuid.UUID) -> tuple[PriceOnFile, ...]:
    """Every price row of a variant, costs included; the one that begins last comes first."""
    rows: Iterable[Sequence[Any]] = connection.execute(
        select(
            Price.id,
            Price.price_list_id,
            Price.kind,
            Price.unit_price_micro,
            Price.min_quantity,
            Price.valid_from,
            Price.valid_to,
            Price.created_at,
            Price.created_by,
            Price.state,
        )
        .where(Price.variant_id == variant_id)
        .order_by(Price.valid_from.desc(), Price.created_at.desc())
    )
    return tuple(PriceOnFile(*row) for row in rows)


def _codes(connection: Connection, variant_id: uuid.UUID) -> tuple[CodeOnFile, ...]:
    rows = connection.execute(
        select(Barcode.id, Barcode.code, Barcode.quantity).where(Barcode.variant_id == variant_id).order_by(Barcode.id)
    )
    return tuple(CodeOnFile(*row) for row in rows)


def _stock(connection: Connection, variant_id: uuid.UUID) -> tuple[StoreStock, ...]:
    known = stock_by_store(connection, [variant_id])
    stores = connection.execute(select(Store.id, Store.name).where(~Store.is_archived).order_by(Store.name))
    return tuple(StoreStock(row.id, row.name, known.get((row.id, variant_id), StockNow())) for row in stores)


def _conflicts(connection: Connection, product_id: uuid.UUID) -> list[Happening]:
    rows = connection.execute(
        select(InboxEntry.created_at, InboxEntry.mine_by, InboxEntry.reason, InboxEntry.state)
        .where(InboxEntry.entity_id == product_id)
        .order_by(InboxEntry.created_at.desc())
        .limit(_ENTRIES_SHOWN)
    )
    return [Happening(row.created_at, row.mine_by, "conflict", row.reason, state=row.state) for row in rows]


def _own_edits(connection: Connection, product_id: uuid.UUID) -> list[Happening]:
    rows = connection.execute(
        select(Outbox.made_at, Outbox.name, Outbox.state)
        .where(Outbox.entity == "product", Outbox.entity_id == product_id)
        .order_by(Outbox.number.desc())
        .limit(_ENTRIES_SHOWN)
    )
    return [Happening(row.made_at, "", "edit", row.name, state=row.state) for row in rows]


def _own_movements(connection: Connection, variant_id: uuid.UUID) -> list[Happening]:
    rows = connection.execute(
        select(StockMovement.at, StockMovement.quantity, StockMovement.reason, StockMovement.note, Store.name)
        .join(Store, Store.id == StockMovement.store_id)
        .where(StockMovement.variant_id == variant_id)
        .order_by(StockMovement.at.desc())
        .limit(_MOVEMENTS_SHOWN)
    )
    return [
        Happening(row.at, "", "movement", row.reason, quantity=row.quantity, place=row.name, state=row.note)
        for row in rows
    ]
