"""Cash: shifts, counts and what ought to be in the drawer."""

from shared.cash.drawer import (
    CashCount,
    CashMovement,
    CashMovementKind,
    DrawerFigures,
    count_pieces,
    count_total,
    expected_cash,
)
from shared.cash.shift import Shift, ShiftState, close_shift, count_shift, open_shift, reopen_count

__all__ = [
    "CashCount",
    "CashMovement",
    "CashMovementKind",
    "DrawerFigures",
    "Shift",
    "ShiftState",
    "close_shift",
    "count_pieces",
    "count_shift",
    "count_total",
    "expected_cash",
    "open_shift",
    "reopen_count",
]
