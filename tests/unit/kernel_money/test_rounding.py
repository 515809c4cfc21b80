"""Rounding is exact, and each mode says the same for ratios, decimals and fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BugError
from shared.money import Rounding, currency, round_decimal, round_fraction, round_ratio, round_to_cash
from shared.money.amount import Money

NUMBERS = st.integers(-(10**15), 10**15)
SYMMETRIC = (
    Rounding.HALF_UP,
    Rounding.HALF_DOWN,
    Rounding.HALF_EVEN,
    Rounding.HALF_ODD,
    Rounding.UP,
    Rounding.DOWN,
)


@given(NUMBERS, st.integers(1, 10**9), st.sampled_from(list(Rounding)))
def test_given_any_ratio_when_rounded_then_it_is_less_than_one_away_and_half_modes_at_most_a_half(
    numerator: int, denominator: int, mode: Rounding
) -> None:
    distance = abs(round_ratio(numerator, denominator, mode) - Fraction(numerator, denominator))
    assert distance < 1
    if mode.name.startswith("HALF"):
        assert distance <= Fraction(1, 2)


@given(NUMBERS, st.integers(1, 10**9), st.sampled_from(SYMMETRIC))
def test_given_a_symmetric_mode_when_the_sign_is_turned_then_the_answer_turns_with_it(
    numerator: int, denominator: int, mode: Rounding
) -> None:
    assert round_ratio(-numerator, denominator, mode) == -round_ratio(numerator, denominator, mode)
    assert round_ratio(numerator, -denominator, mode) == -round_ratio(numerator, denominator, mode)


@given(st.decimals(-(10**12), 10**12, places=7), st.sampled_from(list(Rounding)))
def test_given_any_decimal_when_rounded_then_the_fraction_of_it_rounds_the_same(value: Decimal, mode: Rounding) -> None:
    assert round_decimal(value, mode) == round_fraction(Fraction(value), mode)


def test_given_more_digits_than_the_decimal_context_has_when_rounded_then_none_is_lost() -> None:
    assert round_decimal(Decimal("12345678901234567890123456789012345.5")) == 12345678901234567890123456789012346


def test_given_a_denominator_of_zero_when_rounded_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="division_by_zero"):
        round_ratio(1, 0)


@given(NUMBERS, st.sampled_from([1, 5, 10, 20, 25, 50, 100]), st.sampled_from(list(Rounding)))
def test_given_any_amount_when_rounded_to_cash_then_coins_can_pay_it_and_the_difference_is_told(
    amount: int, step: int, mode: Rounding
) -> None:
    money = Money(amount, currency("CHF"))
    rounded, difference = round_to_cash(money, step, mode)
    assert rounded.amount % step == 0
    assert rounded == money + difference
    assert abs(difference.amount) < step


def test_given_no_coin_at_all_when_rounded_to_cash_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="cash_step_invalid"):
        round_to_cash(Money(1, currency("CHF")), 0)
