"""The office's list of stock levels: goods with what one store, or all of them, have. Quantities in thousandths."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from desktop.replica.queries.stock_now import StockNow, stock_by_store
from desktop.replica.schema import ExpectedStock, Identity
from desktop.replica.search.filtering import matches_text
from desktop.replica.search.schema import SEARCH_DOCUMENT
from shared.schema.catalogue import Product
from shared.schema.stock import StockLevel

DOCUMENT = SEARCH_DOCUMENT.c


class StockSort(StrEnum):
    """What the list may be sorted by."""

    NAME = "name"
    ON_HAND = "on_hand"
    AVAILABLE = "available"
    RESERVED = "reserved"


class StockShown(StrEnum):
    """Which rows: all goods, or only those whose stock asks for a look."""

    ALL = "all"
    NEGATIVE = "negative"
    NONE = "none"
    HELD = "held"
    """Something is reserved for orders."""


@dataclass(frozen=True, slots=True)
class StockFilter:
    """``store_id`` None: all stores together."""

    store_id: uuid.UUID | None
    text: str = ""
    shown: StockShown = StockShown.ALL


@dataclass(frozen=True, slots=True)
class StockRow:
    """One row: a variant with its stock in the asked store, or the sum over all."""

    position: int
    variant_id: uuid.UUID
    name: str
    sku: str
    unit: str
    stock: StockNow


def stock_positions(connection: Connection, wanted: StockFilter, sort: StockSort, *, is_descending: bool) -> list[int]:
    """The rows to show, in order, by their position in the search index; services have no stock and are left out."""
    level = _levels(wanted.store_id)
    services = select(Product.id).where(Product.kind != "goods")
    query: Select[int] = (
        select(DOCUMENT.position)
        .outerjoin(level, level.c.variant_id == DOCUMENT.variant_id)
        .where(DOCUMENT.product_id.not_in(services))
    )
    text = matches_text(wanted.text)
    if text is not None:
        query = query.where(text)
    on_hand = func.coalesce(level.c.on_hand, 0)
    conditions: dict[StockShown, ColumnElement[bool]] = {
        StockShown.NEGATIVE: on_hand < 0,
        StockShown.NONE: on_hand == 0,
        StockShown.HELD: level.c.reserved > 0,
    }
    if wanted.shown in conditions:
        query = query.where(conditions[wanted.shown])
    keys: dict[StockSort, ColumnElement[object]] = {
        StockSort.NAME: DOCUMENT.name_key,
        StockSort.ON_HAND: on_hand,
        StockSort.AVAILABLE: on_hand - func.coalesce(level.c.reserved, 0) - func.coalesce(level.c.blocked, 0),
        StockSort.RESERVED: func.coalesce(level.c.reserved, 0),
    }
    key = keys[sort]
    query = query.order_by(key.desc() if is_descending else key, DOCUMENT.name_key)
    return list(connection.execute(query).scalars())


def stock_rows(connection: Connection, positions: Sequence[int], store_id: uuid.UUID | None) -> list[StockRow | None]:
    """The cells of some rows in the order asked for; None where a row's text changed meanwhile."""
    found = connection.execute(
        select(DOCUMENT.position, DOCUMENT.variant_id, DOCUMENT.name, DOCUMENT.sku, Product.unit)
        .join_from(SEARCH_DOCUMENT, Product, Product.id == DOCUMENT.product_id)
        .where(DOCUMENT.position.in_(positions))
    ).all()
    stock = _summed(stock_by_store(connection, [row.variant_id for row in found]), store_id)
    rows = {
        row.position: StockRow(
            row.position, row.variant_id, row.name, row.sku, row.unit, stock.get(row.variant_id, StockNow())
        )
        for row in found
    }
    return [rows.get(position) for position in positions]


def count_negative(connection: Connection, store_id: uuid.UUID | None) -> int:
    """How many variants a store has less than nothing of."""
    query = select(func.count()).select_from(StockLevel).where(StockLevel.on_hand < 0)
    if store_id is not None:
        query = query.where(StockLevel.store_id == store_id)
    return connection.execute(query).scalar_one()


def _summed(
    stock: dict[tuple[uuid.UUID, uuid.UUID], StockNow], store_id: uuid.UUID | None
) -> dict[uuid.UUID, StockNow]:
    totals: dict[uuid.UUID, StockNow] = {}
    for (store, variant_id), each in stock.items():
        if store_id not in (None, store):
            continue
        so_far = totals.get(variant_id, StockNow())
        totals[variant_id] = StockNow(
            so_far.on_hand + each.on_hand,
            so_far.reserved + each.reserved,
            so_far.damaged + each.damaged,
            so_far.in_quality_control + each.in_quality_control,
            so_far.incoming + each.incoming,
        )
    return totals


def _levels(store_id: uuid.UUID | None) -> Subquery:
    """Level per variant, own movements included, so that filters and sorting agree with what is shown."""
    projected = select(func.coalesce(func.max(Identity.projected_number), 0)).scalar_subquery()
    pulled = select(
        StockLevel.variant_id,
        StockLevel.on_hand,
        StockLevel.reserved,
        (StockLevel.damaged + StockLevel.in_quality_control).label("blocked"),
    )
    own = select(ExpectedStock.variant_id, ExpectedStock.quantity, func.abs(0), func.abs(0)).where(
        ExpectedStock.number > projected
    )
    if store_id is not None:
        pulled = pulled.where(StockLevel.store_id == store_id)
        own = own.where(ExpectedStock.store_id == store_id)
    both = pulled.union_all(own).subquery()
    return (
        select(
            both.c.variant_id,
            func.sum(both.c.on_hand).label("on_hand"),
            func.sum(both.c.reserved).label("reserved"),
            func.sum(both.c.blocked).label("blocked"),
        )
        .group_by(both.c.variant_id)
        .subquery()
    )
