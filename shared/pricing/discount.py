"""Discounts given by hand: on a line, or on the basket and then shared out over its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.errors import BugError, UserError
from shared.money import Money, Rounding, allocate_integer

_PPM = 1_000_000
_PPM_PER_PERCENT = 10_000


class DiscountKind(StrEnum):
    """How a discount is said."""

    PERCENT = "percent"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount as it was given.

    Attributes:
        kind: by percent or by amount.
        percent_ppm: for percent, millionths of what is left after earlier discounts: 100_000 is 10 %.
        amount: for amount, what is taken off, positive, in the terms of the price (with the taxes it includes).
        reason: why, in the clerk's words.
        by: who gave or approved it.
    """

    kind: DiscountKind
    percent_ppm: int = 0
    amount: Money | None = None
    reason: str = ""
    by: UUID | None = None

    @classmethod
    def percent(cls, ppm: int, reason: str = "", by: UUID | None = None) -> Discount:
        """So many millionths off.

        Raises:
            UserError: ``discount_invalid`` outside of 0 to 100 %, both ends excluded and included respectively.
        """
        return cls(DiscountKind.PERCENT, percent_ppm=ppm, reason=reason, by=by).checked()

    @classmethod
    def off(cls, amount: Money, reason: str = "", by: UUID | None = None) -> Discount:
        """So much money off.

        Raises:
            UserError: ``discount_invalid`` unless it is above zero.
        """
        return cls(DiscountKind.AMOUNT, amount=amount, reason=reason, by=by).checked()

    def checked(self) -> Discount:
        """Itself, if it makes sense.

        Raises:
            UserError: ``discount_invalid``.
        """
        if self.kind is DiscountKind.PERCENT:
            if not 0 < self.percent_ppm <= _PPM or self.amount is not None:
                raise UserError("discount_invalid", "A discount must be above 0 % and at most 100 %.")
        elif self.amount is None or not self.amount.is_positive or self.percent_ppm:
            raise UserError("discount_invalid", "A discount must take off more than nothing.")
        return self

    def of(self, amount: Money) -> Money:
        """What it takes off an amount that is not negative; an amount off may be more than there is.

        Raises:
            BugError: ``discount_on_negative`` for a negative amount: mirror the sign outside.
        """
        if amount.is_negative:
            raise BugError(
                "discount_on_negative", "A discount was to be taken off a negative amount.", amount=str(amount)
            )
        if self.kind is DiscountKind.PERCENT:
            return amount.times_ratio(self.percent_ppm, _PPM, Rounding.HALF_UP)
        if self.amount is None:
            raise BugError("discount_without_amount", "A discount by amount has no amount.")
        return self.amount

    def __str__(self) -> str:
        """How a clerk says it: ``10 %`` or ``1.00``."""
        if self.kind is DiscountKind.AMOUNT:
            return str(self.amount)
        whole, rest = divmod(self.percent_ppm, _PPM_PER_PERCENT)
        return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


def discount_line_amount(gross: Money, discounts: Sequence[Discount]) -> Money:
    """What the discounts of one line take off together, each off what the earlier ones left.

    A returned line (negative gross) gets the exact negation of what the sold line would get.

    Raises:
        UserError: ``discount_too_large`` when they take off more than the line is worth.
    """
    if gross.is_negative:
        return -discount_line_amount(-gross, discounts)
    left = gross
    for discount in discounts:
        off = discount.of(left)
        if off > left:
            raise too_large(off, left)
        left = left - off
    return gross - left


def share_basket_discounts(amounts: Sequence[Money], discounts: Sequence[Discount]) -> list[Money]:
    """What each line bears of the basket's discounts; the shares sum to the discount to the minor unit.

    Only lines worth more than nothing bear any: what comes back keeps the amounts it was sold at. When lines were taken
    out since a discount was given, it takes off no more than there is.

    Args:
        amounts: what each line is worth after its own discounts.
        discounts: the basket's discounts in the order they were given.
    """
    if not discounts or not amounts:
        return [Money.zero(amount.currency) for amount in amounts]
    currency = amounts[0].currency
    weights = [max(amount.amount, 0) for amount in amounts]
    off = basket_discount_total(Money(sum(weights), currency), discounts)
    if off.is_zero:
        return [Money.zero(currency)] * len(amounts)
    return [Money(share, currency) for share in allocate_integer(off.amount, weights)]


def basket_discount_total(worth: Money, discounts: Sequence[Discount]) -> Money:
    """What the basket's discounts take off goods worth so much, never more than that."""
    left = worth
    for discount in discounts:
        left = left - min(discount.of(left), left)
    return worth - left


def too_large(off: Money, left: Money) -> UserError:
    """The error for a discount of more than there is."""
    return UserError(
        "discount_too_large",
        f"A discount of {off} is more than the {left} there is. Give a smaller one.",
        discount=str(off),
        at_most=str(left),
    )
