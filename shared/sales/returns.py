"""Returns: the exact negation of what was stored, in any number of steps, never more than was sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from shared.errors import UserError
from shared.ids import IdMaker
from shared.money import Currency, Money, UnitPrice, currency, round_ratio
from shared.quantity import Quantity, Unit
from shared.sales.basket import BasketLine, Disposition, LineKind, ReturnedAmounts
from shared.sales.sealed import SealedLine, SealedSale
from shared.tax import LineTax


@dataclass(frozen=True, slots=True)
class ReturnableLine:
    """A sold line and what of it can still come back."""

    line: SealedLine
    left: Quantity


def returnable_lines(original: SealedSale, already_returned: Mapping[UUID, int]) -> tuple[ReturnableLine, ...]:
    """The sold lines of a sale, each with what is left to return; lines given back or struck through have none.

    Args:
        original: the stored sale.
        already_returned: line id → thousandths returned so far, positive.
    """
    return tuple(
        ReturnableLine(line, Quantity(line.quantity - already_returned.get(line.id, 0), Unit(line.unit)))
        for line in original.lines
        if line.removed_at is None and line.quantity > 0
    )


def return_lines(
    original: SealedSale,
    already_returned: Mapping[UUID, int],
    wanted: Sequence[tuple[int, Quantity]],
    *,
    ids: IdMaker,
    disposition: Disposition = Disposition.RESTOCK,
) -> tuple[BasketLine, ...]:
    """Basket lines that give back parts of a sale at the amounts that were stored.

    Every amount of a part is the difference of two cumulative roundings, so the parts of a line sum to exactly its
    negation once all of it has come back, however it was split.

    Args:
        original: the stored sale.
        already_returned: line id → thousandths returned so far, positive, by earlier sales.
        wanted: line numbers of the receipt and positive quantities; a line may be named more than once.
        ids: makes the ids of the new lines.
        disposition: where the goods go.

    Raises:
        UserError: ``return_line_unknown``, ``return_quantity_invalid`` for nothing, a negative quantity or another
            unit, ``return_exceeds_sold`` with what is left.
    """
    returned = dict(already_returned)
    lines = []
    for number, quantity in wanted:
        sold = original.line_number(number)
        if sold is None or sold.quantity <= 0:
            raise UserError(
                "return_line_unknown",
                f"Receipt {original.receipt_number} has no sold line {number}. Choose one of its lines.",
                receipt=original.receipt_number,
                line=number,
            )
        before = returned.get(sold.id, 0)
        _check_quantity(sold, quantity, before)
        after = before + quantity.thousandths
        returned[sold.id] = after
        lines.append(_return_line(original, sold, before, after, new_id=ids.new(), disposition=disposition))
    return tuple(lines)


def blind_return_line(line: BasketLine) -> BasketLine:
    """The line of a return without a receipt: what would be sold now, the other way.

    Args:
        line: the goods at the price to be given back, with a positive quantity.

    Raises:
        UserError: ``return_quantity_invalid``.
    """
    if line.quantity.thousandths <= 0:
        raise _invalid_quantity(line.quantity)
    return replace(line, quantity=-line.quantity)


def returned_amounts(sold: SealedLine, before: int, after: int, money: Currency) -> ReturnedAmounts:
    """The negated amounts of the part of a stored line between two cumulative quantities (thousandths)."""

    def part(stored: int) -> int:
        return round_ratio(stored * before, sold.quantity) - round_ratio(stored * after, sold.quantity)

    taxes = tuple(
        LineTax(
            tax.code,
            tax.name,
            tax.rate_ppm,
            Money(part(tax.base), money),
            Money(part(tax.tax), money),
            tax.included,
        )
        for tax in sold.taxes
    )
    gross, discount = part(sold.gross), part(sold.discount)
    # Net and total follow from the others, so that the line adds up to the minor unit at every step.
    net = gross - discount - sum(tax.tax.amount for tax in taxes if tax.included)
    whole = sum(tax.tax.amount for tax in taxes)
    return ReturnedAmounts(
        Money(gross, money),
        Money(discount, money),
        Money(net, money),
        Money(whole, money),
        Money(net + whole, money),
        taxes,
    )


def _return_line(
    original: SealedSale, sold: SealedLine, before: int, after: int, *, new_id: UUID, disposition: Disposition
) -> BasketLine:
    """The basket line that gives back the part of a stored line between two cumulative quantities."""
    money = currency(original.currency)
    return BasketLine(
        id=new_id,
        number=0,
        variant_id=sold.variant_id,
        sku=sold.sku,
        name=sold.name,
        kind=LineKind(sold.kind),
        quantity=Quantity(before - after, Unit(sold.unit)),
        unit_price=UnitPrice(sold.unit_price_micro, money),
        list_price=None if sold.list_price_micro is None else UnitPrice(sold.list_price_micro, money),
        price_id=sold.price_id,
        price_reason=f"Receipt {original.receipt_number}, line {sold.number}",
        tax_category_id=sold.tax_category_id,
        return_of_sale_id=original.id,
        return_of_line_id=sold.id,
        disposition=disposition,
        returned=returned_amounts(sold, before, after, money),
    )


def _check_quantity(sold: SealedLine, quantity: Quantity, before: int) -> None:
    """Raise unless that much of the line can come back."""
    if quantity.thousandths <= 0 or quantity.unit.value != sold.unit:
        raise _invalid_quantity(quantity)
    left = Quantity(sold.quantity - before, Unit(sold.unit))
    if quantity.thousandths > left.thousandths:
        told = (
            f"only {left} of {sold.name} can still be returned"
            if left.thousandths > 0
            else f"all of {sold.name} is back already"
        )
        raise UserError(
            "return_exceeds_sold",
            f"That is more than was sold: {told}.",
            line=sold.number,
            left=str(left),
            wanted=str(quantity),
        )


def _invalid_quantity(quantity: Quantity) -> UserError:
    """The error for a quantity that cannot come back."""
    return UserError(
        "return_quantity_invalid",
        "A return needs a quantity above zero, in the unit it was sold in.",
        quantity=str(quantity),
    )
