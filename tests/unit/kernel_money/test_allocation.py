"""Sharing out never loses or makes a cent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BugError
from shared.money import Money, allocate, allocate_integer, currency, split

EUR = currency("EUR")
AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_given_any_amount_and_weights_when_allocated_then_the_shares_sum_to_it(amount: int, weights: list[int]) -> None:
    shares = allocate_integer(amount, weights)
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(amount * weight, sum(weights))) < 1
        assert weight or share == 0


@given(AMOUNTS, WEIGHTS)
def test_given_a_negative_amount_when_allocated_then_the_shares_mirror_the_positive_one(
    amount: int, weights: list[int]
) -> None:
    assert allocate_integer(-amount, weights) == [-share for share in allocate_integer(amount, weights)]


@given(AMOUNTS, st.integers(1, 100))
def test_given_equal_parts_when_split_then_they_differ_by_at_most_a_cent_and_the_earlier_get_it(
    amount: int, parts: int
) -> None:
    shares = split(Money(amount, EUR), parts)
    assert sum(share.amount for share in shares) == amount
    sizes = [abs(share.amount) for share in shares]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


def test_given_equal_remainders_when_allocated_then_the_earlier_share_gets_the_cent() -> None:
    assert [share.amount for share in allocate(Money(5, EUR), [3, 7])] == [2, 3]
    assert [share.amount for share in allocate(Money(100, EUR), [1, 1, 1])] == [34, 33, 33]


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2], [-1, -1]])
def test_given_no_weight_when_allocated_then_it_is_our_bug(weights: list[int]) -> None:
    with pytest.raises(BugError, match="allocation_impossible"):
        allocate(Money(1, EUR), weights)


def test_given_no_parts_when_split_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="allocation_impossible"):
        split(Money(1, EUR), 0)
