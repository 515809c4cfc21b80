"""Adding goods by SKU, from a search result or from a tile."""

from __future__ import annotations

import uuid

from desktop.replica.queries.goods import Goods, goods_by_sku, goods_by_variant
from desktop.usecases.new_line import BY_HAND, OwnPrice, enter_line, line_for
from desktop.usecases.show_till import level_in, line_view
from desktop.usecases.station import Station, Step
from desktop.usecases.till_state import LineView
from shared.errors import UserError
from shared.money import UnitPrice
from shared.permissions import Permission
from shared.quantity import Quantity


def add_item(
    station: Station,
    *,
    sku: str | None,
    variant_id: uuid.UUID | None,
    quantity: str,
    price: UnitPrice | None,
    joins_last: bool,
) -> LineView:
    """Put a product into the basket; ``quantity`` is decimal text in its unit.

    Raises:
        UserError: ``product_unknown``, ``quantity_invalid``, ``price_missing``, ``not_allowed``, ``amount_invalid``.
    """
    with station.step() as step:
        station.require_selling()
        if price is not None:
            station.require(Permission.OVERRIDE_PRICE)
        goods = known_goods(step, sku, variant_id)
        amount = sellable_quantity(quantity, goods)
        own = None if price is None else OwnPrice(checked_price(price), BY_HAND)
        line = enter_line(step, goods, line_for(step, goods, amount, own), joins=joins_last)
        levels = level_in(step, line)
    station.finished = None
    return line_view(station, line, levels)


def known_goods(step: Step, sku: str | None, variant_id: uuid.UUID | None) -> Goods:
    """The goods with this id or SKU.

    Raises:
        UserError: ``product_unknown``.
    """
    goods = None
    if variant_id is not None:
        goods = goods_by_variant(step.work.connection, variant_id)
    elif sku is not None:
        goods = goods_by_sku(step.work.connection, sku.strip())
    if goods is None:
        shown = sku if sku is not None else str(variant_id)
        raise UserError("product_unknown", f"There is no product {shown[:40]}. Find it by name instead.", sku=shown)
    return goods


def sellable_quantity(text: str, goods: Goods) -> Quantity:
    """A typed quantity, which must be above nothing.

    Raises:
        UserError: ``quantity_invalid``, ``quantity_too_large``.
    """
    quantity = Quantity.parse(text, goods.unit)
    if quantity.thousandths <= 0:
        raise UserError("quantity_invalid", "A quantity must be above nothing. Remove the line instead.", text=text)
    return quantity


def checked_price(price: UnitPrice) -> UnitPrice:
    """A price typed by hand, which may be nothing but not less.

    Raises:
        UserError: ``price_invalid``.
    """
    if price.micro < 0:
        raise UserError("price_invalid", "A price cannot be below zero.", price=str(price))
    return price
