"""The office's list of products: positions of all rows in order, then the cells of one page at a time.

One row is one variant, because price, stock and codes belong to it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, func, select

from desktop.replica.queries.goods import selling_prices
from desktop.replica.queries.stock_now import chain_stock, store_stock
from desktop.replica.search.filtering import matches_text
from desktop.replica.search.schema import SEARCH_DOCUMENT
from shared.pricing import PriceRow, choose_price
from shared.quantity import THOUSAND, Quantity
from shared.schema.catalogue import Category, Price, Product
from shared.schema.stock import StockLevel

DOCUMENT = SEARCH_DOCUMENT.c


class ProductSort(StrEnum):
    """What the list may be sorted by; ties are broken by name."""

    NAME = "name"
    SKU = "sku"
    PRICE = "price"
    COST = "cost"
    MARGIN = "margin"
    HERE = "here"
    CHAIN = "chain"
    STATE = "state"


class StockIs(StrEnum):
    """A filter on what the asked store has on hand."""

    ANY = "any"
    NEGATIVE = "negative"
    NONE = "none"
    """Exactly nothing, or no level at all."""
    SOME = "some"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which rows the list shows.

    Attributes:
        text: words or the beginning of a code; empty: all.
        store_id: the store of the column *Here* and of the stock filter.
        category_ids: a branch with the branches below it; empty: all.
        state: ``active``, ``draft`` or ``archived``; empty: all.
        without_price: only rows without a selling price today.
    """

    store_id: uuid.UUID
    text: str = ""
    category_ids: tuple[uuid.UUID, ...] = ()
    state: str = ""
    stock: StockIs = StockIs.ANY
    without_price: bool = False


@dataclass(frozen=True, slots=True)
class PriceContext:
    """Whose prices, on which local day; ``net_ppm``: what is left of a price after tax, per tax category."""

    price_list_id: uuid.UUID | None
    on: dt.date
    net_ppm: tuple[tuple[uuid.UUID | None, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One row of the list; prices in millionths, stock in thousandths, None where nothing is known."""

    position: int
    variant_id: uuid.UUID
    product_id: uuid.UUID
    name: str
    sku: str
    state: str
    kind: str
    tax_category_id: uuid.UUID | None
    price_micro: int | None
    cost_micro: int | None
    here: int | None
    chain: int | None


def product_positions(
    connection: Connection, wanted: ProductFilter, prices: PriceContext, sort: ProductSort, *, is_descending: bool
) -> list[int]:
    """The rows to show, in order, by their position in the search index. About 50 ms for 100,000 sorted by name."""
    query = _filtered(select(DOCUMENT.position), wanted, prices)
    query, key = _sorted_by(query, wanted, prices, sort)
    if key is not None:
        empty_last = key.is_(None)
        query = query.order_by(empty_last, key.desc() if is_descending else key)
    name = DOCUMENT.name_key
    query = query.order_by(name.desc() if is_descending and key is None else name)
    return list(connection.execute(query).scalars())


def count_products(connection: Connection) -> int:
    """How many rows there are in all."""
    return connection.execute(select(func.count()).select_from(SEARCH_DOCUMENT)).scalar_one()


def position_of(connection: Connection, product_id: uuid.UUID, variant_id: uuid.UUID) -> int:
    """The position of a variant; −1 where it is not indexed (yet)."""
    query = select(DOCUMENT.position).where(DOCUMENT.product_id == product_id, DOCUMENT.variant_id == variant_id)
    found = connection.execute(query).scalar()
    return -1 if found is None else int(found)


def product_rows(
    connection: Connection, positions: Sequence[int], store_id: uuid.UUID, prices: PriceContext
) -> list[ProductRow]:
    """The cells of some rows, in the order asked for; a row whose text changed meanwhile is left out."""
    found = connection.execute(
        select(
            DOCUMENT.position,
            DOCUMENT.variant_id,
            DOCUMENT.product_id,
            DOCUMENT.name,
            DOCUMENT.sku,
            DOCUMENT.state,
            Product.kind,
            Product.tax_category_id,
        )
        .join_from(SEARCH_DOCUMENT, Product, Product.id == DOCUMENT.product_id)
        .where(DOCUMENT.position.in_(positions))
    ).all()
    by_position = {row.position: row for row in found}
    variant_ids = [row.variant_id for row in found]
    price_by_variant = prices_today(connection, variant_ids, prices)
    cost_by_variant = costs_today(connection, variant_ids, prices.on)
    here = store_stock(connection, store_id, variant_ids)
    chain = chain_stock(connection, variant_ids)
    return [
        ProductRow(
            position=row.position,
            variant_id=row.variant_id,
            product_id=row.product_id,
            name=row.name,
            sku=row.sku,
            state=row.state,
            kind=row.kind,
            tax_category_id=row.tax_category_id,
            price_micro=price_by_variant.get(row.variant_id),
            cost_micro=cost_by_variant.get(row.variant_id),
            here=here[row.variant_id].on_hand if row.variant_id in here else None,
            chain=chain.get(row.variant_id),
        )
        for position in positions
        if (row := by_position.get(position)) is not None
    ]


def prices_today(
    connection: Connection, variant_ids: Sequence[uuid.UUID], prices: PriceContext
) -> dict[uuid.UUID, int]:
    """The selling price of one unit on the asked list and day, millionths; variants without one are left out."""
    if prices.price_list_id is None:
        return {}
    rows = selling_prices(connection, prices.price_list_id, variant_ids)
    return _chosen(rows, prices.on)


def costs_today(connection: Connection, variant_ids: Sequence[uuid.UUID], on: dt.date) -> dict[uuid.UUID, int]:
    """What one unit costs the shop on a day, without tax, millionths; variants without a cost are left out."""
    rows: dict[uuid.UUID, list[PriceRow]] = {}
    for row in connection.execute(
        select(
            Price.id,
            Price.price_list_id,
            Price.variant_id,
            Price.unit_price_micro,
            Price.valid_from,
            Price.valid_to,
            Price.min_quantity,
            Price.created_at,
        ).where(Price.variant_id.in_(variant_ids), Price.kind == "cost", Price.state == "active")
    ):
        rows.setdefault(row.variant_id, []).append(PriceRow(*row))
    return _chosen(rows, on)


def category_branch(connection: Connection, category_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """A category and everything below it."""
    children: dict[uuid.UUID | None, list[uuid.UUID]] = {}
    for row in connection.execute(select(Category.id, Category.parent_id)):
        children.setdefault(row.parent_id, []).append(row.id)
    branch = [category_id]
    for member in branch:
        branch.extend(child for child in children.get(member, ()) if child not in branch)
    return tuple(branch)


def _chosen(rows: dict[uuid.UUID, list[PriceRow]], on: dt.date) -> dict[uuid.UUID, int]:
    one = Quantity(THOUSAND)
    chosen = {variant_id: choose_price(of_one, on, one) for variant_id, of_one in rows.items()}
    return {variant_id: row.micro for variant_id, row in chosen.items() if row is not None}


def _filtered(query: Select[int], wanted: ProductFilter, prices: PriceContext) -> Select[int]:
    text = matches_text(wanted.text)
    if text is not None:
        query = query.where(text)
    if wanted.state:
        query = query.where(DOCUMENT.state == wanted.state)
    if wanted.category_ids:
        members = select(Product.id).where(Product.category_id.in_(wanted.category_ids))
        query = query.where(DOCUMENT.product_id.in_(members))
    if wanted.stock is not StockIs.ANY:
        query = query.where(_stock_condition(wanted))
    if wanted.without_price and prices.price_list_id is not None:
        priced = _in_force(prices.price_list_id, prices.on)
        query = query.where(DOCUMENT.variant_id.not_in(select(priced.c.variant_id)))
    return query


def _stock_condition(wanted: ProductFilter) -> ColumnElement[bool]:
    levels = select(StockLevel.variant_id).where(StockLevel.store_id == wanted.store_id)
    match wanted.stock:
        case StockIs.NEGATIVE:
            return DOCUMENT.variant_id.in_(levels.where(StockLevel.on_hand < 0))
        case StockIs.SOME:
            return DOCUMENT.variant_id.in_(levels.where(StockLevel.on_hand > 0))
        case _:
            goods = select(Product.id).where(Product.kind == "goods")
            return DOCUMENT.product_id.in_(goods) & DOCUMENT.variant_id.not_in(levels.where(StockLevel.on_hand != 0))


def _sorted_by(
    query: Select[int], wanted: ProductFilter, prices: PriceContext, sort: ProductSort
) -> tuple[Select[int], ColumnElement[object] | None]:
    """The query joined with what the sort key needs, and the key; None where the name is the key."""
    own_key: dict[ProductSort, ColumnElement[object] | None] = {
        ProductSort.NAME: None,
        ProductSort.SKU: DOCUMENT.sku_key,
        ProductSort.STATE: DOCUMENT.state,
    }
    if sort in own_key:
        return query, own_key[sort]
    if sort is ProductSort.MARGIN:
        return _sorted_by_margin(query, prices)
    if sort in (ProductSort.PRICE, ProductSort.COST):
        is_cost = sort is ProductSort.COST
        price = _in_force(None if is_cost else prices.price_list_id, prices.on, "cost" if is_cost else "selling")
        return query.outerjoin(price, price.c.variant_id == DOCUMENT.variant_id), price.c.unit_price_micro
    levels = select(StockLevel.variant_id, func.sum(StockLevel.on_hand).label("on_hand"))
    if sort is ProductSort.HERE:
        levels = levels.where(StockLevel.store_id == wanted.store_id)
    summed = levels.group_by(StockLevel.variant_id).subquery()
    return query.outerjoin(summed, summed.c.variant_id == DOCUMENT.variant_id), summed.c.on_hand


def _sorted_by_margin(query: Select[int], prices: PriceContext) -> tuple[Select[int], ColumnElement[object]]:
    price = _in_force(prices.price_list_id, prices.on)
    cost = _in_force(None, prices.on, kind="cost")
    shares = [(Product.tax_category_id == category, ppm) for category, ppm in prices.net_ppm if category is not None]
    net_ppm = case(*shares, else_=1_000_000) if shares else 1_000_000
    net = price.c.unit_price_micro * net_ppm / 1_000_000
    joined = (
        query.join(Product, Product.id == DOCUMENT.product_id)
        .outerjoin(price, price.c.variant_id == DOCUMENT.variant_id)
        .outerjoin(cost, cost.c.variant_id == DOCUMENT.variant_id)
    )
    return joined, case((net > 0, (net - cost.c.unit_price_micro) * 1_000_000 / net), else_=None)


def _in_force(price_list_id: uuid.UUID | None, on: dt.date, kind: str = "selling") -> Subquery:
    """One price row per variant: the one ``shared.pricing.choose_price`` takes for one unit on this day."""
    rank = func.row_number().over(
        partition_by=Price.variant_id,
        order_by=(Price.min_quantity.desc(), Price.valid_from.desc(), Price.created_at.desc(), Price.id.desc()),
    )
    ranked = select(Price.variant_id, Price.unit_price_micro, rank.label("rank")).where(
        Price.kind == kind,
        Price.state == "active",
        Price.min_quantity <= THOUSAND,
        Price.valid_from <= on,
        Price.valid_to.is_(None) | (Price.valid_to > on),
    )
    if price_list_id is not None:
        ranked = ranked.where(Price.price_list_id == price_list_id)
    rows = ranked.subquery()
    return select(rows.c.variant_id, rows.c.unit_price_micro).where(rows.c.rank == 1).subquery()
