"""The taxes of one line, rounded to minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.money import Money, Rounding, round_fraction, round_ratio
from shared.tax.engine import ExactTaxes, exact_taxes
from shared.tax.rules import PPM, TaxComputation, TaxRule


@dataclass(frozen=True, slots=True)
class LineTax:
    """One tax of one line, rounded.

    Attributes:
        code: the tax's stable name.
        name: what the receipt shows.
        rate_ppm: its rate in millionths; 0 for a tax fixed per unit.
        base: what it is taken on.
        tax: what is charged; nothing for a reverse charge.
        included: whether the price already included it.
    """

    code: str
    name: str
    rate_ppm: int
    base: Money
    tax: Money
    included: bool


@dataclass(frozen=True, slots=True)
class LineTaxes:
    """The taxes of one line: ``total == net + tax`` and ``tax == Σ taxes``, to the minor unit."""

    net: Money
    tax: Money
    total: Money
    taxes: tuple[LineTax, ...]


def compute_line_taxes(
    amount: Money, quantity_thousandths: int, rules: Sequence[TaxRule], rounding: Rounding = Rounding.HALF_UP
) -> LineTaxes:
    """The taxes of one line, each rounded to minor units.

    A price that includes its taxes stays what it is: the net amount is what the rounded taxes leave. A tax on top is
    taken on amounts as they are shown, that is after rounding.

    Args:
        amount: unit price × quantity less discounts, with the taxes that prices include.
        quantity_thousandths: for taxes fixed per unit; negative for what comes back.
        rules: any number of taxes, any order.
        rounding: how a part of a minor unit is rounded; a symmetric mode makes returns exact negations.

    Raises:
        UserError: ``tax_set_unsolvable``.
    """
    if not rules:
        return LineTaxes(amount, Money.zero(amount.currency), amount, ())
    if _is_single_percent(rules):
        return _single_percent(amount, rules[0], rounding)
    exact = exact_taxes(amount.amount, quantity_thousandths, rules, amount.currency.minor_per_major)
    return settle_taxes(amount, exact, _round_each(amount, exact, rounding))


def _is_single_percent(rules: Sequence[TaxRule]) -> bool:
    """Whether it is the everyday case: one percentage that some price can satisfy."""
    if len(rules) != 1:
        return False
    rule = rules[0]
    return rule.computation is TaxComputation.PERCENT and not rule.reverse_charge and rule.rate_ppm > -PPM


def _single_percent(amount: Money, rule: TaxRule, rounding: Rounding) -> LineTaxes:
    """The everyday case in plain integers; equal to the general way (a property test says so)."""
    if rule.price_include:
        tax = Money(round_ratio(amount.amount * rule.rate_ppm, PPM + rule.rate_ppm, rounding), amount.currency)
        net = amount - tax
    else:
        tax = Money(round_ratio(amount.amount * rule.rate_ppm, PPM, rounding), amount.currency)
        net = amount
    shown = LineTax(rule.code, rule.name, rule.rate_ppm, net, tax, rule.price_include)
    return LineTaxes(net, tax, net + tax, (shown,))


def _round_each(amount: Money, exact: ExactTaxes, rounding: Rounding) -> list[int]:
    """Each tax in minor units: included ones from the exact solution, those on top from what is shown before them."""
    charged = [0 if tax.rule.reverse_charge else round_fraction(tax.amount, rounding) for tax in exact.taxes]
    net = amount.amount - sum(c for c, tax in zip(charged, exact.taxes, strict=True) if tax.rule.price_include)
    for position, tax in enumerate(exact.taxes):
        rule = tax.rule
        if rule.price_include or rule.reverse_charge or rule.computation is TaxComputation.FIXED or not tax.base:
            continue
        base = _shown_base(net, exact, charged, position)
        # The effective rate on the base is exact also for division taxes, whose rate is on the price.
        charged[position] = round_fraction(tax.amount / tax.base * base, rounding)
    return charged


def _shown_base(net: int, exact: ExactTaxes, charged: list[int], position: int) -> int:
    """The base of one tax as whole minor units: the net amount and the rounded taxes it stands on."""
    rule = exact.taxes[position].rule
    earlier = zip(exact.taxes[:position], charged, strict=False)
    return net + sum(minor for tax, minor in earlier if rule.stands_on(tax.rule))


def settle_taxes(amount: Money, exact: ExactTaxes, charged: list[int]) -> LineTaxes:
    """Put a line together from its amount and its rounded taxes (minor units, in order of computation)."""
    currency = amount.currency
    included = sum(minor for minor, tax in zip(charged, exact.taxes, strict=True) if tax.rule.price_include)
    net = amount.amount - included
    taxes = tuple(
        LineTax(
            tax.rule.code,
            tax.rule.name,
            tax.rule.rate_ppm,
            Money(_shown_base(net, exact, charged, position), currency),
            Money(charged[position], currency),
            tax.rule.price_include,
        )
        for position, tax in enumerate(exact.taxes)
    )
    whole = sum(charged)
    return LineTaxes(Money(net, currency), Money(whole, currency), Money(net + whole, currency), taxes)
