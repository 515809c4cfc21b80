"""What a change or an entry is about, in the trade's words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from shared.schema.catalogue import Barcode, Category, Price, Product, QuickKey, TaxCategory, Variant
from shared.schema.inbox import InboxEntry
from shared.schema.people import Customer
from shared.schema.sales import CashMovement, ParkedSale, Sale, Shift
from shared.schema.stock import StockMovement

Names = dict[uuid.UUID, str]


def subject_names(connection: Connection, entity: str, ids: Sequence[uuid.UUID]) -> Names:
    """The name of each aggregate of one entity that is here; unknown ones are left out."""
    read = _READERS.get(entity)
    return {} if read is None else read(connection, ids)


def names_of(connection: Connection, items: Iterable[tuple[str, uuid.UUID]]) -> dict[tuple[str, uuid.UUID], str]:
    """The names of aggregates of several entities, by (entity, id)."""
    by_entity: dict[str, list[uuid.UUID]] = {}
    for entity, entity_id in items:
        by_entity.setdefault(entity, []).append(entity_id)
    return {
        (entity, entity_id): name
        for entity, ids in by_entity.items()
        for entity_id, name in subject_names(connection, entity, ids).items()
    }


def _products(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    return {row[0]: row[1] for row in connection.execute(select(Product.id, Product.name).where(Product.id.in_(ids)))}


def _variants(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(
        select(Variant.id, Product.name, Variant.name)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(ids))
    )
    return {row[0]: f"{row[1]}, {row[2]}" if row[2] else row[1] for row in rows}


def _by_variant(connection: Connection, pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Names:
    variant_by_id = dict(pairs)
    names = _variants(connection, list(variant_by_id.values()))
    return {key: names[variant] for key, variant in variant_by_id.items() if variant in names}


def _prices(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Price.id, Price.variant_id).where(Price.id.in_(ids)))
    return _by_variant(connection, ((row[0], row[1]) for row in rows))


def _barcodes(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Barcode.id, Barcode.variant_id).where(Barcode.id.in_(ids)))
    return _by_variant(connection, ((row[0], row[1]) for row in rows))


def _quick_keys(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(QuickKey.id, QuickKey.variant_id).where(QuickKey.id.in_(ids)))
    return _by_variant(connection, ((row[0], row[1]) for row in rows))


def _movements(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(StockMovement.id, StockMovement.variant_id).where(StockMovement.id.in_(ids)))
    return _by_variant(connection, ((row[0], row[1]) for row in rows))


def _categories(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Category.id, Category.name).where(Category.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _tax_categories(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(TaxCategory.id, TaxCategory.name).where(TaxCategory.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _customers(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _sales(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Sale.id, Sale.receipt_number).where(Sale.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _shifts(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(Shift.id, Shift.number, Shift.business_date).where(Shift.id.in_(ids)))
    return {row[0]: f"Shift {row[1]} of {row[2].isoformat()}" for row in rows}


def _cash(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(CashMovement.id, CashMovement.reason).where(CashMovement.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _parked(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(ParkedSale.id, ParkedSale.label).where(ParkedSale.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _inbox(connection: Connection, ids: Sequence[uuid.UUID]) -> Names:
    rows = connection.execute(select(InboxEntry.id, InboxEntry.title).where(InboxEntry.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


_READERS: Mapping[str, Callable[[Connection, Sequence[uuid.UUID]], Names]] = {
    "product": _products,
    "variant": _variants,
    "price": _prices,
    "barcode": _barcodes,
    "quick_key": _quick_keys,
    "stock_movement": _movements,
    "category": _categories,
    "tax_category": _tax_categories,
    "customer": _customers,
    "sale": _sales,
    "shift": _shifts,
    "cash_movement": _cash,
    "parked_sale": _parked,
    "inbox_entry": _inbox,
}
