"""What the office sees of the range: the list with prices, margins and stock, and one product's panel."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from desktop.replica.queries.product_card import (
    CodeOnFile,
    PriceOnFile,
    ProductCard,
    StoreStock,
    categories,
    product_card,
    tax_categories,
)
from desktop.replica.queries.product_list import (
    PriceContext,
    ProductFilter,
    ProductRow,
    ProductSort,
    category_branch,
    count_products,
    position_of,
    product_positions,
    product_rows,
)
from desktop.replica.search import is_ready
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import (
    day_text,
    moment_text,
    percent_text,
    price_text,
    quantity_text,
)
from shared.money import MICRO_PER_MAJOR
from shared.permissions import Permission
from shared.pricing import PriceRow, choose_price
from shared.quantity import THOUSAND, Quantity
from shared.tax import exact_taxes

_PPM = 1_000_000
_LOW_DAYS = 30
_ONE = Quantity(THOUSAND)
STATE_WORDS = {"active": "Active", "draft": "Draft", "archived": "Archived"}


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One row of the list, ready for the screen; ``here`` and ``chain`` in thousandths for their tone."""

    position: int
    variant_id: uuid.UUID
    product_id: uuid.UUID
    name: str
    sku: str
    state: str
    price: str
    cost: str
    margin: str
    margin_ppm: int | None
    here: int | None
    chain: int | None


@dataclass(frozen=True, slots=True)
class ProductList:
    """The rows to show by position, and how many there are in all; not ready while the index is being built."""

    positions: Sequence[int]
    total: int
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class StockLine:
    """What one store has, in words: ``4`` and ``2 held for web``."""

    store_id: uuid.UUID
    store_name: str
    on_hand: str
    note: str
    is_low: bool


@dataclass(frozen=True, slots=True)
class ProductPanel:
    """Everything beside the list.

    Attributes:
        card: the stored fields, for the editor.
        position: its row in lists; −1 while the index is being built.
        changed: ``changed 09:12, Mara K., Till 2``; empty for a product as it was first loaded.
        price: today's selling price as typed text; empty for none.
        next_price: ``13.50 from 1 Dec``; empty for none.
        cost: today's cost; empty for none.
        margin: ``51 %``; empty where price or cost is missing.
        low: ``11.90 on 2 Nov``: the lowest selling price in force in the last 30 days, today left out when it is the
            same all along.
        prices: selling prices and costs in words, the newest first.
    """

    card: ProductCard
    position: int
    changed: str
    price: str
    price_micro: int | None
    next_price: str
    cost: str
    cost_micro: int | None
    margin: str
    low: str
    stock: tuple[StockLine, ...]
    prices: tuple[tuple[uuid.UUID, str, str], ...]
    """(id, words, state) of every price row."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the editor's lists offer: (id, words)."""

    categories: tuple[tuple[uuid.UUID, str], ...]
    taxes: tuple[tuple[uuid.UUID, str], ...]


def price_context(desk: Desk) -> PriceContext:
    """Prices of the store's own list, today."""
    today = desk.today()
    net = tuple((category, net_share_ppm(desk, category, today)) for category in desk.facts.category_names)
    return PriceContext(desk.facts.store.price_list_id, today, net)


def net_share_ppm(desk: Desk, tax_category_id: uuid.UUID | None, on: dt.date) -> int:
    """What is left of a price of one major unit after the taxes it includes, in parts per million."""
    return round(_net(desk, tax_category_id, MICRO_PER_MAJOR, on))


def margin_ppm(desk: Desk, tax_category_id: uuid.UUID | None, price: int | None, cost: int | None) -> int | None:
    """(price after tax − cost) ÷ price after tax, in parts per million; None where one of them is missing."""
    if price is None or cost is None:
        return None
    net = _net(desk, tax_category_id, price, desk.today())
    return None if net <= 0 else round((net - cost) * _PPM / net)


def list_products(
    desk: Desk, wanted: ProductFilter, sort: ProductSort = ProductSort.NAME, *, is_descending: bool = False
) -> ProductList:
    """The rows that fit, in order. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        if not is_ready(connection):
            return ProductList((), 0, is_ready=False)
        positions = product_positions(connection, wanted, price_context(desk), sort, is_descending=is_descending)
        return ProductList(positions, count_products(connection))


def product_lines(desk: Desk, positions: Sequence[int], store_id: uuid.UUID) -> list[ProductLine | None]:
    """The cells of some rows in the order asked for; None where a row's text changed meanwhile."""
    with desk.replica.read() as connection:
        rows = product_rows(connection, positions, store_id, price_context(desk))
    lines = {row.position: _line(desk, row) for row in rows}
    return [lines.get(position) for position in positions]


def branch_of(desk: Desk, category_id: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """A category with everything below it."""
    with desk.replica.read() as connection:
        return category_branch(connection, category_id)


def editor_choices(desk: Desk) -> Choices:
    """The categories and tax categories there are; a tax with its rates of today (``Standard 20 %``)."""
    with desk.replica.read() as connection:
        return Choices(
            tuple(categories(connection)),
            tuple((tax_id, _tax_words(desk, tax_id, name)) for tax_id, name in _taxes_by_rate(desk, connection)),
        )


def show_product(desk: Desk, variant_id: uuid.UUID) -> ProductPanel:
    """One product's panel. Raises ``UserError`` ``not_allowed``, ``product_unknown``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        card = product_card(connection, variant_id)
        position = position_of(connection, card.product_id, variant_id)
    today, money = desk.today(), desk.facts.store.currency
    selling = _rows(desk, card.prices, variant_id, "selling")
    price = choose_price(selling, today, _ONE)
    cost = choose_price(_rows(desk, card.prices, variant_id, "cost"), today, _ONE)
    later = min((row for row in selling if row.valid_from > today), key=lambda row: row.valid_from, default=None)
    price_micro, cost_micro = price.micro if price else None, cost.micro if cost else None
    return ProductPanel(
        card=card,
        position=position,
        changed=_changed(desk, card),
        price=price_text(price_micro, money),
        price_micro=price_micro,
        next_price=""
        if later is None
        else f"{price_text(later.micro, money)} from {day_text(later.valid_from, today)}",
        cost=price_text(cost_micro, money),
        cost_micro=cost_micro,
        margin=percent_text(margin_ppm(desk, card.tax_category_id, price_micro, cost_micro)),
        low=_low(desk, selling),
        stock=tuple(_stock_line(store) for store in card.stock) if card.kind == "goods" else (),
        prices=tuple((row.id, _price_words(desk, row), row.state) for row in card.prices),
    )


def code_lines(card: ProductCard) -> tuple[tuple[uuid.UUID, str], ...]:
    """(id, words) of the barcodes: ``5012345678900`` or ``5012345678917 · 6 at once``."""
    return tuple((code.id, _code_words(code)) for code in card.codes)


def _line(desk: Desk, row: ProductRow) -> ProductLine:
    money = desk.facts.store.currency
    margin = margin_ppm(desk, row.tax_category_id, row.price_micro, row.cost_micro)
    is_goods = row.kind == "goods"
    return ProductLine(
        position=row.position,
        variant_id=row.variant_id,
        product_id=row.product_id,
        name=row.name,
        sku=row.sku,
        state=row.state,
        price=price_text(row.price_micro, money),
        cost=price_text(row.cost_micro, money),
        margin=percent_text(margin),
        margin_ppm=margin,
        here=(row.here or 0) if is_goods else None,
        chain=(row.chain or 0) if is_goods else None,
    )


def _net(desk: Desk, tax_category_id: uuid.UUID | None, micro: int, on: dt.date) -> Fraction:
    rules = desk.facts.taxes_on(tax_category_id, on)
    return exact_taxes(micro, THOUSAND, rules, MICRO_PER_MAJOR).net if rules else Fraction(micro)


def _rows(desk: Desk, prices: Sequence[PriceOnFile], variant_id: uuid.UUID, kind: str) -> list[PriceRow]:
    own_list = desk.facts.store.price_list_id
    return [
        PriceRow(
            row.id,
            row.price_list_id,
            variant_id,
            row.micro,
            row.valid_from,
            row.valid_to,
            row.min_quantity,
            row.created_at,
        )
        for row in prices
        if row.kind == kind and row.state == "active" and (kind == "cost" or row.price_list_id == own_list)
    ]


def _low(desk: Desk, selling: Sequence[PriceRow]) -> str:
    today = desk.today()
    days = [today - dt.timedelta(days=back) for back in range(_LOW_DAYS + 1)]
    standing = [(row.micro, day) for day in days if (row := choose_price(selling, day, _ONE)) is not None]
    if not standing:
        return ""
    lowest = min(micro for micro, _ in standing)
    last_day = max(day for micro, day in standing if micro == lowest)
    words = price_text(lowest, desk.facts.store.currency)
    return words if last_day == today else f"{words} on {day_text(last_day, today)}"


def _changed(desk: Desk, card: ProductCard) -> str:
    if not card.updated_at:
        return ""
    when = moment_text(desk.local(card.updated_at), desk.today())
    return f"changed {when}, {card.updated_by}" if card.updated_by else f"changed {when}"


def _stock_line(store: StoreStock) -> StockLine:
    stock = store.stock
    notes = [
        f"{quantity_text(amount)} {words}"
        for amount, words in (
            (stock.reserved, "held for web"),
            (stock.incoming, "incoming"),
            (stock.damaged, "damaged"),
            (stock.in_quality_control, "being checked"),
        )
        if amount
    ]
    on_hand = quantity_text(stock.on_hand)
    return StockLine(store.store_id, store.store_name, on_hand, " · ".join(notes), is_low=stock.on_hand <= 0)


def _price_words(desk: Desk, row: PriceOnFile) -> str:
    today = desk.today()
    words = f"{price_text(row.micro, desk.facts.store.currency)} from {day_text(row.valid_from, today)}"
    if row.min_quantity > THOUSAND:
        words += f", {quantity_text(row.min_quantity)} and more"
    if row.valid_to is not None:
        words += f" until {day_text(row.valid_to - dt.timedelta(days=1), today)}"
    return f"Cost {words}" if row.kind == "cost" else words


def _code_words(code: CodeOnFile) -> str:
    return code.code if code.quantity == THOUSAND else f"{code.code} · {quantity_text(code.quantity)} at once"


def _taxes_by_rate(desk: Desk, connection: Any) -> list[tuple[uuid.UUID, str]]:
    """The highest first: who forgets to choose one for a new product pays too much tax rather than too little."""
    today = desk.today()
    known = [(tax_id, name) for tax_id, _, name in tax_categories(connection)]
    return sorted(
        known, key=lambda each: (-sum(rule.rate_ppm for rule in desk.facts.taxes_on(each[0], today)), each[1])
    )


def _tax_words(desk: Desk, tax_id: uuid.UUID, name: str) -> str:
    rules = desk.facts.taxes_on(tax_id, desk.today())
    rates = " + ".join(percent_text(rule.rate_ppm) for rule in rules if rule.rate_ppm)
    return f"{name} {rates or percent_text(0)}" if rules else name
