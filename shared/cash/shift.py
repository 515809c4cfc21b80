"""A shift at a till: open, counted as often as need be, closed. It can always close; a difference is data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.cash.drawer import CashCount
from shared.errors import UserError
from shared.money import Money


class ShiftState(StrEnum):
    """Where a shift stands."""

    OPEN = "open"
    COUNTED = "counted"
    """The drawer was counted; selling goes on, and makes the count stale."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Shift:
    """One till's working day.

    Attributes:
        id: the shift.
        number: consecutive at its till, from 1.
        business_date: to which its sales belong, whatever the clock says.
        opened_at: UTC microseconds.
        opened_by: who.
        opening_float: cash in the drawer at the start.
        count: the last count.
        closed_at: UTC microseconds; None while it is not closed.
        closed_by: who.
        expected: what ought to have been in the drawer at the close.
    """

    id: UUID
    number: int
    business_date: date
    opened_at: int
    opened_by: UUID
    opening_float: Money
    count: CashCount | None = None
    closed_at: int | None = None
    closed_by: UUID | None = None
    expected: Money | None = None

    @property
    def state(self) -> ShiftState:
        """Where it stands."""
        if self.closed_at is not None:
            return ShiftState.CLOSED
        return ShiftState.COUNTED if self.count is not None else ShiftState.OPEN

    @property
    def difference(self) -> Money | None:
        """Counted less expected, once it is closed: positive is over, negative is short."""
        if self.count is None or self.expected is None:
            return None
        return self.count.total - self.expected


def open_shift(
    shift_id: UUID, *, number: int, business_date: date, opened_at: int, opened_by: UUID, opening_float: Money
) -> Shift:
    """A new shift.

    Raises:
        UserError: ``float_invalid`` for less than nothing.
    """
    if opening_float.is_negative:
        raise UserError("float_invalid", "A drawer cannot start with less than nothing.", amount=str(opening_float))
    return Shift(shift_id, number, business_date, opened_at, opened_by, opening_float.checked())


def count_shift(shift: Shift, count: CashCount) -> Shift:
    """The shift with a count of its drawer; a later count takes the place of an earlier one.

    Raises:
        UserError: ``shift_closed``.
    """
    _check_not_closed(shift)
    return replace(shift, count=count)


def reopen_count(shift: Shift) -> Shift:
    """The shift after cash moved again: its count no longer holds.

    Raises:
        UserError: ``shift_closed``.
    """
    _check_not_closed(shift)
    return replace(shift, count=None)


def close_shift(shift: Shift, *, expected: Money, closed_at: int, closed_by: UUID) -> Shift:
    """The closed shift, whatever the difference.

    Args:
        shift: a counted shift.
        expected: what ought to be in the drawer, see ``expected_cash``.
        closed_at: UTC microseconds.
        closed_by: who.

    Raises:
        UserError: ``shift_closed``, ``shift_not_counted``.
    """
    _check_not_closed(shift)
    if shift.count is None:
        raise UserError("shift_not_counted", "Count the drawer before you close the shift.")
    return replace(shift, expected=expected, closed_at=closed_at, closed_by=closed_by)


def _check_not_closed(shift: Shift) -> None:
    """Raise when nothing can change any more."""
    if shift.closed_at is not None:
        raise UserError("shift_closed", f"Shift {shift.number} is closed. Open a new one.", number=shift.number)
