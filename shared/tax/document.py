"""The taxes of a whole sale: rounded per line, or once per tax over the document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from shared.money import Money, Rounding, round_ratio
from shared.tax.engine import ExactTaxes, exact_taxes
from shared.tax.line import LineTax, LineTaxes, compute_line_taxes, settle_taxes
from shared.tax.rules import TaxRounding, TaxRule


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """What a line brings to the computation of taxes.

    Attributes:
        amount: unit price × quantity less discounts, with the taxes that prices include.
        quantity_thousandths: for taxes fixed per unit.
        rules: its taxes.
    """

    amount: Money
    quantity_thousandths: int
    rules: tuple[TaxRule, ...]


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One tax over a whole sale, fields as in ``LineTax``."""

    code: str
    name: str
    rate_ppm: int
    base: Money
    tax: Money


def compute_document_taxes(
    lines: Sequence[TaxableLine], where: TaxRounding, rounding: Rounding = Rounding.HALF_UP
) -> tuple[LineTaxes, ...]:
    """The taxes of all lines of one sale, in the order of the lines.

    With ``TaxRounding.DOCUMENT`` each tax is summed exactly, rounded once, and the lines whose rounding was furthest
    off give way until they sum to it. Prices that include their taxes still add up to what was on the shelf.

    Raises:
        UserError: ``tax_set_unsolvable``.
    """
    if where is TaxRounding.LINE:
        return tuple(compute_line_taxes(x.amount, x.quantity_thousandths, x.rules, rounding) for x in lines)
    exact = exact_lines(lines)
    charged = charge_per_tax(exact, None, rounding)
    return tuple(
        settle_taxes(line.amount, solved, minor) for line, solved, minor in zip(lines, exact, charged, strict=True)
    )


def round_to_sum(values: Sequence[Fraction], rounding: Rounding = Rounding.HALF_UP) -> list[int]:
    """Round each value so that the rounded values sum to the rounded sum.

    The values furthest off give way, each by one; ties go to the earlier one.
    """
    # Over their common denominator the values are whole numbers, which sum and sort many times faster.
    denominator = lcm(*(value.denominator for value in values))
    numerators = [value.numerator * (denominator // value.denominator) for value in values]
    rounded = [round_ratio(numerator, denominator, rounding) for numerator in numerators]
    missing = round_ratio(sum(numerators), denominator, rounding) - sum(rounded)
    if missing:
        step = 1 if missing > 0 else -1
        errors = [step * (whole * denominator - exact) for whole, exact in zip(rounded, numerators, strict=True)]
        for index in sorted(range(len(values)), key=errors.__getitem__)[: abs(missing)]:
            rounded[index] += step
    return rounded


def totals_by_tax(taxes: Iterable[LineTax]) -> tuple[TaxTotal, ...]:
    """Sum line taxes by code (and rate, should it have changed under the same code), in order of appearance."""
    sums: dict[tuple[str, int], list[int]] = {}
    first: dict[tuple[str, int], LineTax] = {}
    for tax in taxes:
        key = (tax.code, tax.rate_ppm)
        found = sums.get(key)
        if found is None:
            sums[key] = [tax.base.amount, tax.tax.amount]
            first[key] = tax
        else:
            found[0] += tax.base.amount
            found[1] += tax.tax.amount
    return tuple(
        TaxTotal(
            shown.code,
            shown.name,
            shown.rate_ppm,
            Money(sums[key][0], shown.base.currency),
            Money(sums[key][1], shown.tax.currency),
        )
        for key, shown in first.items()
    )


def exact_lines(lines: Sequence[TaxableLine]) -> list[ExactTaxes]:
    """Each line's taxes before rounding."""
    return [
        exact_taxes(line.amount.amount, line.quantity_thousandths, line.rules, line.amount.currency.minor_per_major)
        for line in lines
    ]


def charge_per_tax(
    exact: Sequence[ExactTaxes], factors: Sequence[Fraction] | None, rounding: Rounding
) -> list[list[int]]:
    """What each tax of each line charges in minor units when each tax is rounded once over the document.

    Args:
        exact: the lines' taxes before rounding.
        factors: what each line is multiplied by first, to convert its currency; None for nothing.
        rounding: how a part of a minor unit is rounded.
    """
    charged = [[0] * len(solved.taxes) for solved in exact]
    for places in _places_by_code(exact).values():
        values = [exact[line].taxes[tax].amount for line, tax in places]
        if factors is not None:
            values = [value * factors[line] for value, (line, _) in zip(values, places, strict=True)]
        for (line, tax), minor in zip(places, round_to_sum(values, rounding), strict=True):
            charged[line][tax] = minor
    return charged


def _places_by_code(exact: Sequence[ExactTaxes]) -> dict[str, list[tuple[int, int]]]:
    """Where each tax that is charged stands: code → positions of line and tax."""
    places: dict[str, list[tuple[int, int]]] = {}
    for line, solved in enumerate(exact):
        for position, tax in enumerate(solved.taxes):
            if not tax.rule.reverse_charge:
                places.setdefault(tax.rule.code, []).append((line, position))
    return places
