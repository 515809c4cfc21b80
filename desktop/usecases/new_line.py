"""From goods to a basket line: today's price and taxes, a price of one's own, or the price on the packet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from desktop.replica.queries.goods import Goods, selling_prices
from desktop.usecases.open_sale import OpenSale
from desktop.usecases.station import Step
from shared.errors import UserError
from shared.money import UnitPrice
from shared.pricing import PriceRow, choose_price
from shared.quantity import Quantity
from shared.sales import BasketLine, LineKind, add_line, change_quantity

BY_HAND = "price set by hand"
ON_PACKET = "price on the packet"


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price that is not the list's: asked by the clerk, or printed on the packet."""

    price: UnitPrice
    reason: str


def listed_price(step: Step, goods: Goods, quantity: Quantity, day: dt.date) -> PriceRow | None:
    """The price row of the store's list that holds on a local day for a quantity; None when there is none."""
    price_list_id = step.station.known.price_list()
    rows = selling_prices(step.work.connection, price_list_id, [goods.variant_id])
    return choose_price(rows.get(goods.variant_id, ()), day, quantity)


def line_for(step: Step, goods: Goods, quantity: Quantity, own: OwnPrice | None = None) -> BasketLine:
    """A new line at today's price of the store's list, or at a price of one's own.

    Raises:
        UserError: ``price_missing`` when neither exists, ``price_list_missing``.
    """
    station = step.station
    today = station.today()
    row = listed_price(step, goods, quantity, today)
    listed = None if row is None else UnitPrice(row.micro, station.store.currency)
    price = own.price if own is not None else listed
    if price is None:
        raise UserError(
            "price_missing",
            f"{goods.name} has no price today. Give it one in the office, or sell it at a price typed by hand.",
            sku=goods.sku,
        )
    return BasketLine(
        id=station.ids.new(),
        number=0,
        variant_id=goods.variant_id,
        sku=goods.sku,
        name=goods.name,
        kind=LineKind(goods.kind),
        quantity=quantity,
        unit_price=price,
        list_price=listed if own is not None else None,
        price_id=None if row is None else row.id,
        price_reason=own.reason if own is not None else "",
        tax_category_id=goods.tax_category_id,
        taxes=station.known.taxes_on(goods.tax_category_id, today),
    )


def enter_line(step: Step, goods: Goods, line: BasketLine, *, joins: bool) -> BasketLine:
    """Put a line into the step's basket and select it; with ``joins`` one more of the same raises the line it has.

    Raises:
        UserError: ``basket_full``, ``quantity_too_large``, ``amount_too_large``.
    """
    standing = _same_goods(step.sale, line) if joins else None
    if standing is None:
        basket = add_line(step.sale.basket, line, merge=False)
        step.sale = step.sale.with_basket(basket)
        return basket.lines[-1]
    return set_listed_quantity(step, goods, standing, standing.quantity + line.quantity)


def set_listed_quantity(step: Step, goods: Goods | None, line: BasketLine, quantity: Quantity) -> BasketLine:
    """Give a line another quantity; a line at the list's price gets the price of the quantity break it reaches.

    The line keeps its price where the list has none any more, where it was set by hand or stood on the packet.
    """
    basket = change_quantity(step.sale.basket, line.id, quantity)
    changed = basket.line(line.id)
    if goods is not None and not changed.price_reason:
        row = listed_price(step, goods, quantity, step.station.today())
        if row is not None and row.id != changed.price_id:
            price = UnitPrice(row.micro, step.station.store.currency)
            changed = replace(changed, unit_price=price, price_id=row.id)
            lines = tuple(changed if each.id == changed.id else each for each in basket.lines)
            basket = replace(basket, lines=lines)
    step.sale = step.sale.with_basket(basket, None if basket.lines[-1].id == changed.id else changed.id)
    return changed


def chosen_line(sale: OpenSale, number: int | None) -> BasketLine:
    """The line with a number, or the selected one.

    Raises:
        UserError: ``line_unknown``, ``basket_empty``.
    """
    if number is not None:
        return sale.basket.line_number(number)
    line = sale.selected_line()
    if line is None:
        raise UserError("basket_empty", "The basket is empty. Scan something first.")
    return line


def _same_goods(sale: OpenSale, line: BasketLine) -> BasketLine | None:
    """The newest line with the same goods at the list's price and nothing of its own."""
    for standing in reversed(sale.basket.active_lines):
        if (
            standing.variant_id == line.variant_id
            and standing.taxes == line.taxes
            and standing.quantity.unit is line.quantity.unit
            and not (standing.price_reason or line.price_reason or standing.discounts or standing.note)
        ):
            return standing
    return None
