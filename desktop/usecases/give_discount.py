"""Discounts by hand, on a line or on the whole basket."""

from __future__ import annotations

from desktop.usecases.new_line import chosen_line
from desktop.usecases.station import Station
from shared.errors import UserError
from shared.money import Money
from shared.money.decimal_text import parse_scaled
from shared.permissions import Permission
from shared.pricing import Discount
from shared.sales import clear_basket_discounts, clear_line_discounts, discount_basket, discount_line

_PERCENT_DECIMALS = 4
_PERCENT_MAX = 1_000 * 10**_PERCENT_DECIMALS


def give_discount(
    station: Station,
    *,
    percent: str | None,
    amount: Money | None,
    on_basket: bool,
    line: int | None,
    reason: str,
) -> None:
    """Give one discount, by percent (decimal text) or by amount; it adds to those given before.

    Raises:
        UserError: ``discount_invalid``, ``discount_too_large``, ``too_many_discounts``, ``line_unknown``,
            ``basket_empty``, ``not_allowed``, ``payments_exceed_total``.
    """
    with station.step() as step:
        station.require_selling()
        person = station.require(Permission.DISCOUNT)
        if (percent is None) == (amount is None):
            raise UserError("discount_invalid", "Say the discount either in percent or as an amount.")
        if amount is not None:
            discount = Discount.off(amount, reason, person.id)
        else:
            discount = Discount.percent(_ppm(percent or ""), reason, person.id)
        if on_basket:
            step.sale = step.sale.with_basket(discount_basket(step.sale.basket, discount), step.sale.selected)
        else:
            chosen = chosen_line(step.sale, line)
            step.sale = step.sale.with_basket(discount_line(step.sale.basket, chosen.id, discount), chosen.id)


def remove_discounts(station: Station, *, on_basket: bool, line: int | None) -> None:
    """Take back what was given on a line or on the basket.

    Raises:
        UserError: ``line_unknown``, ``basket_empty``, ``not_allowed``.
    """
    with station.step() as step:
        station.require_selling()
        station.require(Permission.DISCOUNT)
        if on_basket:
            step.sale = step.sale.with_basket(clear_basket_discounts(step.sale.basket), step.sale.selected)
        else:
            chosen = chosen_line(step.sale, line)
            step.sale = step.sale.with_basket(clear_line_discounts(step.sale.basket, chosen.id), chosen.id)


def _ppm(percent: str) -> int:
    """Millionths from typed percent, ``"12.5"``."""
    try:
        return parse_scaled(percent.strip().removesuffix("%").strip(), _PERCENT_DECIMALS, _PERCENT_MAX)
    except UserError as error:
        raise UserError("discount_invalid", "Type a percentage such as 10 or 12.5.", text=percent) from error
