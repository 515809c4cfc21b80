"""Taking goods back: against a receipt at exactly what was paid, or without one at today's price.

A return is a sale of its own kind, with its own number in the till's series. The basket on the counter is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop.replica.queries.sold import returned_quantities
from desktop.usecases.add_item import checked_price, known_goods, sellable_quantity
from desktop.usecases.complete_sale import seal_in
from desktop.usecases.find_receipt import sale_with_number
from desktop.usecases.issue_receipt import hand_out
from desktop.usecases.new_line import BY_HAND, OwnPrice, line_for
from desktop.usecases.station import Station, Step
from desktop.usecases.till_state import ReceiptView
from shared.errors import UserError
from shared.money import Money, UnitPrice
from shared.payments import payment_method
from shared.permissions import Permission
from shared.quantity import Quantity, Unit
from shared.sales import (
    Basket,
    BasketLine,
    Disposition,
    SealedSale,
    Settlement,
    Tender,
    blind_return_line,
    price_basket,
    return_lines,
    returnable_lines,
    settle,
)


def return_items(
    station: Station,
    receipt: str,
    lines: Sequence[tuple[int, str | None]] | None,
    method: str,
    disposition: str = Disposition.RESTOCK,
) -> ReceiptView:
    """Take goods back against a receipt and pay out.

    Args:
        station: the till.
        receipt: the receipt number, of any sale this replica holds.
        lines: (line number, decimal quantity or None for all that is left of it); None: everything that is left.
        method: code of the way the money goes back.
        disposition: where the goods go, a ``shared.sales.Disposition``.

    Raises:
        UserError: ``receipt_unknown``, ``line_unknown``, ``return_exceeds_sold``, ``return_quantity_invalid``,
            ``nothing_to_return``, ``payment_method_unknown``, ``method_not_refundable``, ``disposition_unknown``,
            ``not_allowed``, ``shift_not_open``, ``not_logged_in``.
    """
    if disposition not in set(Disposition):
        known = ", ".join(Disposition)
        raise UserError("disposition_unknown", f"“{disposition[:40]}” is no place for goods. Use one of: {known}.")
    with station.step() as step:
        station.require_selling()
        station.require(Permission.RETURN_WITH_RECEIPT)
        original = sale_with_number(step.work.connection, receipt)
        back = _lines_back(step, original, lines, Disposition(disposition))
        basket = replace(
            _return_basket(station, back, original.tax_rounding),
            customer_id=original.customer_id,
            customer_reference=original.customer_reference,
        )
        sealed = _seal_return(step, basket, method)
    station.finished = hand_out(station, sealed)
    return station.finished


def return_without_receipt(
    station: Station, goods: Sequence[tuple[str, str, UnitPrice | None]], method: str
) -> ReceiptView:
    """Take goods back that no receipt here covers.

    Args:
        station: the till.
        goods: (SKU, decimal quantity, price agreed per unit or None for today's).
        method: code of the way the money goes back.

    Raises:
        UserError: ``not_allowed``, ``product_unknown``, ``quantity_invalid``, ``price_missing``,
            ``payment_method_unknown``, ``method_not_refundable``, ``shift_not_open``, ``not_logged_in``.
    """
    with station.step() as step:
        station.require_selling()
        station.require(Permission.RETURN_WITHOUT_RECEIPT)
        back = [_blind_line(step, *wanted) for wanted in goods]
        sealed = _seal_return(step, _return_basket(station, back), method)
    station.finished = hand_out(station, sealed)
    return station.finished


def _lines_back(
    step: Step, original: SealedSale, lines: Sequence[tuple[int, str | None]] | None, disposition: Disposition
) -> tuple[BasketLine, ...]:
    """The negated lines, within what was sold less what came back already."""
    already = returned_quantities(step.work.connection, [line.id for line in original.lines])
    left = {each.line.number: each.left for each in returnable_lines(original, already)}
    if lines is None:
        wanted = [(number, quantity) for number, quantity in left.items() if quantity.thousandths > 0]
    else:
        wanted = [(number, _wanted_quantity(original, left, number, quantity)) for number, quantity in lines]
    if not wanted:
        raise UserError(
            "nothing_to_return",
            f"Everything on receipt {original.receipt_number} has come back already.",
            receipt=original.receipt_number,
        )
    return return_lines(original, already, wanted, ids=step.station.ids, disposition=disposition)


def _wanted_quantity(original: SealedSale, left: dict[int, Quantity], number: int, quantity: str | None) -> Quantity:
    line = original.line_number(number)
    if line is None or number not in left:
        raise UserError(
            "line_unknown",
            f"Receipt {original.receipt_number} has no sold line {number}. Choose one of its lines.",
            receipt=original.receipt_number,
            line=number,
        )
    if quantity is not None:
        return Quantity.parse(quantity, Unit(line.unit))
    if left[number].thousandths <= 0:
        raise UserError(
            "return_exceeds_sold",
            f"All of {line.name} is back already.",
            line=number,
            left="0",
        )
    return left[number]


def _blind_line(step: Step, sku: str, quantity: str, price: UnitPrice | None) -> BasketLine:
    goods = known_goods(step, sku, None)
    own = None if price is None else OwnPrice(checked_price(price), BY_HAND)
    return blind_return_line(line_for(step, goods, sellable_quantity(quantity, goods), own))


def _return_basket(station: Station, lines: Sequence[BasketLine], tax_rounding: str | None = None) -> Basket:
    numbered = tuple(replace(line, number=number) for number, line in enumerate(lines, start=1))
    basket = replace(station.fresh_basket(), lines=numbered)
    return basket if tax_rounding is None else replace(basket, tax_rounding=type(basket.tax_rounding)(tax_rounding))


def _seal_return(step: Step, basket: Basket, method: str) -> SealedSale:
    """Seal a basket of returned lines and pay its total out in one piece."""
    priced = price_basket(basket)
    return seal_in(step, priced, _paid_out(step, priced.totals.total, method))


def _paid_out(step: Step, total: Money, method: str) -> Settlement:
    """The refund, rounded to coins when it goes out in cash; nothing at all for goods that cost nothing."""
    cash_step = step.station.store.cash_step
    open_settlement = settle(total, (), cash_step)
    cash = payment_method(method).rounds_cash
    amount = abs(open_settlement.cash_remaining if cash else open_settlement.remaining)
    if amount.is_zero:
        return open_settlement
    return settle(total, [Tender(method, amount)], cash_step)
