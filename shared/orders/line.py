"""The lines of an order and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.errors import UserError
from shared.limits import AGGREGATE_MAX_CHILDREN
from shared.money import Currency, Money, UnitPrice
from shared.pricing import amount_for
from shared.quantity import Quantity
from shared.tax import LineTaxes, TaxableLine, TaxRounding, TaxRule, compute_document_taxes


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order.

    Attributes:
        number: from 1.
        variant_id: what is ordered.
        sku: the shop's code for it.
        name: what the customer sees.
        quantity: above zero.
        unit_price: in the terms of the shop window (with the taxes it includes).
        taxes: the taxes that hold.
    """

    number: int
    variant_id: UUID
    sku: str
    name: str
    quantity: Quantity
    unit_price: UnitPrice
    taxes: tuple[TaxRule, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """What an order comes to: the sums, and each line's amounts in order. ``total == net + tax``."""

    net: Money
    tax: Money
    total: Money
    lines: tuple[LineTaxes, ...]


def price_order(
    lines: Sequence[OrderLine], currency: Currency, tax_rounding: TaxRounding = TaxRounding.LINE
) -> OrderTotals:
    """Price an order by the same rules as a till does.

    Raises:
        UserError: ``order_empty``, ``order_too_long``, ``quantity_invalid``, ``quantity_too_large``,
            ``amount_too_large``, ``tax_set_unsolvable``.
    """
    if not lines:
        raise UserError("order_empty", "An order needs at least one line.")
    if len(lines) > AGGREGATE_MAX_CHILDREN:
        raise UserError("order_too_long", f"An order has at most {AGGREGATE_MAX_CHILDREN} lines.", lines=len(lines))
    for line in lines:
        if line.quantity.checked().thousandths <= 0:
            raise UserError("quantity_invalid", "Order more than nothing.", sku=line.sku, quantity=str(line.quantity))
    taxable = [
        TaxableLine(amount_for(line.unit_price, line.quantity), line.quantity.thousandths, line.taxes) for line in lines
    ]
    taxed = compute_document_taxes(taxable, tax_rounding)
    net = Money(sum(line.net.amount for line in taxed), currency)
    tax = Money(sum(line.tax.amount for line in taxed), currency)
    return OrderTotals(net, tax, net + tax, taxed)
