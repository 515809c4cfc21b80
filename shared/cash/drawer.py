"""What ought to be in the drawer, and what was found in it. Amounts are money of one currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import UserError
from shared.money import Currency, Money


class CashMovementKind(StrEnum):
    """Why cash went in or out besides sales."""

    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"
    DROP = "drop"
    """Taken to the safe."""

    @property
    def is_in(self) -> bool:
        """Whether it puts cash into the drawer."""
        return self is CashMovementKind.PAID_IN


@dataclass(frozen=True, slots=True)
class CashMovement:
    """Cash put in or taken out besides sales.

    Attributes:
        kind: why.
        amount: positive into the drawer, negative out of it.
        reason: in the clerk's words.
    """

    kind: CashMovementKind
    amount: Money
    reason: str

    @classmethod
    def of(cls, kind: CashMovementKind, amount: Money, reason: str) -> CashMovement:
        """A movement of so much cash; the direction follows from the kind.

        Raises:
            UserError: ``cash_amount_invalid`` unless the amount is above zero, ``reason_missing``.
        """
        if not amount.is_positive:
            raise UserError("cash_amount_invalid", "Type how much cash, more than nothing.", amount=str(amount))
        if not reason.strip():
            raise UserError("reason_missing", "Say why the cash goes in or out.")
        return cls(kind, amount if kind.is_in else -amount, reason.strip())


@dataclass(frozen=True, slots=True)
class DrawerFigures:
    """What went through a drawer in one shift.

    Attributes:
        opening_float: what it was opened with.
        cash_taken: cash settled by sales, change taken off; not negative.
        cash_paid_out: cash paid out for returns; not negative.
        movements: the sum of cash movements, out of the drawer negative.
    """

    opening_float: Money
    cash_taken: Money
    cash_paid_out: Money
    movements: Money

    @property
    def expected(self) -> Money:
        """What ought to be in the drawer: float + sales - refunds + movements; negative when books and cash part."""
        return self.opening_float + self.cash_taken - self.cash_paid_out + self.movements


def expected_cash(
    opening_float: Money, cash_amounts: Sequence[Money], movements: Sequence[CashMovement]
) -> DrawerFigures:
    """The figures of a drawer from the amounts of its cash tenders and its movements.

    Args:
        opening_float: what it was opened with.
        cash_amounts: of each cash tender, given less change; negative when paid out.
        movements: cash put in or taken out besides sales.
    """
    currency = opening_float.currency
    taken = sum(amount.amount for amount in cash_amounts if amount.is_positive)
    paid_out = -sum(amount.amount for amount in cash_amounts if amount.is_negative)
    moved = sum(movement.amount.amount for movement in movements)
    return DrawerFigures(opening_float, Money(taken, currency), Money(paid_out, currency), Money(moved, currency))


@dataclass(frozen=True, slots=True)
class CashCount:
    """What was counted.

    Attributes:
        total: the cash in the drawer.
        pieces: how many of each denomination (minor units); empty where only the total was typed.
    """

    total: Money
    pieces: Mapping[int, int]


def count_total(total: Money) -> CashCount:
    """A count of which only the total is known; any amount is taken, nothing and a difference included.

    Raises:
        UserError: ``count_invalid`` for less than nothing.
    """
    if total.is_negative:
        raise UserError("count_invalid", "A drawer cannot hold less than nothing. Count again.", total=str(total))
    return CashCount(total.checked(), {})


def count_pieces(pieces: Mapping[int, int], currency: Currency) -> CashCount:
    """A count by coins and notes.

    Args:
        pieces: how many of each denomination, by its value in minor units.
        currency: of the drawer.

    Raises:
        UserError: ``count_invalid`` for a denomination or a number below zero, ``amount_too_large``.
    """
    if any(value < 1 or number < 0 for value, number in pieces.items()):
        raise UserError("count_invalid", "Numbers of coins and notes cannot be below zero. Count again.")
    total = Money(sum(value * number for value, number in pieces.items()), currency)
    return CashCount(total.checked(), {value: number for value, number in sorted(pieces.items()) if number})
