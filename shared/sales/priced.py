"""From basket to priced lines to totals; pure, and cheap to repeat after each scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from shared.errors import BugError
from shared.money import Money
from shared.pricing import amount_for, discount_line_amount, share_basket_discounts
from shared.quantity import THOUSAND, Unit
from shared.sales.basket import Basket, BasketLine, LineKind
from shared.sales.editing import line_worth
from shared.tax import (
    LineTax,
    LineTaxes,
    TaxableLine,
    TaxRounding,
    TaxTotal,
    compute_document_taxes,
    compute_line_taxes,
    totals_by_tax,
)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its amounts; ``gross - discount == net + included taxes`` and ``total == net + tax``.

    Attributes:
        line: what was priced.
        gross: quantity × unit price, rounded once.
        discount: the line's own discounts and its share of the basket's; positive at a sale.
        net: without tax.
        tax: what is charged.
        total: with tax.
        taxes: each tax.
        explanations: why this amount, sentence by sentence.
        basket_discount: the part of ``discount`` that is its share of the basket's.
    """

    line: BasketLine
    gross: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    taxes: tuple[LineTax, ...]
    explanations: tuple[str, ...]
    basket_discount: Money


@dataclass(frozen=True, slots=True)
class BasketTotals:
    """The sums over the lines that count.

    Attributes:
        goods: before discounts, in the terms of the prices.
        discount: all discounts.
        net: without tax.
        tax: all taxes.
        total: with tax: what is to be paid, before cash rounding.
        taxes: each tax, by code and rate.
        pieces: how many things pass over the counter, whichever way; a weighed or measured line is one.
    """

    goods: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    taxes: tuple[TaxTotal, ...]
    pieces: int


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket with its amounts; ``lines`` correspond to ``basket.lines``, struck-through ones have amounts of zero."""

    basket: Basket
    lines: tuple[PricedLine, ...]
    totals: BasketTotals

    def line(self, line_id: UUID) -> PricedLine:
        """The priced line with this id.

        Raises:
            BugError: ``line_not_priced``.
        """
        for priced in self.lines:
            if priced.line.id == line_id:
                return priced
        raise BugError("line_not_priced", "A line that is not in the basket was asked for.", line=str(line_id))


def price_basket(basket: Basket, known: PricedBasket | None = None) -> PricedBasket:
    """Price every line and sum up.

    Args:
        basket: what to price.
        known: an earlier pricing of the same basket: lines that did not change are taken from it.

    Raises:
        UserError: ``amount_too_large``, ``discount_too_large``, ``tax_set_unsolvable``.
    """
    standing = {priced.line.id: priced for priced in known.lines} if known is not None else {}
    shares = _basket_shares(basket)
    lines = []
    for line, share in zip(basket.lines, shares, strict=True):
        priced = standing.get(line.id)
        # Identity first: the functions of ``editing`` keep the lines they do not touch.
        if priced is None or not (priced.line is line or priced.line == line) or priced.basket_discount != share:
            priced = price_line(line, share)
        lines.append(priced)
    if basket.tax_rounding is TaxRounding.DOCUMENT:
        lines = _round_over_document(lines)
    priced_lines = tuple(lines)
    return PricedBasket(basket, priced_lines, _total(basket, priced_lines))


def price_line(line: BasketLine, basket_discount: Money | None = None) -> PricedLine:
    """Price one line, its taxes rounded by themselves.

    Args:
        line: what to price; a line returned by its receipt keeps its fixed amounts.
        basket_discount: the line's share of the basket's discounts.

    Raises:
        UserError: ``amount_too_large``, ``discount_too_large``, ``tax_set_unsolvable``.
    """
    nothing = Money.zero(line.unit_price.currency)
    if line.removed_at is not None:
        return PricedLine(line, nothing, nothing, nothing, nothing, nothing, (), ("Struck through",), nothing)
    if line.returned is not None:
        back = line.returned
        why = ("Given back at the amounts of the receipt",)
        return PricedLine(line, back.gross, back.discount, back.net, back.tax, back.total, back.taxes, why, nothing)
    share = basket_discount if basket_discount is not None else nothing
    gross = amount_for(line.unit_price, line.quantity)
    own = discount_line_amount(gross, line.discounts) if line.discounts else nothing
    taxed = compute_line_taxes(gross - own - share, line.quantity.thousandths, line.taxes)
    return PricedLine(
        line, gross, own + share, taxed.net, taxed.tax, taxed.total, taxed.taxes, _explain(line, own, share), share
    )


def _basket_shares(basket: Basket) -> Sequence[Money]:
    """Each line's share of the basket's discounts, in the order of the lines."""
    nothing = Money.zero(basket.currency)
    if not basket.discounts:
        return [nothing] * len(basket.lines)
    worths = [nothing if line.removed_at is not None else line_worth(line) for line in basket.lines]
    return share_basket_discounts(worths, basket.discounts)


def _round_over_document(lines: list[PricedLine]) -> list[PricedLine]:
    """The lines with their taxes rounded once over the sale; struck-through and returned lines keep theirs."""
    open_positions = [
        position
        for position, priced in enumerate(lines)
        if priced.line.removed_at is None and priced.line.returned is None
    ]
    taxable = [
        TaxableLine(
            lines[position].gross - lines[position].discount,
            lines[position].line.quantity.thousandths,
            lines[position].line.taxes,
        )
        for position in open_positions
    ]
    for position, taxed in zip(open_positions, compute_document_taxes(taxable, TaxRounding.DOCUMENT), strict=True):
        if taxed.taxes != lines[position].taxes:
            lines[position] = _with_taxes(lines[position], taxed)
    return lines


def _with_taxes(priced: PricedLine, taxed: LineTaxes) -> PricedLine:
    """The priced line with other taxes."""
    return replace(priced, net=taxed.net, tax=taxed.tax, total=taxed.total, taxes=taxed.taxes)


def _total(basket: Basket, lines: tuple[PricedLine, ...]) -> BasketTotals:
    """Sum up; struck-through lines have amounts of zero."""
    currency = basket.currency
    return BasketTotals(
        goods=Money(sum(priced.gross.amount for priced in lines), currency),
        discount=Money(sum(priced.discount.amount for priced in lines), currency),
        net=Money(sum(priced.net.amount for priced in lines), currency),
        tax=Money(sum(priced.tax.amount for priced in lines), currency),
        total=Money(sum(priced.total.amount for priced in lines), currency),
        taxes=totals_by_tax(tax for priced in lines for tax in priced.taxes),
        pieces=sum(_pieces(priced.line) for priced in lines),
    )


def _pieces(line: BasketLine) -> int:
    """How many things a line is; a started piece is one, and so is anything weighed or measured."""
    if line.removed_at is not None or line.kind is LineKind.SERVICE:
        return 0
    return -(-abs(line.quantity.thousandths) // THOUSAND) if line.quantity.unit is Unit.PIECE else 1


def _explain(line: BasketLine, own: Money, share: Money) -> tuple[str, ...]:
    """Why the line costs what it costs."""
    said = [f"{line.quantity} × {line.unit_price}" + (f": {line.price_reason}" if line.price_reason else "")]
    if line.list_price is not None:
        said.append(f"Price changed from {line.list_price}")
    if own:
        given = ", ".join(f"{d} ({d.reason})" if d.reason else str(d) for d in line.discounts)
        said.append(f"Discount {own}: {given}")
    if share:
        said.append(f"Share of the basket's discount {share}")
    said.extend(f"{tax.name} {'included' if tax.price_include else 'added'}" for tax in line.taxes)
    return tuple(said)
