"""A sale's tax totals in the currency of the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.errors import BugError
from shared.money import Currency, Money, Rounding, round_fraction
from shared.tax.document import (
    TaxableLine,
    TaxTotal,
    charge_per_tax,
    compute_document_taxes,
    exact_lines,
    round_to_sum,
    totals_by_tax,
)
from shared.tax.line import LineTax, LineTaxes, settle_taxes
from shared.tax.rules import TaxRounding


@dataclass(frozen=True, slots=True)
class DocumentTotals:
    """Net, tax and total of a whole sale, and each tax by code."""

    net: Money
    tax: Money
    total: Money
    taxes: tuple[TaxTotal, ...]


def document_totals(lines: Sequence[LineTaxes], currency: Currency) -> DocumentTotals:
    """Sum the lines of one sale."""
    taxes = totals_by_tax(tax for line in lines for tax in line.taxes)
    net = Money(sum(line.net.amount for line in lines), currency)
    tax = Money(sum(line.tax.amount for line in lines), currency)
    return DocumentTotals(net, tax, net + tax, taxes)


def convert_document(
    lines: Sequence[TaxableLine],
    where: TaxRounding,
    books: Currency,
    rate: Fraction,
    rounding: Rounding = Rounding.HALF_UP,
) -> tuple[LineTaxes, ...]:
    """The lines of a sale in the currency of the books.

    Rounded per line, each shown amount is converted; rounded per document, each tax's exact sum is.

    Args:
        lines: the sale, all in one currency.
        where: how the sale rounds its taxes.
        books: the currency of the books.
        rate: units of the sale's currency for one unit of the books' currency.
        rounding: how a part of a minor unit is rounded.

    Raises:
        BugError: ``exchange_rate_invalid`` for a rate that is not positive.
    """
    if rate <= 0:
        raise BugError("exchange_rate_invalid", "An exchange rate must be above zero.", rate=str(rate))
    if where is TaxRounding.LINE:
        shown = compute_document_taxes(lines, where, rounding)
        return tuple(_convert_shown(line, books, rate, rounding) for line in shown)
    return _convert_exact(lines, books, rate, rounding)


def _factor(source: Currency, books: Currency, rate: Fraction) -> Fraction:
    """Minor units of the books for one minor unit of the source."""
    return Fraction(books.minor_per_major, source.minor_per_major) / rate


def _convert_shown(line: LineTaxes, books: Currency, rate: Fraction, rounding: Rounding) -> LineTaxes:
    """Each shown amount of a line, converted and rounded by itself."""
    factor = _factor(line.net.currency, books, rate)

    def converted(money: Money) -> Money:
        return Money(round_fraction(money.amount * factor, rounding), books)

    taxes = tuple(
        LineTax(tax.code, tax.name, tax.rate_ppm, converted(tax.base), converted(tax.tax), tax.included)
        for tax in line.taxes
    )
    net = converted(line.net)
    whole = Money(sum(tax.tax.amount for tax in taxes), books)
    return LineTaxes(net, whole, net + whole, taxes)


def _convert_exact(
    lines: Sequence[TaxableLine], books: Currency, rate: Fraction, rounding: Rounding
) -> tuple[LineTaxes, ...]:
    """The exact taxes converted, rounded once per tax; the lines' amounts sum to the converted sum."""
    factors = [_factor(line.amount.currency, books, rate) for line in lines]
    amounts = round_to_sum([line.amount.amount * f for line, f in zip(lines, factors, strict=True)], rounding)
    solved = exact_lines(lines)
    charged = charge_per_tax(solved, factors, rounding)
    return tuple(
        settle_taxes(Money(amount, books), exact, minor)
        for amount, exact, minor in zip(amounts, solved, charged, strict=True)
    )
