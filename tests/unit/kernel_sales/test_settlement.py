"""Paying: never more, never less, and cash rounding a line of its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UserError
from shared.money import Money, currency, round_to_cash
from shared.sales import Settlement, Tender, settle
from tests.helpers.baskets import GBP, pounds

CHF = currency("CHF")
METHODS = ("cash", "card", "voucher", "account")


def francs(text: str) -> Money:
    return Money.parse(text, CHF)


def check(settlement: Settlement) -> None:
    taken = Money(sum(tender.amount.amount for tender in settlement.tenders), settlement.due.currency)
    assert taken == settlement.paid - settlement.change
    for tender in settlement.tenders:
        assert tender.amount == tender.given - tender.change
        assert tender.change.is_zero or tender.method == "cash"
    if settlement.is_complete:
        assert taken == settlement.due + settlement.rounding
        assert settlement.remaining.is_zero
        assert settlement.cash_remaining.is_zero
    else:
        assert settlement.remaining == settlement.due - settlement.paid
        assert settlement.rounding.is_zero
        assert settlement.change.is_zero
        assert not settlement.remaining.is_zero


@settings(max_examples=200)
@given(
    st.integers(-100_000, 100_000),
    st.lists(st.tuples(st.sampled_from(METHODS), st.integers(1, 60_000)), max_size=5),
    st.sampled_from([1, 5, 10, 50]),
)
def test_given_any_tenders_when_settled_then_they_add_up_or_are_refused(
    minor: int, given_tenders: list[tuple[str, int]], step: int
) -> None:
    total = Money(minor, GBP)
    accepted: list[Tender] = []
    for method, amount in given_tenders:
        before = settle(total, accepted, step)
        left = abs(before.remaining)
        if method == "cash":
            left = max(left, abs(before.cash_remaining))
        tender = Tender(method, Money(amount, GBP))
        if before.is_complete or (tender.amount > left and (method != "cash" or total.is_negative)):
            with pytest.raises(UserError, match="tender_exceeds_remaining"):
                settle(total, [*accepted, tender], step)
            continue
        settlement = settle(total, [*accepted, tender], step)
        accepted.append(tender)
        check(settlement)
        assert abs(settlement.rounding.amount) <= step // 2
        if total.is_negative:
            assert settlement.change.is_zero
    check(settle(total, accepted, step))


@given(st.integers(1, 10**6), st.sampled_from([1, 5, 10]))
def test_given_what_the_till_asks_for_in_cash_when_paid_then_the_sale_is_complete_without_change(
    minor: int, step: int
) -> None:
    total = Money(minor, CHF)
    asked = settle(total, [], step).cash_remaining
    done = settle(total, [Tender("cash", asked)], step)
    assert done.is_complete
    assert done.change.is_zero
    assert done.rounding == asked - total


@given(st.integers(1, 10**6), st.sampled_from([1, 5, 10]))
def test_given_the_exact_amount_in_real_cents_when_paid_then_rounding_does_not_forbid_it(minor: int, step: int) -> None:
    for total in (Money(minor, CHF), Money(-minor, CHF)):
        done = settle(total, [Tender("cash", abs(total))], step)
        assert done.is_complete
        assert done.rounding.is_zero


@given(st.integers(1, 10**6), st.sampled_from([5, 10]))
def test_given_a_refund_when_paid_out_in_cash_then_it_mirrors_the_sale(minor: int, step: int) -> None:
    rounded, difference = round_to_cash(Money(minor, CHF), step)
    if rounded.is_zero:
        return
    done = settle(Money(-minor, CHF), [Tender("cash", rounded)], step)
    assert done.is_complete
    assert (done.paid, done.rounding) == (-rounded, -difference)


def test_given_split_tender_with_change_when_settled_then_only_cash_gives_change() -> None:
    done = settle(pounds("23.32"), [Tender("card", pounds("10.00")), Tender("cash", pounds("20.00"))])
    assert (str(done.paid), str(done.change), done.is_complete) == ("30.00", "6.68", True)
    assert [(t.method, str(t.change), str(t.amount)) for t in done.tenders] == [
        ("card", "0.00", "10.00"),
        ("cash", "6.68", "13.32"),
    ]
    assert done.opens_drawer
    assert not settle(pounds("1.00"), [Tender("card", pounds("1.00"))]).opens_drawer


def test_given_a_small_note_after_a_big_one_when_change_exceeds_the_last_then_it_comes_off_both() -> None:
    done = settle(pounds("9.00"), [Tender("cash", pounds("8.00")), Tender("cash", pounds("20.00"))])
    assert [str(tender.change) for tender in done.tenders] == ["0.00", "19.00"]


def test_given_swiss_francs_when_part_is_paid_by_card_then_only_the_cash_part_is_rounded() -> None:
    part = settle(francs("12.33"), [Tender("card", francs("10.00"))], 5)
    assert (str(part.remaining), str(part.cash_remaining), str(part.rounding)) == ("2.33", "2.35", "0.00")
    done = settle(francs("12.33"), [Tender("card", francs("10.00")), Tender("cash", francs("5.00"))], 5)
    assert (str(done.rounding), str(done.change)) == ("0.02", "2.65")
    by_card = settle(francs("12.33"), [Tender("card", francs("12.33"))], 5)
    assert (str(by_card.rounding), by_card.is_complete) == ("0.00", True)


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_given_no_or_a_negative_tender_when_settled_then_it_is_refused(amount: str) -> None:
    with pytest.raises(UserError, match="tender_not_positive"):
        settle(pounds("5.00"), [Tender("cash", pounds(amount))])


def test_given_too_much_by_card_or_after_the_end_when_settled_then_the_error_says_what_is_left() -> None:
    with pytest.raises(UserError) as raised:
        settle(pounds("5.00"), [Tender("cash", pounds("2.00")), Tender("card", pounds("3.01"))])
    assert (raised.value.code, raised.value.data["remaining"]) == ("tender_exceeds_remaining", "3.00")
    with pytest.raises(UserError, match="tender_exceeds_remaining"):
        settle(pounds("5.00"), [Tender("cash", pounds("5.00")), Tender("cash", pounds("0.01"))])
    with pytest.raises(UserError, match="tender_exceeds_remaining"):
        settle(pounds("0.00"), [Tender("cash", pounds("0.01"))])
    with pytest.raises(UserError, match="tender_exceeds_remaining"):
        settle(pounds("-5.00"), [Tender("cash", pounds("5.01"))])


def test_given_other_impossible_tenders_when_settled_then_each_has_its_error() -> None:
    with pytest.raises(UserError, match="payment_method_unknown"):
        settle(pounds("5.00"), [Tender("shells", pounds("5.00"))])
    with pytest.raises(UserError, match="method_not_refundable"):
        settle(pounds("-5.00"), [Tender("cheque", pounds("5.00"))])
    with pytest.raises(UserError, match="too_many_tenders"):
        settle(pounds("99.00"), [Tender("cash", pounds("0.01"))] * 51)
    with pytest.raises(UserError, match="card_number_refused"):
        settle(pounds("5.00"), [Tender("card", pounds("5.00"), {"pan": "4111 1111 1111 1111"})])


def test_given_nothing_to_pay_when_settled_then_it_is_complete_at_once() -> None:
    assert settle(pounds("0.00")).is_complete
