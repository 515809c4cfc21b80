"""Opening, counting and closing a shift; the figures of its reports; logging in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from desktop.replica.engine import Replica
from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase
from shared.clock import SettableClock, instant_of
from shared.errors import UserError
from tests.helpers.replica import PINS
from tests.integration.till.codes import CANDLE, OAT


def code_when(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as raised:
        action()
    return raised.value.code


def test_given_a_day_of_sales_when_closed_then_the_report_adds_up(selling: Till) -> None:
    selling.scan(CANDLE)
    selling.tender("card", selling.money("4.50"))
    selling.tender("cash", selling.money("20.00"))
    number = selling.complete().number
    selling.return_items(number, [(1, "1")], "cash")
    selling.cash_movement("paid_in", selling.money("5.00"), "change from the bank")
    selling.cash_movement("drop", selling.money("40.00"), "safe")
    count = selling.count_shift(total=selling.money("60.00"))
    assert (str(count.expected), str(count.difference)) == ("60.50", "-0.50")
    report = selling.close_shift()
    assert (report.sales, report.returns, str(report.difference)) == (1, 1, "-0.50")
    assert report.figures["tenders"] == {
        "card": {"count": 1, "amount": 450},
        "cash": {"count": 2, "amount": -450},
    }
    assert report.figures["receipts"] == {"first": "HS-2-000001", "last": "HS-2-000002"}
    assert "Z REPORT" in report.text
    assert "Short" in report.text
    assert selling.state().phase is Phase.NO_SHIFT


def test_given_a_count_when_selling_goes_on_then_the_difference_stays(selling: Till) -> None:
    selling.count_shift(counts={"20.00": 4, "10": 1, "0.50": 10})
    selling.scan(CANDLE)
    selling.exact_cash()
    report = selling.close_shift()
    assert (str(report.counted), str(report.expected), str(report.difference)) == ("109.50", "114.50", "-5.00")


def test_given_nobody_counted_when_closed_then_it_closes_and_says_so(selling: Till) -> None:
    report = selling.close_shift()
    assert report.counted is None
    assert "not counted" in report.text


def test_given_a_basket_on_the_counter_when_closing_then_refused_with_a_clear_answer(selling: Till) -> None:
    selling.scan(OAT)
    assert code_when(selling.close_shift) == "shift_has_open_basket"
    selling.park("later")
    assert selling.close_shift().parked == 1
    selling.open_shift(selling.money("0"))
    selling.recall()
    assert len(selling.state().lines) == 1


def test_given_a_closed_shift_when_the_till_starts_again_then_it_stays_closed(
    selling: Till, new_till: Callable[[], Till], replica: Replica
) -> None:
    selling.count_shift(total=selling.money("100.00"))
    selling.close_shift()
    again = new_till()
    again.login("mara", PINS["mara"])
    assert again.state().shift is None
    again.open_shift(again.money("50.00"))
    assert again.station.running_shift().number == 2
    with replica.read() as connection:
        rows = connection.exec_driver_sql("SELECT number, difference, closed_at IS NULL FROM shift ORDER BY number")
        assert [tuple(row) for row in rows] == [(1, 0, 0), (2, None, 1)]


def test_given_an_open_shift_when_opened_again_then_refused(selling: Till) -> None:
    assert code_when(lambda: selling.open_shift(selling.money("1"))) == "shift_already_open"
    selling.close_shift()
    assert code_when(lambda: selling.open_shift(selling.money("-1"))) == "float_invalid"
    assert code_when(selling.close_shift) == "shift_not_open"
    assert code_when(lambda: selling.count_shift(total=selling.money("1"))) == "shift_not_open"


def test_given_late_evening_in_utc_when_opened_then_the_stores_own_date_counts(
    till: Till, clock: SettableClock
) -> None:
    clock.set(instant_of(dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)))
    till.login("mara", PINS["mara"])
    till.open_shift(till.money("0"))
    assert till.station.running_shift().business_date == dt.date(2026, 7, 2)


@pytest.mark.parametrize(
    ("kind", "amount", "reason", "code"),
    [
        ("paid_in", "0", "x", "cash_amount_invalid"),
        ("paid_out", "-1", "x", "cash_amount_invalid"),
        ("paid_out", "1", " ", "reason_missing"),
        ("gift", "1", "x", "cash_movement_unknown"),
    ],
)
def test_given_a_bad_cash_movement_when_made_then_refused(
    selling: Till, kind: str, amount: str, reason: str, code: str
) -> None:
    assert code_when(lambda: selling.cash_movement(kind, selling.money(amount), reason)) == code


def test_given_wrong_pins_when_typed_then_attempts_run_out_and_pauses_grow(
    till: Till, new_till: Callable[[], Till], clock: SettableClock
) -> None:
    left = []
    for _ in range(5):
        with pytest.raises(UserError) as raised:
            till.login("mara", "0000")
        left.append(raised.value.data["attempts_left"])
    assert left == [4, 3, 2, 1, 0]
    again = new_till()
    assert code_when(lambda: again.login("mara", PINS["mara"])) == "pin_delayed", "also after a restart"
    again.login("theo", PINS["theo"])
    clock.advance(5)
    with pytest.raises(UserError) as raised:
        again.login("mara", "0000")
    assert raised.value.data["seconds"] == 10
    clock.advance(10)
    again.login("mara", PINS["mara"])
    assert code_when(lambda: again.login("mara", "1111")) == "pin_wrong"
    assert again.state().user_name == "Mara K."


@pytest.mark.parametrize("pin", ["", "0" * 40, "25 80"])
def test_given_an_odd_pin_or_name_when_typed_then_pin_wrong(till: Till, pin: str) -> None:
    assert code_when(lambda: till.login("mara", pin)) == "pin_wrong"
    assert code_when(lambda: till.login("nobody", "2580")) == "pin_wrong"
