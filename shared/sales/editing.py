"""What a clerk does to a basket. Each function gives a new basket or raises and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from shared.errors import UserError
from shared.limits import BASKET_MAX_LINES, NAME_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.money import Money, UnitPrice
from shared.pricing import Discount, amount_for, basket_discount_total, discount_line_amount
from shared.pricing.discount import too_large
from shared.quantity import Quantity
from shared.sales.basket import Basket, BasketLine

DISCOUNTS_MAX = 20


def add_line(basket: Basket, line: BasketLine, *, merge: bool = True) -> Basket:
    """Add a line at the end, or raise the quantity of one for the same item at the same price.

    Args:
        basket: the basket.
        line: what was scanned; its number is given here.
        merge: a repeat of an item raises the quantity of the line that has it already, provided that the price, the
            taxes and the direction are the same and neither line has discounts or a note.

    Raises:
        UserError: ``basket_full``, ``quantity_invalid`` for nothing at all, ``quantity_too_large``,
            ``amount_too_large``.
    """
    _check_amount(line)
    if merge:
        for position in range(len(basket.lines) - 1, -1, -1):
            standing = basket.lines[position]
            if _is_repeat(standing, line):
                raised = replace(standing, quantity=(standing.quantity + line.quantity).checked())
                _check_amount(raised)
                return _with_line(basket, position, raised)
    if len(basket.lines) >= BASKET_MAX_LINES:
        raise UserError(
            "basket_full",
            f"A basket holds at most {BASKET_MAX_LINES} lines. Complete this sale and start another.",
            at_most=BASKET_MAX_LINES,
        )
    return replace(basket, lines=(*basket.lines, replace(line, number=len(basket.lines) + 1)))


def change_quantity(basket: Basket, line_id: UUID, quantity: Quantity) -> Basket:
    """Set a line's quantity.

    Raises:
        UserError: ``line_unknown``, ``quantity_invalid`` for zero or another unit, ``quantity_too_large``,
            ``amount_too_large``, ``discount_too_large`` when the line's discounts would be more than it is worth,
            ``return_line_fixed``.
    """
    line = _open_line(basket, line_id)
    if quantity.unit is not line.quantity.unit:
        raise UserError(
            "quantity_invalid", f"This line is counted in {line.quantity.unit.value}.", quantity=str(quantity)
        )
    return _replaced(basket, replace(line, quantity=quantity.checked()))


def change_price(basket: Basket, line_id: UUID, unit_price: UnitPrice, reason: str = "") -> Basket:
    """Set a line's price by hand; the first price it had stays as its list price.

    Raises:
        UserError: ``line_unknown``, ``price_invalid`` for a negative price, ``amount_too_large``,
            ``discount_too_large``, ``return_line_fixed``.
    """
    line = _open_line(basket, line_id)
    if unit_price.micro < 0:
        raise UserError("price_invalid", "A price cannot be below zero.", price=str(unit_price))
    listed = line.list_price if line.list_price is not None else line.unit_price
    changed = replace(line, unit_price=unit_price, list_price=listed, price_reason=reason or "Changed by hand")
    return _replaced(basket, changed)


def discount_line(basket: Basket, line_id: UUID, discount: Discount) -> Basket:
    """Give a discount on one line, on top of those it has.

    Raises:
        UserError: ``line_unknown``, ``discount_invalid``, ``discount_too_large``, ``too_many_discounts``,
            ``return_line_fixed``.
    """
    line = _open_line(basket, line_id)
    _check_count(line.discounts)
    return _replaced(basket, replace(line, discounts=(*line.discounts, discount.checked())))


def clear_line_discounts(basket: Basket, line_id: UUID) -> Basket:
    """Take back all discounts of one line.

    Raises:
        UserError: ``line_unknown``, ``return_line_fixed``.
    """
    return _replaced(basket, replace(_open_line(basket, line_id), discounts=()))


def discount_basket(basket: Basket, discount: Discount) -> Basket:
    """Give a discount on the whole basket; it is shared out over the lines worth more than nothing.

    Raises:
        UserError: ``basket_empty``, ``discount_invalid``, ``discount_too_large``, ``too_many_discounts``.
    """
    if basket.is_empty:
        raise UserError("basket_empty", "The basket is empty. Scan something first.")
    _check_count(basket.discounts)
    discount.checked()
    worth = Money(sum(max(line_worth(line).amount, 0) for line in basket.active_lines), basket.currency)
    left = worth - basket_discount_total(worth, basket.discounts)
    if discount.of(left) > left:
        raise too_large(discount.of(left), left)
    return replace(basket, discounts=(*basket.discounts, discount))


def clear_basket_discounts(basket: Basket) -> Basket:
    """Take back all discounts on the whole basket."""
    return replace(basket, discounts=())


def remove_line(basket: Basket, line_id: UUID, removed_at: int) -> Basket:
    """Strike a line through; it stays to be seen and counts for nothing.

    Args:
        basket: the basket.
        line_id: the line.
        removed_at: the instant, UTC microseconds.

    Raises:
        UserError: ``line_unknown``.
    """
    line = basket.line(line_id)
    return _with_line(basket, _position(basket, line_id), replace(line, removed_at=removed_at))


def set_customer(
    basket: Basket, customer_id: UUID | None, customer_name: str = "", customer_reference: str = ""
) -> Basket:
    """Name the customer, or with None and no reference forget them; an unknown card sells by its number alone.

    Raises:
        UserError: ``text_too_long``.
    """
    if len(customer_name) > NAME_MAX_CHARACTERS or len(customer_reference) > NAME_MAX_CHARACTERS:
        raise UserError("text_too_long", f"Use at most {NAME_MAX_CHARACTERS} characters.")
    return replace(basket, customer_id=customer_id, customer_name=customer_name, customer_reference=customer_reference)


def set_note(basket: Basket, note: str) -> Basket:
    """Write a note on the sale.

    Raises:
        UserError: ``text_too_long``.
    """
    if len(note) > TEXT_MAX_CHARACTERS:
        raise UserError("text_too_long", f"Use at most {TEXT_MAX_CHARACTERS} characters.")
    return replace(basket, note=note)


def line_worth(line: BasketLine) -> Money:
    """What a line is worth after its own discounts, in the terms of its price.

    Raises:
        UserError: ``amount_too_large``, ``discount_too_large``.
    """
    if line.returned is not None:
        return line.returned.gross - line.returned.discount
    gross = amount_for(line.unit_price, line.quantity)
    return gross - discount_line_amount(gross, line.discounts) if line.discounts else gross


def _is_repeat(standing: BasketLine, line: BasketLine) -> bool:
    """Whether a scan is one more of what a line has already."""
    return (
        standing.variant_id == line.variant_id
        and standing.removed_at is None
        and standing.variant_id is not None
        and standing.unit_price == line.unit_price
        and standing.quantity.unit is line.quantity.unit
        and standing.is_return == line.is_return
        and standing.returned is None
        and line.returned is None
        and standing.list_price == line.list_price
        and standing.taxes == line.taxes
        and not (standing.discounts or line.discounts or standing.note or line.note)
        and standing.return_of_line_id == line.return_of_line_id
        and standing.disposition == line.disposition
    )


def _open_line(basket: Basket, line_id: UUID) -> BasketLine:
    """A line that may be changed: not the negation of a stored one."""
    line = basket.line(line_id)
    if line.returned is not None:
        raise UserError(
            "return_line_fixed",
            "A line returned by its receipt keeps the amounts of the sale. Remove it and return it again.",
            line=line.number,
        )
    return line


def _replaced(basket: Basket, line: BasketLine) -> Basket:
    """The basket with a changed line, once its amounts were checked."""
    _check_amount(line)
    return _with_line(basket, _position(basket, line.id), line)


def _with_line(basket: Basket, position: int, line: BasketLine) -> Basket:
    """The basket with another line at a position."""
    return replace(basket, lines=(*basket.lines[:position], line, *basket.lines[position + 1 :]))


def _position(basket: Basket, line_id: UUID) -> int:
    """Where a line that is known to be there stands."""
    return next(position for position, line in enumerate(basket.lines) if line.id == line_id)


def _check_amount(line: BasketLine) -> None:
    """Raise unless the line's quantity is something and its amounts are within the limits."""
    if line.quantity.thousandths == 0:
        raise UserError("quantity_invalid", "A quantity of nothing cannot be sold. Remove the line instead.")
    line.quantity.checked()
    line_worth(line)


def _check_count(discounts: tuple[Discount, ...]) -> None:
    """Raise when there is no room for one more discount."""
    if len(discounts) >= DISCOUNTS_MAX:
        raise UserError("too_many_discounts", f"At most {DISCOUNTS_MAX} discounts can be given here.")
