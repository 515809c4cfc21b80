"""A sealed sale priced once more from its own inputs: quantity, unit price, discounts and taxes as it recorded them.

The same inputs must give the same amounts with the same version of the rules; anything else is a defect of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.money import Currency, Money, UnitPrice
from shared.pricing import Discount, DiscountKind, amount_for, discount_line_amount
from shared.quantity import Quantity, Unit
from shared.sales.sealed import SealedDiscount, SealedLine, SealedSale
from shared.tax import LineTaxes, TaxableLine, TaxRounding, TaxRule, compute_document_taxes

BASKET_SHARE = "basket"
"""The kind of a sealed discount that is the line's share of the basket's."""

RulesOf = Callable[[SealedLine], tuple[TaxRule, ...]]


@dataclass(frozen=True, slots=True)
class AmountDifference:
    """One amount that comes out otherwise, in minor units.

    Attributes:
        line: the line's number; 0 for a total of the sale.
        what: the amount: ``net``, ``tax_total``.
        recorded: what the sale says.
        computed: what its inputs give.
    """

    line: int
    what: str
    recorded: int
    computed: int


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What one line comes to."""

    gross: int
    discount: int
    net: int
    tax: int
    total: int


def reprice(sale: SealedSale, currency: Currency, rules_of: RulesOf) -> list[AmountDifference]:
    """Every amount of a sale that its own inputs do not give.

    Lines that give back a receipted line keep their fixed amounts and are only summed.

    Args:
        sale: as it was sealed.
        currency: of all its amounts.
        rules_of: the taxes behind a line, those it recorded.

    Raises:
        UserError: ``tax_set_unsolvable``, ``amount_too_large``, ``discount_too_large``: the inputs make no sense.
        ValueError: an input is nothing the trade knows.
    """
    open_lines = [line for line in sale.lines if line.removed_at is None and line.return_of_line_id is None]
    before_tax = [_before_tax(line, currency) for line in open_lines]
    taxable = [
        TaxableLine(gross - off, line.quantity, rules_of(line))
        for line, (gross, off) in zip(open_lines, before_tax, strict=True)
    ]
    taxed = compute_document_taxes(taxable, TaxRounding(sale.tax_rounding))
    computed = {
        line.id: _amounts(gross, off, taxes)
        for line, (gross, off), taxes in zip(open_lines, before_tax, taxed, strict=True)
    }
    found: list[AmountDifference] = []
    sums = _Amounts(0, 0, 0, 0, 0)
    for line in sale.lines:
        recorded = _Amounts(line.gross, line.discount, line.net, line.tax, line.total)
        amounts = computed.get(line.id, _Amounts(0, 0, 0, 0, 0) if line.removed_at is not None else recorded)
        found.extend(_differences(line.number, recorded, amounts))
        sums = _added(sums, amounts)
    found.extend(_differences_of_totals(sale, sums))
    return found


def _before_tax(line: SealedLine, currency: Currency) -> tuple[Money, Money]:
    """Gross and discount of a line."""
    quantity = Quantity(line.quantity, Unit(line.unit))
    gross = amount_for(UnitPrice(line.unit_price_micro, currency), quantity)
    own = [_discount(each, currency) for each in line.discounts if each.kind != BASKET_SHARE]
    off = discount_line_amount(gross, own) if own else Money.zero(currency)
    shares = sum(each.amount or 0 for each in line.discounts if each.kind == BASKET_SHARE)
    return gross, off + Money(shares, currency)


def _discount(sealed: SealedDiscount, currency: Currency) -> Discount:
    amount = None if sealed.amount is None else Money(sealed.amount, currency)
    return Discount(DiscountKind(sealed.kind), sealed.percent_ppm, amount, sealed.reason, sealed.by)


def _amounts(gross: Money, off: Money, taxes: LineTaxes) -> _Amounts:
    return _Amounts(gross.amount, off.amount, taxes.net.amount, taxes.tax.amount, taxes.total.amount)


def _added(one: _Amounts, other: _Amounts) -> _Amounts:
    return _Amounts(
        one.gross + other.gross,
        one.discount + other.discount,
        one.net + other.net,
        one.tax + other.tax,
        one.total + other.total,
    )


def _differences(line: int, recorded: _Amounts, computed: _Amounts) -> Iterator[AmountDifference]:
    for what in _Amounts.__slots__:
        was, now = getattr(recorded, what), getattr(computed, what)
        if was != now:
            yield AmountDifference(line, what, was, now)


def _differences_of_totals(sale: SealedSale, sums: _Amounts) -> Iterator[AmountDifference]:
    totals = (
        ("goods_total", sale.goods_total, sums.gross),
        ("discount_total", sale.discount_total, sums.discount),
        ("net_total", sale.net_total, sums.net),
        ("tax_total", sale.tax_total, sums.tax),
        ("total", sale.total, sums.total),
    )
    for what, recorded, computed in totals:
        if recorded != computed:
            yield AmountDifference(0, what, recorded, computed)
