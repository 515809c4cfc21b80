"""Amounts, unit prices and currencies: exact text both ways, no mixing, clear refusals."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BugError, UserError
from shared.limits import MONEY_MAX_MINOR_UNITS, UNIT_PRICE_MAX_MICRO
from shared.money import Currency, Money, UnitPrice, currency, currency_codes, round_fraction, total_of

GBP, JPY, KWD = currency("GBP"), currency("JPY"), currency("KWD")
CURRENCIES = st.sampled_from([GBP, JPY, KWD, currency("CLF")])
MINOR = st.integers(-MONEY_MAX_MINOR_UNITS, MONEY_MAX_MINOR_UNITS)


@given(MINOR, CURRENCIES)
def test_given_any_amount_when_written_and_read_then_it_is_the_same(amount: int, money: Currency) -> None:
    assert Money.parse(str(Money(amount, money)), money) == Money(amount, money)


@given(st.integers(-UNIT_PRICE_MAX_MICRO, UNIT_PRICE_MAX_MICRO), CURRENCIES)
def test_given_any_unit_price_when_written_and_read_then_it_is_the_same(micro: int, money: Currency) -> None:
    assert UnitPrice.parse(str(UnitPrice(micro, money)), money) == UnitPrice(micro, money)


@pytest.mark.parametrize(
    ("text", "money", "minor"),
    [
        ("12.50", GBP, 1250),
        ("-3", GBP, -300),
        ("+.5", GBP, 50),
        (" 7. ", GBP, 700),
        ("100", JPY, 100),
        ("1.234", KWD, 1234),
    ],
)
def test_given_what_a_clerk_types_when_read_then_it_is_that_amount(text: str, money: Currency, minor: int) -> None:
    assert Money.parse(text, money) == Money(minor, money)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "amount_invalid"),
        (".", "amount_invalid"),
        ("-", "amount_invalid"),
        ("1,50", "amount_invalid"),
        ("1e3", "amount_invalid"),
        ("NaN", "amount_invalid"),
        ("١٢", "amount_invalid"),
        ("9" * 80, "amount_invalid"),
        ("1.005", "amount_too_precise"),
        ("9" * 30, "amount_too_large"),
    ],
)
def test_given_what_is_no_amount_when_read_then_the_error_says_so(text: str, error: str) -> None:
    with pytest.raises(UserError) as raised:
        Money.parse(text, GBP)
    assert raised.value.code == error


def test_given_zeros_beyond_the_decimals_when_read_then_they_do_no_harm() -> None:
    assert Money.parse("12.5000", GBP) == Money(1250, GBP)
    assert Money.parse("12.000", JPY) == Money(12, JPY)


@pytest.mark.parametrize(
    ("micro", "money", "text"),
    [
        (2_190_000, GBP, "2.19"),
        (2_500_000, GBP, "2.50"),
        (12_500, GBP, "0.0125"),
        (1_000, GBP, "0.001"),
        (-990_000, GBP, "-0.99"),
        (100_000_000, JPY, "100"),
        (1_500_000, KWD, "1.500"),
        (0, GBP, "0.00"),
    ],
)
def test_given_a_unit_price_when_written_then_it_is_short_and_exact(micro: int, money: Currency, text: str) -> None:
    assert str(UnitPrice(micro, money)) == text


@given(st.integers(-(10**9), 10**9), st.integers(-(10**7), 10**7), CURRENCIES)
def test_given_price_and_quantity_when_multiplied_then_it_is_rounded_once(
    micro: int, thousandths: int, money: Currency
) -> None:
    exact = Fraction(micro, 1_000_000) * Fraction(thousandths, 1_000) * money.minor_per_major
    assert UnitPrice(micro, money).times(thousandths).amount == round_fraction(exact)


@given(MINOR)
def test_given_an_amount_when_made_a_unit_price_then_one_piece_costs_exactly_it(amount: int) -> None:
    for money in (GBP, JPY, KWD):
        assert UnitPrice.of(Money(amount, money)).times(1_000) == Money(amount, money)


@pytest.mark.parametrize("operate", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge])
def test_given_two_currencies_when_mixed_then_it_is_our_bug(operate: Callable[[Money, Money], object]) -> None:
    with pytest.raises(BugError, match="currency_mismatch"):
        operate(Money(1, GBP), Money(1, JPY))


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_given_amounts_when_summed_and_compared_then_they_behave_as_their_integers(amounts: list[int]) -> None:
    monies = [Money(amount, GBP) for amount in amounts]
    assert total_of(monies, GBP).amount == sum(amounts)
    assert [money.amount for money in sorted(monies)] == sorted(amounts)
    for money in monies:
        assert abs(money).amount == abs(money.amount)
        assert money - money == Money.zero(GBP)
        assert [money.is_negative, money.is_zero, money.is_positive].count(True) == 1
        assert bool(money) is not money.is_zero


def test_given_codes_when_looked_up_then_decimals_and_signs_are_known() -> None:
    assert [currency(code).exponent for code in ("JPY", "GBP", "KWD", "CLF")] == [0, 2, 3, 4]
    assert (GBP.symbol, currency("CHF").symbol, str(GBP)) == ("£", "CHF", "GBP")
    assert currency("GBP") is GBP
    assert len(currency_codes()) > 150
    with pytest.raises(UserError, match="currency_unknown"):
        currency("gbp")


def test_given_an_amount_beyond_the_limit_when_checked_then_it_is_refused() -> None:
    assert Money(MONEY_MAX_MINOR_UNITS, GBP).checked()
    with pytest.raises(UserError, match="amount_too_large"):
        Money(-MONEY_MAX_MINOR_UNITS - 1, GBP).checked()
