"""Moving a price from one set of taxes to another, such as when goods are sold under another country's rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from shared.money import MICRO_PER_MAJOR, Rounding, UnitPrice, round_fraction
from shared.quantity import THOUSAND
from shared.tax.engine import exact_taxes
from shared.tax.rules import TaxRule, in_order


def rebase_price(
    price: UnitPrice,
    original: Sequence[TaxRule],
    new: Sequence[TaxRule],
    rounding: Rounding = Rounding.HALF_UP,
) -> UnitPrice:
    """The unit price under ``new`` taxes that leaves the shop the same net amount as ``price`` under ``original``.

    A price that leaves out any of its original taxes was agreed without tax: it stays as it is, and so does one whose
    taxes do not change. Rounded to millionths of the major unit.

    Raises:
        UserError: ``tax_set_unsolvable``.
    """
    if tuple(original) == tuple(new) or not all(rule.price_include for rule in original):
        return price
    net = exact_taxes(price.micro, THOUSAND, original, MICRO_PER_MAJOR).net
    # Without included taxes the equation is solved from the net amount up.
    on_top = exact_taxes(net, THOUSAND, [_outside(rule) for rule in new], MICRO_PER_MAJOR)
    ordered = in_order(tuple(new))
    added = sum(
        (tax.amount for rule, tax in zip(ordered, on_top.taxes, strict=True) if _is_in_the_price(rule)), Fraction(0)
    )
    return UnitPrice(round_fraction(net + added, rounding), price.currency)


def _outside(rule: TaxRule) -> TaxRule:
    """The same tax, taken on top of the price."""
    return replace(rule, price_include=False)


def _is_in_the_price(rule: TaxRule) -> bool:
    """Whether the tax is part of the new price."""
    return rule.price_include and not rule.reverse_charge
