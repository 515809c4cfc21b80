"""Paying: split tenders, change, giving back, letters for methods; nothing is taken twice."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.ui.screens.payment.screen import PaymentScreen
from desktop.ui.screens.till.pages import Page
from desktop.usecases.till_state import Phase
from shared.money import Money, currency
from tests.helpers.till_window import Bench

OAT, SOURDOUGH, CANDLE = "5012345678900", "5012345678917", "5012345678924"
GBP = currency("GBP")


@pytest.fixture
def paying(selling: Bench) -> Bench:
    """Goods for 20.64, and the payment page open."""
    selling.scan(OAT, SOURDOUGH, CANDLE)
    selling.do("tender")
    return selling


def page_of(bench: Bench) -> PaymentScreen:
    screen = bench.window.screens[Page.PAYMENT]
    assert isinstance(screen, PaymentScreen)
    return screen


def press(bench: Bench, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(bench.window.focusWidget() or bench.window, key)
        bench.window.scanner.hand_on()
        bench.settle()


def type_amount(bench: Bench, digits: str) -> None:
    QTest.keyClicks(page_of(bench).field, digits)
    bench.window.scanner.hand_on()


def test_given_the_payment_page_when_it_opens_then_the_field_has_the_focus_and_suggests_what_is_due(
    paying: Bench,
) -> None:
    assert paying.window.conductor.page is Page.PAYMENT
    assert page_of(paying).field.hasFocus()
    assert page_of(paying).field._suggestion == "20.64"


def test_given_more_cash_than_due_when_it_is_taken_then_the_change_is_large_on_the_receipt_page(
    paying: Bench,
) -> None:
    type_amount(paying, "3000")
    assert page_of(paying)._change.text == "9.36"
    press(paying, Qt.Key.Key_Return)
    assert paying.window.conductor.page is Page.RECEIPT
    receipt = paying.window.session.state.receipt
    assert receipt is not None
    assert receipt.change == Money(936, GBP)


def test_given_a_card_and_cash_when_both_are_taken_then_the_sale_is_sealed_with_two_tenders(paying: Bench) -> None:
    press(paying, Qt.Key.Key_K)
    type_amount(paying, "1000")
    press(paying, Qt.Key.Key_F12)
    state = paying.window.session.state
    assert state.phase is Phase.PAYING
    assert [(tender.method, str(tender.amount)) for tender in state.tenders] == [("card", "10.00")]
    assert str(state.remaining) == "10.64"
    assert paying.window.conductor.page is Page.PAYMENT
    press(paying, Qt.Key.Key_C, Qt.Key.Key_F12)
    receipt = paying.window.session.state.receipt
    assert receipt is not None
    assert "Card" in receipt.text
    assert "Cash" in receipt.text
    assert paying.window.conductor.page is Page.RECEIPT


def test_given_a_tender_when_del_is_pressed_then_it_is_given_back(paying: Bench) -> None:
    press(paying, Qt.Key.Key_V)
    type_amount(paying, "500")
    press(paying, Qt.Key.Key_F12, Qt.Key.Key_Delete)
    assert paying.window.session.state.tenders == ()
    assert paying.window.session.state.phase is Phase.SELLING


def test_given_digits_in_the_field_when_del_is_pressed_then_they_go_and_no_tender_does(paying: Bench) -> None:
    type_amount(paying, "500")
    press(paying, Qt.Key.Key_Delete)
    assert page_of(paying).field.buffer == ""


def test_given_more_by_card_than_is_due_when_it_is_taken_then_it_is_refused_and_nothing_was_taken(
    paying: Bench,
) -> None:
    press(paying, Qt.Key.Key_K)
    type_amount(paying, "9900")
    press(paying, Qt.Key.Key_F12)
    assert page_of(paying).notice.isVisible()
    assert paying.window.session.state.tenders == ()


def test_given_the_pad_when_it_is_pressed_then_it_types_into_the_field(paying: Bench) -> None:
    for name in ("2", "5", "00", "backspace", "backspace"):
        page_of(paying).pad.pressed.emit(name)
    assert page_of(paying).field.buffer == "25"
    assert page_of(paying).field.hasFocus()


def test_given_suggestions_when_one_is_pressed_then_that_much_is_given(paying: Bench) -> None:
    labels = [suggestion.label for suggestion in paying.window.conductor.payment.suggestions]
    assert labels == ["Exact", "20 + 5", "20 + 10", "20 + 20"]
    QTest.mouseClick(page_of(paying)._suggestions[1], Qt.MouseButton.LeftButton)
    press(paying, Qt.Key.Key_F12)
    receipt = paying.window.session.state.receipt
    assert receipt is not None
    assert str(receipt.change) == "4.36"


def test_given_the_payment_page_when_an_item_is_scanned_then_it_is_sold_and_the_sale_is_back(paying: Bench) -> None:
    paying.scan(OAT)
    assert paying.window.conductor.page is Page.SELL
    assert len(paying.window.session.state.lines) in (3, 4)
    totals = paying.window.session.state.totals
    assert totals is not None
    assert str(totals.to_pay) == "22.83"


def test_given_the_payment_page_when_escape_is_pressed_then_the_sale_is_back_untouched(paying: Bench) -> None:
    press(paying, Qt.Key.Key_Escape)
    assert paying.window.conductor.page is Page.SELL
    assert len(paying.window.session.state.lines) == 3


def test_given_a_number_typed_while_selling_when_tender_is_pressed_then_it_is_the_amount(selling: Bench) -> None:
    selling.scan(CANDLE)
    QTest.keyClicks(selling.window.sell_screen.find_field.edit, "2000")
    selling.window.scanner.hand_on()
    selling.do("tender")
    assert page_of(selling).field.buffer == "2000"
    assert "20.00" in page_of(selling)._take.text()


def test_given_the_receipt_page_when_it_is_saved_then_there_is_a_pdf(paying: Bench) -> None:
    press(paying, Qt.Key.Key_F12)
    press(paying, Qt.Key.Key_S)
    saved = list((paying.window.conductor.receipt.folder).glob("*.pdf"))
    assert len(saved) == 1
    assert saved[0].read_bytes().startswith(b"%PDF")
    assert saved[0].name in paying.window.conductor.receipt.saved
    press(paying, Qt.Key.Key_Return)
    assert paying.window.conductor.page is Page.SELL
