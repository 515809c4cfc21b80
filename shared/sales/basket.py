"""The open basket: what the clerk has scanned so far. Values only; ``editing`` changes it, ``pricing`` prices it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.errors import UserError
from shared.money import Currency, Money, UnitPrice
from shared.pricing import Discount
from shared.quantity import Quantity
from shared.tax import LineTax, TaxRounding, TaxRule


class LineKind(StrEnum):
    """What is sold: goods move stock, services do not."""

    GOODS = "goods"
    SERVICE = "service"


class Disposition(StrEnum):
    """Where returned goods go."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    NONE = "none"
    """They stay with the customer, or are thrown away: stock does not move."""


@dataclass(frozen=True, slots=True)
class ReturnedAmounts:
    """The amounts of a receipted return: a part of the stored line, negated. They are never computed anew.

    Fields as in ``PricedLine``; all of them zero or negative where the sold line's were positive.
    """

    gross: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    taxes: tuple[LineTax, ...]


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of a basket.

    Attributes:
        id: the line, from the first scan to the sealed sale.
        number: its place, from 1; kept when other lines are struck through.
        variant_id: the product variant; None for what is not in the catalogue.
        sku: the shop's code for it.
        name: what the receipt shows.
        kind: goods or service.
        quantity: negative for what comes back.
        unit_price: the price asked, in the terms of the shelf (with the taxes it includes).
        list_price: the price before it was changed by hand; None when it was not.
        price_id: the price row used.
        price_reason: why that price, for people.
        tax_category_id: where the taxes come from.
        taxes: the taxes that hold.
        discounts: given on this line, in order.
        removed_at: when it was struck through (UTC microseconds); such a line stays and counts for nothing.
        note: free text.
        return_of_sale_id: the sale this line gives back from; None for a sale or a return without a receipt.
        return_of_line_id: the line this line gives back from.
        disposition: where returned goods go.
        returned: the fixed amounts of a receipted return.
    """

    id: UUID
    number: int
    variant_id: UUID | None
    sku: str
    name: str
    kind: LineKind
    quantity: Quantity
    unit_price: UnitPrice
    list_price: UnitPrice | None = None
    price_id: UUID | None = None
    price_reason: str = ""
    tax_category_id: UUID | None = None
    taxes: tuple[TaxRule, ...] = ()
    discounts: tuple[Discount, ...] = ()
    removed_at: int | None = None
    note: str = ""
    return_of_sale_id: UUID | None = None
    return_of_line_id: UUID | None = None
    disposition: Disposition = Disposition.RESTOCK
    returned: ReturnedAmounts | None = None

    @property
    def is_removed(self) -> bool:
        """Whether it was struck through."""
        return self.removed_at is not None

    @property
    def is_return(self) -> bool:
        """Whether goods come back on it."""
        return self.quantity.thousandths < 0


@dataclass(frozen=True, slots=True)
class Basket:
    """An open basket.

    Attributes:
        id: becomes the sale's id.
        currency: of every amount in it.
        prices_include_tax: for the screen only; what is included is said by each tax.
        tax_rounding: per line or per document.
        lines: in order of entry, struck-through ones included.
        discounts: on the whole basket, in order.
        customer_id: the customer, when known.
        customer_name: what the screen shows.
        customer_reference: number of a loyalty card that this till does not know.
        note: free text on the sale.
    """

    id: UUID
    currency: Currency
    prices_include_tax: bool = True
    tax_rounding: TaxRounding = TaxRounding.LINE
    lines: tuple[BasketLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    customer_id: UUID | None = None
    customer_name: str = ""
    customer_reference: str = ""
    note: str = ""

    @property
    def active_lines(self) -> tuple[BasketLine, ...]:
        """The lines that count."""
        return tuple(line for line in self.lines if line.removed_at is None)

    @property
    def is_empty(self) -> bool:
        """Whether no line counts."""
        return all(line.removed_at is not None for line in self.lines)

    def line(self, line_id: UUID) -> BasketLine:
        """The line with this id that still counts.

        Raises:
            UserError: ``line_unknown``.
        """
        for line in self.lines:
            if line.id == line_id and line.removed_at is None:
                return line
        raise UserError("line_unknown", "That line is not in the basket. Choose another.", line=str(line_id))

    def line_number(self, number: int) -> BasketLine:
        """The line with this number that still counts.

        Raises:
            UserError: ``line_unknown``.
        """
        for line in self.lines:
            if line.number == number and line.removed_at is None:
                return line
        raise UserError("line_unknown", f"There is no line {number} in the basket. Choose another.", line=number)
