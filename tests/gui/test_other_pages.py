"""Parking, returns, customers and the shift, by the keys a clerk presses."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.ui.screens.shift.presenter import Job
from desktop.ui.screens.shift.screen import ShiftScreen
from desktop.ui.screens.till.pages import Page
from shared.money import Money, currency
from tests.helpers.till_window import Bench

OAT, SOURDOUGH, CANDLE = "5012345678900", "5012345678917", "5012345678924"
GBP = currency("GBP")


def press(bench: Bench, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(bench.window.focusWidget() or bench.window, key)
        bench.window.scanner.hand_on()
        bench.settle()


def sell(bench: Bench, *codes: str) -> str:
    """Sell for exact cash; the receipt's number."""
    bench.scan(*codes)
    bench.do("exact_cash")
    receipt = bench.window.session.state.receipt
    assert receipt is not None
    return receipt.number


def test_given_a_basket_when_it_is_parked_and_recalled_then_it_is_back(selling: Bench) -> None:
    selling.scan(OAT, CANDLE)
    press(selling, Qt.Key.Key_F4)
    assert selling.window.session.state.lines == ()
    assert selling.window.session.state.parked == 1
    assert "1" in selling.window.sell_screen._keys["recall"].text()
    press(selling, Qt.Key.Key_F5)
    assert [line.sku for line in selling.window.session.state.lines] == ["OAT-BAR-1L", "CND-CEDAR"]
    assert selling.window.conductor.page is Page.SELL


def test_given_two_parked_baskets_when_f5_is_pressed_then_one_is_chosen_from_the_list(selling: Bench) -> None:
    for code in (OAT, CANDLE):
        selling.scan(code)
        press(selling, Qt.Key.Key_F4)
    press(selling, Qt.Key.Key_F5)
    assert selling.window.conductor.page is Page.PARKED
    press(selling, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert selling.window.conductor.page is Page.SELL
    assert len(selling.window.session.state.lines) == 1
    assert selling.window.session.state.parked == 1


def test_given_nothing_parked_when_f5_is_pressed_then_the_page_says_what_would_be_here(selling: Bench) -> None:
    press(selling, Qt.Key.Key_F5)
    assert selling.window.conductor.page is Page.PARKED
    screen = selling.window.screens[Page.PARKED]
    assert screen._empty.isVisible()
    press(selling, Qt.Key.Key_Escape)
    assert selling.window.conductor.page is Page.SELL


def test_given_a_receipt_when_one_line_comes_back_then_that_is_paid_out_and_no_more_may_come(selling: Bench) -> None:
    number = sell(selling, OAT, CANDLE)
    press(selling, Qt.Key.Key_Insert)
    assert selling.window.conductor.page is Page.RETURNS
    returns = selling.window.conductor.returns
    returns.find(number)
    selling.settle()
    assert returns.sold is not None
    candle = returns.sold.lines[1]
    returns.step(candle, 1)
    returns.step(candle, 1)
    assert returns.chosen == {2: "1"}
    assert returns.refund == Money(1450, GBP)
    press(selling, Qt.Key.Key_F12)
    assert selling.window.conductor.page is Page.RECEIPT
    receipt = selling.window.session.state.receipt
    assert receipt is not None
    assert receipt.total == Money(-1450, GBP)
    assert selling.window.conductor.receipt.change_label == "Give back"
    selling.do("return")
    returns.find(number)
    selling.settle()
    assert returns.sold is not None
    assert not returns.may_return(returns.sold.lines[1])


def test_given_an_unknown_receipt_when_it_is_looked_for_then_the_page_says_so(selling: Bench) -> None:
    selling.do("return")
    selling.scan("HS-9-999999")
    assert selling.window.conductor.page is Page.RETURNS
    assert selling.window.screens[Page.RETURNS].notice.isVisible()


def test_given_a_supervisor_when_goods_come_back_without_a_receipt_then_the_price_is_paid_out(bench: Bench) -> None:
    bench.log_in("priya", "3690")
    bench.open_shift()
    bench.do("blind_return")
    bench.scan(CANDLE)
    assert bench.window.conductor.blind.product is not None
    bench.window.conductor.blind.type_quantity("2")
    press(bench, Qt.Key.Key_F12)
    receipt = bench.window.session.state.receipt
    assert receipt is not None
    assert receipt.total == Money(-2900, GBP)
    assert bench.window.conductor.page is Page.RECEIPT


def test_given_a_customer_when_part_of_the_name_is_typed_then_enter_chooses_them(selling: Bench) -> None:
    press(selling, Qt.Key.Key_F3)
    assert selling.window.conductor.page is Page.CUSTOMER
    QTest.keyClicks(selling.window.focusWidget(), "wint")
    selling.window.scanner.hand_on()
    selling.settle()
    press(selling, Qt.Key.Key_Return)
    customer = selling.window.session.state.customer
    assert customer is not None
    assert customer.name == "Anna Winter"
    assert selling.window.conductor.page is Page.SELL
    assert "Anna Winter" in selling.window.basket._customer.text()


def test_given_an_unknown_card_when_it_is_scanned_on_the_customer_page_then_the_sale_carries_it(
    selling: Bench,
) -> None:
    press(selling, Qt.Key.Key_F3)
    selling.scan("C-77777")
    customer = selling.window.session.state.customer
    assert customer is not None
    assert not customer.is_known


def test_given_a_shift_when_it_is_counted_short_then_it_says_so_and_closes(selling: Bench) -> None:
    sell(selling, OAT, CANDLE)
    selling.do("shift")
    assert selling.window.conductor.page is Page.SHIFT
    screen = selling.window.screens[Page.SHIFT]
    assert isinstance(screen, ShiftScreen)
    for denomination, pieces in ((5000, "2"), (1000, "1")):
        screen.cells[denomination].setFocus()
        QTest.keyClicks(screen.cells[denomination], pieces)
        selling.window.scanner.hand_on()
    assert not screen._close.isEnabled()
    screen._check.click()
    selling.settle()
    assert screen._difference.text() == "Short by £6.69"
    screen._close.click()
    selling.settle()
    assert selling.window.conductor.shift.report is not None
    assert selling.window.conductor.shift.report.is_closed
    assert selling.window.conductor.page is Page.SHIFT
    assert "6.69" in screen._closed_words.text()
    screen._done.click()
    selling.settle()
    assert selling.window.conductor.page is Page.OPEN_SHIFT


def test_given_a_float_when_digits_and_enter_are_pressed_then_the_shift_is_open(bench: Bench) -> None:
    bench.log_in()
    field = bench.window.focusWidget()
    assert field is not None
    QTest.keyClicks(field, "10000")
    bench.window.scanner.hand_on()
    press(bench, Qt.Key.Key_Return)
    shift = bench.window.session.state.shift
    assert shift is not None
    assert shift.opening_float == Money(10000, GBP)
    assert bench.window.conductor.page is Page.SELL


def test_given_no_shift_when_something_is_scanned_then_it_is_refused_in_words(bench: Bench) -> None:
    bench.log_in()
    bench.scan(OAT)
    assert bench.window.screens[Page.OPEN_SHIFT].notice.isVisible()
    assert bench.sounds.heard[-1] == "refused"


def test_given_a_supervisor_when_cash_is_put_in_then_the_drawer_expects_more(bench: Bench) -> None:
    bench.log_in("priya", "3690")
    bench.open_shift()
    bench.do("shift")
    shift = bench.window.conductor.shift
    shift.choose_job(Job.CASH_IN)
    shift.type_cash("2500")
    shift.type_reason("change from the bank")
    shift.move_cash()
    bench.settle()
    assert shift.report is not None
    assert shift.report.expected == Money(12500, GBP)
    assert shift.cash_text == ""
