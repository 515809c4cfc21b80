"""Rounding an amount to what coins can pay."""

from __future__ import annotations

from shared.errors import BugError
from shared.money.amount import Money
from shared.money.rounding import Rounding, round_ratio


def round_to_cash(money: Money, step_minor: int, mode: Rounding = Rounding.HALF_UP) -> tuple[Money, Money]:
    """The amount coins can pay, and what that adds (negative: takes away).

    Args:
        money: what is to be paid.
        step_minor: the smallest coin in minor units: 1 where every amount can be paid, 5 for Swiss francs.
        mode: how a value between two coins is rounded.

    Returns:
        ``(rounded, difference)`` with ``rounded == money + difference``.

    Raises:
        BugError: ``cash_step_invalid`` for a step below one.
    """
    if step_minor < 1:
        raise BugError("cash_step_invalid", "The smallest coin must be at least one minor unit.", step_minor=step_minor)
    rounded = Money(round_ratio(money.amount, step_minor, mode) * step_minor, money.currency)
    return rounded, rounded - money
