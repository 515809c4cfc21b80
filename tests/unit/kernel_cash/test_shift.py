"""Shifts: counted, closed whatever the difference, and then unchangeable."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cash import (
    CashMovement,
    CashMovementKind,
    Shift,
    ShiftState,
    close_shift,
    count_pieces,
    count_shift,
    count_total,
    expected_cash,
    open_shift,
    reopen_count,
)
from shared.errors import UserError
from shared.money import Money
from tests.helpers.baskets import GBP, pounds

MINOR = st.integers(-(10**7), 10**7)


def opened(float_text: str = "100.00") -> Shift:
    return open_shift(
        UUID(int=1),
        number=7,
        business_date=date(2026, 11, 21),
        opened_at=1,
        opened_by=UUID(int=2),
        opening_float=pounds(float_text),
    )


def closed(shift: Shift, expected: Money) -> Shift:
    return close_shift(shift, expected=expected, closed_at=2, closed_by=UUID(int=2))


@given(MINOR, st.integers(0, 10**7))
def test_given_any_count_when_closed_then_it_closes_and_the_difference_is_data(expected: int, counted: int) -> None:
    shift = closed(count_shift(opened(), count_total(Money(counted, GBP))), Money(expected, GBP))
    assert shift.state is ShiftState.CLOSED
    assert shift.difference == Money(counted - expected, GBP)


def test_given_a_shift_when_it_goes_its_way_then_its_states_follow() -> None:
    shift = opened()
    assert (shift.state, shift.difference) == (ShiftState.OPEN, None)
    with pytest.raises(UserError, match="shift_not_counted"):
        closed(shift, pounds("100.00"))
    counted = count_shift(shift, count_total(pounds("90.00")))
    assert counted.state is ShiftState.COUNTED
    assert reopen_count(counted).state is ShiftState.OPEN
    again = count_shift(counted, count_total(pounds("99.00")))
    done = closed(again, pounds("100.00"))
    assert str(done.difference) == "-1.00"
    with pytest.raises(UserError, match="shift_closed"):
        count_shift(done, count_total(pounds("1.00")))
    with pytest.raises(UserError, match="shift_closed"):
        reopen_count(done)
    with pytest.raises(UserError, match="shift_closed"):
        closed(done, pounds("1.00"))
    with pytest.raises(UserError, match="float_invalid"):
        opened("-1.00")


@given(st.integers(0, 10**7), st.lists(MINOR, max_size=20), st.lists(st.integers(1, 10**6), max_size=5))
def test_given_float_sales_refunds_and_drops_when_expected_then_it_is_their_sum(
    opening: int, tenders: list[int], drops: list[int]
) -> None:
    movements = [CashMovement.of(CashMovementKind.DROP, Money(drop, GBP), "safe") for drop in drops]
    figures = expected_cash(Money(opening, GBP), [Money(minor, GBP) for minor in tenders], movements)
    assert figures.expected.amount == opening + sum(tenders) - sum(drops)
    assert not figures.cash_taken.is_negative
    assert not figures.cash_paid_out.is_negative


def test_given_cash_put_in_or_taken_out_when_noted_then_the_kind_says_the_way() -> None:
    kinds = {kind: CashMovement.of(kind, pounds("5.00"), " why ") for kind in CashMovementKind}
    assert [(str(kind), str(moved.amount), moved.reason) for kind, moved in kinds.items()] == [
        ("paid_in", "5.00", "why"),
        ("paid_out", "-5.00", "why"),
        ("drop", "-5.00", "why"),
    ]
    with pytest.raises(UserError, match="cash_amount_invalid"):
        CashMovement.of(CashMovementKind.DROP, pounds("0.00"), "why")
    with pytest.raises(UserError, match="reason_missing"):
        CashMovement.of(CashMovementKind.DROP, pounds("1.00"), "  ")


def test_given_coins_and_notes_when_counted_then_their_value_is_summed() -> None:
    count = count_pieces({2_000: 3, 5: 7, 100: 0}, GBP)
    assert (str(count.total), dict(count.pieces)) == ("60.35", {5: 7, 2_000: 3})
    for pieces in ({0: 1}, {-5: 1}, {5: -1}):
        with pytest.raises(UserError, match="count_invalid"):
            count_pieces(pieces, GBP)
    with pytest.raises(UserError, match="count_invalid"):
        count_total(pounds("-0.01"))
