"""Changing a line: its quantity, its price, striking it through, choosing it."""

from __future__ import annotations

import uuid
from dataclasses import replace

from desktop.replica.queries.goods import goods_by_variant
from desktop.usecases.new_line import BY_HAND, chosen_line, set_listed_quantity
from desktop.usecases.show_till import level_in, line_view
from desktop.usecases.station import Station
from desktop.usecases.till_state import LineView
from shared.errors import UserError
from shared.money import UnitPrice
from shared.permissions import Permission
from shared.quantity import Quantity
from shared.sales import change_price
from shared.sales import remove_line as struck


def set_quantity(station: Station, quantity: str, number: int | None) -> LineView:
    """Sell so much of a line; decimal text in the line's unit.

    Raises:
        UserError: ``quantity_invalid``, ``quantity_too_large``, ``line_unknown``, ``basket_empty``,
            ``payments_exceed_total``.
    """
    with station.step() as step:
        station.require_selling()
        line = chosen_line(step.sale, number)
        wanted = Quantity.parse(quantity, line.quantity.unit)
        if wanted.thousandths <= 0:
            raise UserError(
                "quantity_invalid", "A quantity must be above nothing. Remove the line instead.", text=quantity
            )
        goods = None if line.variant_id is None else goods_by_variant(step.work.connection, line.variant_id)
        set_listed_quantity(step, goods, line, wanted)
        levels = level_in(step, line)
    return line_view(station, line, levels)


def set_price(station: Station, price: UnitPrice, number: int | None) -> LineView:
    """Sell a line at a price of one's own; the list's price stays beside it.

    Raises:
        UserError: ``not_allowed``, ``price_invalid``, ``amount_too_large``, ``line_unknown``, ``basket_empty``.
    """
    with station.step() as step:
        station.require_selling()
        station.require(Permission.OVERRIDE_PRICE)
        line = chosen_line(step.sale, number)
        basket = change_price(step.sale.basket, line.id, price, BY_HAND)
        step.sale = step.sale.with_basket(basket, line.id)
        levels = level_in(step, line)
    return line_view(station, line, levels)


def remove_line(station: Station, number: int | None) -> None:
    """Strike a line through.

    Raises:
        UserError: ``line_unknown``, ``basket_empty``, ``payments_exceed_total``.
    """
    with station.step() as step:
        station.require_selling()
        line = chosen_line(step.sale, number)
        step.sale = step.sale.with_basket(struck(step.sale.basket, line.id, station.clock.now()))


def select_line(station: Station, line_id: uuid.UUID) -> None:
    """Choose the line that keys act on. Raises ``UserError`` ``line_unknown``."""
    with station.step() as step:
        line = step.sale.basket.line(line_id)
        if step.sale.selected_line() != line:
            step.sale = replace(step.sale, selected=line.id)
