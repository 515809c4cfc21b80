"""Who counts as heard, what the web may promise of a store that is not, and what a till tells its clerk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.stock import (
    CounterStock,
    LeaseTerms,
    Level,
    TillWord,
    counter_stock,
    lease_until,
    may_promise,
    rights_of,
    web_share_of,
)

TERMS = LeaseTerms(lease_us=10, rest_us=100, counts_us=1000)
words = st.lists(
    st.builds(TillWord, st.integers(0, 5000), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=4,
)


def test_given_no_tills_then_there_is_nothing_to_lease() -> None:
    assert lease_until([], TERMS, standing_until=None, now=50) is None
    assert lease_until([], TERMS, standing_until=40, now=50) is None


def test_given_all_tills_heard_then_the_lease_runs_from_the_one_heard_first() -> None:
    assert lease_until([TillWord(50), TillWord(47)], TERMS, standing_until=None, now=50) == 57


def test_given_a_till_whose_shift_is_closed_then_its_word_is_good_over_night() -> None:
    assert lease_until([TillWord(50, is_at_rest=True)], TERMS, standing_until=None, now=50) == 150


def test_given_a_till_that_still_holds_sales_then_nothing_is_renewed_and_nothing_is_taken_back() -> None:
    said = [TillWord(50), TillWord(50, waiting=2)]
    assert lease_until(said, TERMS, standing_until=55, now=50) == 55
    assert lease_until(said, TERMS, standing_until=None, now=50) == 0


def test_given_a_till_not_heard_for_days_then_it_keeps_the_others_from_nothing_but_silence_alone_renews_nothing() -> (
    None
):
    said = [TillWord(2000), TillWord(3)]
    assert lease_until(said, TERMS, standing_until=13, now=2000) == 2010
    assert lease_until(said, TERMS, standing_until=2010, now=9000) == 2010


@given(said=words, standing=st.none() | st.integers(0, 6000), now=st.integers(0, 6000))
def test_given_any_words_then_a_lease_never_outlasts_a_word_nor_shrinks(
    said: list[TillWord], standing: int | None, now: int
) -> None:
    until = lease_until(said, TERMS, standing_until=standing, now=now)
    assert until is not None
    assert until >= (standing or 0)
    counting = [word for word in said if now - word.heard_at <= TERMS.counts_us]
    if until > (standing or 0):
        assert counting
        assert all(word.waiting == 0 for word in counting)
        assert until <= min(word.heard_at for word in counting) + TERMS.rest_us


@given(st.integers(-10_000, 10_000), st.integers(0, 100))
def test_given_any_stock_then_rights_fit_into_it(available: int, share: int) -> None:
    rights = rights_of(available, share)
    assert 0 <= rights <= max(available, 0)
    assert rights_of(available, 100) == max(available, 0)


@pytest.mark.parametrize(
    ("quantity", "available", "rights", "expected"),
    [(3, 3, None, True), (4, 3, None, False), (3, 9, 3, True), (4, 9, 3, False), (3, 2, 9, False), (0, 9, None, False)],
)
def test_given_what_is_there_and_what_is_left_of_rights_then_the_smaller_decides(
    quantity: int, available: int, rights: int | None, expected: bool
) -> None:
    assert may_promise(quantity, available, rights) is expected


def test_given_a_till_offline_then_rights_are_of_the_level_it_pulled_not_of_what_it_sold_since() -> None:
    level = Level(on_hand=10_000, reserved=2_000)
    heard = counter_stock(level, -1_000, is_heard=True, web_share_percent=25)
    silent = counter_stock(level, -1_000, is_heard=False, web_share_percent=25)
    assert (heard, heard.free) == (CounterStock(9_000, 2_000, 0), 7_000)
    assert (silent, silent.free) == (CounterStock(9_000, 2_000, 2_000), 5_000)
    assert silent.taken_from_web(5_000) == 0
    assert silent.taken_from_web(6_000) == 1_000
    assert silent.taken_from_web(99_000) == 4_000
    assert silent.taken_from_web(-1_000) == 0


@given(
    st.integers(-5_000, 20_000), st.integers(0, 5_000), st.integers(-9_000, 0), st.booleans(), st.integers(1, 30_000)
)
def test_given_any_sale_then_what_it_takes_from_the_web_is_never_more_than_was_held_or_sold(
    on_hand: int, reserved: int, own: int, is_heard: bool, quantity: int
) -> None:
    known = counter_stock(Level(on_hand, reserved), own, is_heard=is_heard, web_share_percent=30)
    taken = known.taken_from_web(quantity)
    assert 0 <= taken <= min(quantity, known.promised + known.rights)
    assert (taken == 0) == (quantity <= max(known.free, 0) or known.promised + known.rights == 0)


@pytest.mark.parametrize(
    ("of_store", "of_chain", "share"),
    [
        (None, None, 30),
        (None, 50, 50),
        (70, 50, 70),
        (0, 50, 0),
        (True, 50, 50),
        ("70", None, 30),
        (101, 50, 50),
        (-1, -1, 30),
    ],
)
def test_given_settings_of_store_and_chain_then_the_stores_counts_first_and_what_does_not_fit_counts_for_nothing(
    of_store: object, of_chain: object, share: int
) -> None:
    assert web_share_of(of_store, of_chain) == share
