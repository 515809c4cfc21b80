"""Which price holds, and what discounts take off."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BugError, UserError
from shared.money import Money, UnitPrice, currency
from shared.pricing import (
    Discount,
    PriceRow,
    amount_for,
    basket_discount_total,
    choose_price,
    discount_line_amount,
    share_basket_discounts,
)
from shared.quantity import Quantity

GBP = currency("GBP")
TODAY = date(2026, 11, 21)
PIECES = Quantity.of(1)


def row(number: int, micro: int = 1, **fields: Any) -> PriceRow:
    values: dict[str, Any] = {"valid_from": date(2026, 1, 1)} | fields
    return PriceRow(UUID(int=number), UUID(int=0), UUID(int=0), micro, **values)


DATES = st.dates(date(2026, 11, 1), date(2026, 12, 10))
ROWS = st.lists(
    st.builds(
        PriceRow,
        id=st.uuids(),
        price_list_id=st.just(UUID(int=0)),
        variant_id=st.just(UUID(int=0)),
        micro=st.integers(0, 10),
        valid_from=DATES,
        valid_to=st.none() | DATES,
        min_quantity=st.sampled_from([0, 1_000, 6_000]),
        created_at=st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(ROWS, st.randoms(use_true_random=False), st.integers(-9_000, 9_000))
def test_given_rows_in_any_order_when_chosen_then_it_is_always_the_same_row(
    rows: list[PriceRow], random: Random, thousandths: int
) -> None:
    chosen = choose_price(rows, TODAY, Quantity(thousandths))
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert choose_price(shuffled, TODAY, Quantity(thousandths)) == chosen
    holding = [one for one in rows if one.holds_on(TODAY) and one.min_quantity <= abs(thousandths)]
    assert (chosen in holding) if holding else chosen is None


def test_given_several_rows_when_chosen_then_break_then_date_then_making_decides() -> None:
    base, newer = row(1), row(2, valid_from=date(2026, 11, 21))
    future, ended = row(3, valid_from=date(2026, 11, 22)), row(4, valid_to=TODAY)
    box, later = row(5, min_quantity=6_000), row(6, valid_from=date(2026, 11, 21), created_at=5)
    assert choose_price([base, future, ended], TODAY, PIECES) is base
    assert choose_price([base, newer], TODAY, PIECES) is newer
    assert choose_price([later, newer], TODAY, PIECES) is later
    assert choose_price([base, newer, box], TODAY, Quantity.of(6)) is box
    assert choose_price([base, newer, box], TODAY, Quantity.of(-6)) is box
    assert choose_price([ended], TODAY, PIECES) is None
    assert choose_price([ended], date(2026, 11, 20), PIECES) is ended


AMOUNTS = st.integers(0, 10**8).map(lambda minor: Money(minor, GBP))
PERCENTS = st.integers(1, 1_000_000).map(Discount.percent)
OFFS = st.integers(1, 10**6).map(lambda minor: Discount.off(Money(minor, GBP)))


@given(AMOUNTS, st.lists(PERCENTS, max_size=4))
def test_given_percent_discounts_when_taken_off_then_the_line_stays_between_nothing_and_its_price(
    gross: Money, discounts: list[Discount]
) -> None:
    off = discount_line_amount(gross, discounts)
    assert Money.zero(GBP) <= off <= gross
    assert discount_line_amount(-gross, discounts) == -off


@given(AMOUNTS, st.lists(PERCENTS | OFFS, max_size=4))
def test_given_any_discounts_when_taken_off_a_line_then_it_is_never_below_nothing(
    gross: Money, discounts: list[Discount]
) -> None:
    left = gross
    for discount in discounts:
        left = left - discount.of(left)
        if left.is_negative:
            with pytest.raises(UserError, match="discount_too_large"):
                discount_line_amount(gross, discounts)
            return
    assert discount_line_amount(gross, discounts) == gross - left


@given(
    st.lists(st.integers(-(10**7), 10**7).map(lambda minor: Money(minor, GBP)), max_size=20),
    st.lists(PERCENTS | OFFS, max_size=3),
)
def test_given_any_lines_when_a_basket_discount_is_shared_then_not_a_cent_is_lost(
    amounts: list[Money], discounts: list[Discount]
) -> None:
    shares = share_basket_discounts(amounts, discounts)
    worth = Money(sum(max(amount.amount, 0) for amount in amounts), GBP)
    assert sum(share.amount for share in shares) == basket_discount_total(worth, discounts).amount
    for amount, share in zip(amounts, shares, strict=True):
        assert 0 <= share.amount <= max(amount.amount, 0)


@pytest.mark.parametrize("ppm", [0, -1, 1_000_001])
def test_given_a_senseless_percentage_when_given_then_it_is_refused(ppm: int) -> None:
    with pytest.raises(UserError, match="discount_invalid"):
        Discount.percent(ppm)


@pytest.mark.parametrize("minor", [0, -1])
def test_given_nothing_off_when_given_then_it_is_refused(minor: int) -> None:
    with pytest.raises(UserError, match="discount_invalid"):
        Discount.off(Money(minor, GBP))


def test_given_more_off_than_there_is_when_given_then_the_error_says_how_much_there_is() -> None:
    with pytest.raises(UserError) as raised:
        discount_line_amount(Money(100, GBP), [Discount.percent(500_000), Discount.off(Money(51, GBP))])
    assert raised.value.code == "discount_too_large"
    assert raised.value.data["at_most"] == "0.50"


def test_given_discounts_when_written_then_they_read_as_a_clerk_says_them() -> None:
    assert [str(Discount.percent(ppm)) for ppm in (100_000, 12_500, 1_000_000)] == ["10 %", "1.25 %", "100 %"]
    assert str(Discount.off(Money(150, GBP))) == "1.50"


def test_given_a_negative_amount_when_discounted_outside_the_mirror_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="discount_on_negative"):
        Discount.percent(1).of(Money(-1, GBP))


def test_given_price_times_quantity_beyond_the_limit_when_multiplied_then_it_is_refused() -> None:
    assert amount_for(UnitPrice.parse("2.99", GBP), Quantity.parse("0.486")) == Money(145, GBP)
    with pytest.raises(UserError, match="amount_too_large"):
        amount_for(UnitPrice.parse("1000000000", GBP), Quantity.of(1_000_000))
