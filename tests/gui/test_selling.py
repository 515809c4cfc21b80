"""Selling by scan, by name, by tile and by number; what the clerk sees is what is in the basket."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.ui.screens.till.pages import Page
from tests.helpers.till_window import Bench

OAT, SOURDOUGH, CANDLE, UNKNOWN = "5012345678900", "5012345678917", "5012345678924", "4006381333931"


class Paints(QObject):
    """Counts how often a widget was painted."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return super().eventFilter(watched, event)


def press(bench: Bench, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(bench.window.focusWidget() or bench.window, key, modifiers)
    bench.settle()


def type_text(bench: Bench, text: str) -> None:
    QTest.keyClicks(bench.window.sell_screen.find_field.edit, text)
    bench.window.scanner.hand_on()
    bench.settle()


def test_given_a_scan_when_it_is_in_the_basket_then_its_line_is_painted_and_heard(selling: Bench) -> None:
    paints = Paints()
    viewport = selling.window.basket.list.viewport()
    selling.scan(SOURDOUGH)
    viewport.installEventFilter(paints)
    before = viewport.grab().toImage()
    paints.count = 0
    selling.scan(OAT)
    QApplication.processEvents()
    assert paints.count >= 1
    assert viewport.grab().toImage() != before
    assert [line.sku for line in selling.window.session.state.lines] == ["SOU-SEED-800", "OAT-BAR-1L"]
    assert selling.sounds.heard == ["accepted", "accepted"]


def test_given_an_unknown_barcode_when_it_is_scanned_then_a_line_stands_until_noted_and_payment_waits(
    selling: Bench,
) -> None:
    selling.scan(OAT, UNKNOWN)
    notice = selling.window.sell_screen.notice
    assert notice.isVisible()
    assert UNKNOWN in notice.text()
    assert selling.sounds.heard[-1] == "refused"
    assert not selling.window.sell_screen._exact.isEnabled()
    assert len(selling.window.session.state.lines) == 1
    press(selling, Qt.Key.Key_Escape)
    assert not notice.isVisible()
    assert selling.window.sell_screen._exact.isEnabled()


def test_given_an_unknown_barcode_when_the_next_scan_is_good_then_the_line_is_gone(selling: Bench) -> None:
    selling.scan(UNKNOWN, OAT)
    assert not selling.window.sell_screen.notice.isVisible()


def test_given_three_scans_when_f12_is_pressed_then_the_sale_is_sealed_with_one_key(selling: Bench) -> None:
    selling.scan(OAT, SOURDOUGH, CANDLE)
    press(selling, Qt.Key.Key_F12)
    assert selling.window.conductor.page is Page.RECEIPT
    receipt = selling.window.session.state.receipt
    assert receipt is not None
    assert str(receipt.total) == "20.64"
    assert not receipt.change
    assert "Oat drink barista" in selling.window.paper._text.text()


def test_given_the_receipt_when_the_next_item_is_scanned_then_a_new_sale_begins(selling: Bench) -> None:
    selling.scan(OAT)
    press(selling, Qt.Key.Key_F12)
    selling.scan(CANDLE)
    assert selling.window.conductor.page is Page.SELL
    assert [line.sku for line in selling.window.session.state.lines] == ["CND-CEDAR"]


def test_given_digits_when_f12_follows_then_that_much_cash_was_given(selling: Bench) -> None:
    selling.scan(OAT)
    type_text(selling, "2000")
    press(selling, Qt.Key.Key_F12)
    receipt = selling.window.session.state.receipt
    assert receipt is not None
    assert str(receipt.change) == "17.81"


def test_given_a_number_when_f6_follows_then_the_line_has_that_quantity(selling: Bench) -> None:
    selling.scan(OAT)
    type_text(selling, "3")
    press(selling, Qt.Key.Key_F6)
    assert selling.window.session.state.lines[0].quantity == "3"
    assert selling.window.sell_screen.find_field.text() == ""


def test_given_nothing_typed_when_f6_is_pressed_then_the_page_asks_and_enter_answers(selling: Bench) -> None:
    selling.scan(OAT)
    press(selling, Qt.Key.Key_F6)
    field = selling.window.sell_screen.entry.field
    assert field.hasFocus()
    QTest.keyClicks(field, "12")
    selling.window.scanner.hand_on()
    press(selling, Qt.Key.Key_Return)
    assert selling.window.session.state.lines[0].quantity == "12"
    assert selling.window.sell_screen.find_field.edit.hasFocus()


def test_given_an_open_question_when_something_is_scanned_then_it_is_sold_not_typed(selling: Bench) -> None:
    selling.scan(OAT)
    press(selling, Qt.Key.Key_F6)
    selling.scan(CANDLE)
    assert selling.window.conductor.sell.entry is None
    assert [line.sku for line in selling.window.session.state.lines] == ["OAT-BAR-1L", "CND-CEDAR"]


def test_given_a_prefix_when_an_item_is_scanned_then_so_many_are_sold(selling: Bench) -> None:
    type_text(selling, "3*")
    selling.scan(OAT)
    assert selling.window.session.state.lines[0].quantity == "3"
    type_text(selling, "2*")
    selling.scan(OAT)
    assert sum(int(line.quantity) for line in selling.window.session.state.lines) == 5


def test_given_part_of_a_name_when_enter_is_pressed_then_the_first_match_is_sold(selling: Bench) -> None:
    type_text(selling, "candle")
    assert selling.window.sell_screen.results.count() == 1
    press(selling, Qt.Key.Key_Return)
    assert [line.sku for line in selling.window.session.state.lines] == ["CND-CEDAR"]
    assert selling.window.sell_screen.find_field.text() == ""


def test_given_a_name_nobody_knows_when_it_is_typed_then_the_page_says_so(selling: Bench) -> None:
    type_text(selling, "zzzz")
    assert selling.window.sell_screen.results.count() == 0
    assert selling.window.sell_screen._nothing.isVisible()


def test_given_a_tile_when_it_is_pressed_twice_then_two_are_sold(selling: Bench) -> None:
    tile = selling.window.sell_screen.tiles.tiles()[0]
    for _ in range(2):
        QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
        selling.settle()
    assert [line.quantity for line in selling.window.session.state.lines] == ["2"]


def test_given_two_lines_when_up_and_del_are_pressed_then_the_first_is_struck_through(selling: Bench) -> None:
    selling.scan(OAT, CANDLE)
    press(selling, Qt.Key.Key_Up)
    assert selling.window.session.state.selected_line == selling.window.session.state.lines[0].id
    press(selling, Qt.Key.Key_Delete)
    assert [line.is_removed for line in selling.window.session.state.lines] == [True, False]


def test_given_a_number_when_f8_follows_then_the_line_is_cheaper(selling: Bench) -> None:
    selling.scan(CANDLE)
    type_text(selling, "10")
    press(selling, Qt.Key.Key_F8)
    assert str(selling.window.session.state.lines[0].total) == "13.05"


def test_given_an_amount_off_the_whole_sale_when_it_is_asked_for_then_the_total_is_less(selling: Bench) -> None:
    selling.scan(CANDLE)
    press(selling, Qt.Key.Key_F8)
    selling.window.conductor.sell.change_entry(is_percent=False, is_basket=True, text="150")
    selling.window.conductor.sell.confirm_entry()
    selling.settle()
    totals = selling.window.session.state.totals
    assert totals is not None
    assert str(totals.to_pay) == "13.00"


def test_given_a_clerk_when_a_price_is_changed_then_it_is_refused_in_words(selling: Bench) -> None:
    selling.scan(CANDLE)
    type_text(selling, "100")
    press(selling, Qt.Key.Key_F7)
    assert str(selling.window.session.state.lines[0].total) == "14.50"
    assert selling.window.sell_screen.notice.isVisible()


def test_given_an_empty_basket_when_tender_is_pressed_then_the_page_says_what_to_do(selling: Bench) -> None:
    press(selling, Qt.Key.Key_F9)
    assert selling.window.conductor.page is Page.SELL
    assert "Scan or find" in selling.window.sell_screen.notice.text()


def test_given_keys_as_a_scanner_sends_them_when_a_tile_has_the_focus_then_the_item_is_sold_once(
    selling: Bench,
) -> None:
    tile = selling.window.sell_screen.tiles.tiles()[0]
    tile.setFocus()
    for character in OAT:
        key = QKeyEvent(QEvent.Type.KeyPress, ord(character), Qt.KeyboardModifier.NoModifier, character)
        QApplication.sendEvent(tile, key)
    QTest.keyClick(tile, Qt.Key.Key_Return)
    selling.settle()
    assert [(line.sku, line.quantity) for line in selling.window.session.state.lines] == [("OAT-BAR-1L", "1")]
