"""Exact rounding of ratios and decimals to whole numbers; nothing in here ever touches a float."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from shared.errors import BugError


class Rounding(StrEnum):
    """What happens to a value between two whole numbers.

    The six HALF modes round to the nearest whole number and differ only in what they do with an exact half.
    """

    HALF_UP = "HALF_UP"
    """An exact half goes away from zero: 2.5 → 3, -2.5 → -3. Symmetric, so refunds mirror sales."""
    HALF_DOWN = "HALF_DOWN"
    """An exact half goes towards zero: 2.5 → 2, -2.5 → -2."""
    HALF_EVEN = "HALF_EVEN"
    """An exact half goes to the even neighbour: 2.5 → 2, 3.5 → 4."""
    HALF_ODD = "HALF_ODD"
    """An exact half goes to the odd neighbour: 2.5 → 3, 3.5 → 3."""
    HALF_POSITIVE_INFINITY = "HALF_POSITIVE_INFINITY"
    """An exact half goes up the number line: 2.5 → 3, -2.5 → -2."""
    HALF_NEGATIVE_INFINITY = "HALF_NEGATIVE_INFINITY"
    """An exact half goes down the number line: 2.5 → 2, -2.5 → -3."""
    UP = "UP"
    """Every fraction goes away from zero."""
    DOWN = "DOWN"
    """Every fraction goes towards zero."""


def round_ratio(numerator: int, denominator: int, mode: Rounding = Rounding.HALF_UP) -> int:
    """``numerator / denominator`` rounded to a whole number in integer arithmetic.

    Raises:
        BugError: ``division_by_zero`` for a denominator of zero.
    """
    if denominator == 0:
        raise BugError("division_by_zero", "A ratio with a denominator of zero was to be rounded.", numerator=numerator)
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    negative = numerator < 0
    whole, rest = divmod(abs(numerator), denominator)
    if rest and _goes_away_from_zero(2 * rest, denominator, whole, mode, negative=negative):
        whole += 1
    return -whole if negative else whole


def round_fraction(value: Fraction, mode: Rounding = Rounding.HALF_UP) -> int:
    """An exact fraction rounded to a whole number."""
    return round_ratio(value.numerator, value.denominator, mode)


def round_decimal(value: Decimal, mode: Rounding = Rounding.HALF_UP) -> int:
    """A decimal rounded to a whole number, whatever the precision of the decimal context."""
    return round_ratio(*value.as_integer_ratio(), mode)


def _goes_away_from_zero(twice_rest: int, denominator: int, whole: int, mode: Rounding, *, negative: bool) -> bool:
    """Whether a value with a rest is rounded away from zero."""
    if mode is Rounding.UP:
        return True
    if mode is Rounding.DOWN:
        return False
    if twice_rest != denominator:
        return twice_rest > denominator
    return {
        Rounding.HALF_UP: True,
        Rounding.HALF_DOWN: False,
        Rounding.HALF_EVEN: whole % 2 == 1,
        Rounding.HALF_ODD: whole % 2 == 0,
        Rounding.HALF_POSITIVE_INFINITY: not negative,
        Rounding.HALF_NEGATIVE_INFINITY: negative,
    }[mode]
