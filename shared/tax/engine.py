"""The taxes of one amount in exact rational arithmetic.

Every tax is a straight line over the amount without tax: ``tax = slope × net + constant``. Taxes that stand on others
add those lines up, so inclusive, exclusive and mixed sets are solved by one equation:
``amount = net + Σ taxes the price includes``. Nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.errors import UserError
from shared.money import MICRO_PER_MAJOR
from shared.quantity import THOUSAND
from shared.tax.rules import PPM, TaxComputation, TaxRule, in_order

_NOTHING = Fraction(0)
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class ExactTax:
    """One tax before rounding, in minor units.

    Attributes:
        rule: the tax.
        base: what it is taken on.
        amount: what it comes to; for a reverse charge what the customer owes elsewhere.
    """

    rule: TaxRule
    base: Fraction
    amount: Fraction


@dataclass(frozen=True, slots=True)
class ExactTaxes:
    """The amount without tax and its taxes in order of computation, before rounding, in minor units."""

    net: Fraction
    taxes: tuple[ExactTax, ...]

    @property
    def total(self) -> Fraction:
        """Net plus what is charged; a reverse charge is not."""
        return self.net + sum((tax.amount for tax in self.taxes if not tax.rule.reverse_charge), _NOTHING)


@dataclass(frozen=True, slots=True)
class _Line:
    """``slope × net + constant``."""

    slope: Fraction
    constant: Fraction

    def __add__(self, other: _Line) -> _Line:
        return _Line(self.slope + other.slope, self.constant + other.constant)

    def times(self, factor: Fraction) -> _Line:
        return _Line(self.slope * factor, self.constant * factor)

    def at(self, net: Fraction) -> Fraction:
        return self.slope * net + self.constant


def exact_taxes(
    amount: Fraction | int, quantity_thousandths: int, rules: Sequence[TaxRule], minor_per_major: Fraction | int
) -> ExactTaxes:
    """Solve the taxes of one amount.

    Args:
        amount: unit price × quantity less discounts, in minor units, with the taxes that prices include.
        quantity_thousandths: for taxes fixed per unit; negative for what comes back.
        rules: any number of taxes, any order.
        minor_per_major: minor units in a major unit, for the amounts of fixed taxes.

    Raises:
        UserError: ``tax_set_unsolvable`` when no net amount fits, such as a division tax of 100 % beside others.
    """
    ordered = in_order(tuple(rules))
    amount = Fraction(amount)
    if len(ordered) == 1 and ordered[0].computation is TaxComputation.PERCENT and not ordered[0].reverse_charge:
        return _single_percent(amount, ordered[0])
    if _takes_the_whole_price(ordered):
        shares = (Fraction(rule.rate_ppm, PPM) * amount for rule in ordered)
        return ExactTaxes(_NOTHING, tuple(ExactTax(r, _NOTHING, s) for r, s in zip(ordered, shares, strict=True)))
    bases, taxes = _as_lines(ordered, quantity_thousandths, Fraction(minor_per_major))
    slope, constant = _ONE, _NOTHING
    for rule, tax in zip(ordered, taxes, strict=True):
        if rule.price_include and not rule.reverse_charge:
            slope, constant = slope + tax.slope, constant + tax.constant
    if slope == 0:
        raise _unsolvable(ordered)
    net = (amount - constant) / slope
    solved = zip(ordered, bases, taxes, strict=True)
    return ExactTaxes(net, tuple(ExactTax(rule, base.at(net), tax.at(net)) for rule, base, tax in solved))


def _single_percent(amount: Fraction, rule: TaxRule) -> ExactTaxes:
    """The everyday case without straight lines; the general way gives the same."""
    if not rule.price_include:
        return ExactTaxes(amount, (ExactTax(rule, amount, amount * Fraction(rule.rate_ppm, PPM)),))
    if rule.rate_ppm == -PPM:
        raise _unsolvable((rule,))
    net = amount * Fraction(PPM, PPM + rule.rate_ppm)
    return ExactTaxes(net, (ExactTax(rule, net, amount - net),))


def _as_lines(
    rules: tuple[TaxRule, ...], quantity_thousandths: int, minor_per_major: Fraction
) -> tuple[list[_Line], list[_Line]]:
    """The base and the amount of each tax as straight lines over the net amount."""
    bases: list[_Line] = []
    taxes: list[_Line] = []
    for position, rule in enumerate(rules):
        base = _Line(_ONE, _NOTHING)
        for earlier, tax in zip(rules[:position], taxes, strict=True):
            if rule.stands_on(earlier):
                base = base + tax
        bases.append(base)
        if rule.computation is TaxComputation.FIXED:
            units = Fraction(rule.fixed_micro * quantity_thousandths, MICRO_PER_MAJOR * THOUSAND)
            taxes.append(_Line(_NOTHING, units * minor_per_major))
        elif rule.computation is TaxComputation.PERCENT:
            taxes.append(base.times(Fraction(rule.rate_ppm, PPM)))
        else:
            rest = PPM - sum(rules[member].rate_ppm for member in _division_group(rules, position))
            if rest <= 0:
                raise _unsolvable(rules)
            taxes.append(base.times(Fraction(rule.rate_ppm, rest)))
    return bases, taxes


def _division_group(rules: tuple[TaxRule, ...], position: int) -> list[int]:
    """The neighbouring division taxes that are shares of one and the same price, as positions."""
    first = last = position
    while first > 0 and _share_one_price(rules[first - 1], rules[first]):
        first -= 1
    while last + 1 < len(rules) and _share_one_price(rules[last], rules[last + 1]):
        last += 1
    return list(range(first, last + 1))


def _share_one_price(earlier: TaxRule, later: TaxRule) -> bool:
    """Whether two neighbours are division taxes of the same price, neither standing on the other."""
    return (
        earlier.computation is later.computation is TaxComputation.DIVISION
        and earlier.price_include == later.price_include
        and not later.stands_on(earlier)
    )


def _takes_the_whole_price(rules: tuple[TaxRule, ...]) -> bool:
    """Whether the price consists of nothing but division taxes, 100 % together: then the net amount is nothing."""
    return (
        bool(rules)
        and sum(rule.rate_ppm for rule in rules) == PPM
        and all(rule.price_include and not rule.reverse_charge for rule in rules)
        and rules[0].computation is TaxComputation.DIVISION
        and len(_division_group(rules, 0)) == len(rules)
    )


def _unsolvable(rules: tuple[TaxRule, ...]) -> UserError:
    """The error for a set of taxes that no price can satisfy."""
    names = ", ".join(rule.name or rule.code for rule in rules)
    return UserError(
        "tax_set_unsolvable",
        f"These taxes cannot be applied together: {names}. Correct their rates.",
        codes=[rule.code for rule in rules],
    )
