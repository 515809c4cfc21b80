"""Scans are told from typing by their speed; a scan's Enter presses nothing, and no key of a typist is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.scanner import GROUP_SEPARATOR, RAW_KEYS_PROPERTY, ScannerFilter, ScannerSettings


class Counter:
    """A field and a button under the filter, with a clock that the test turns."""

    def __init__(self, application: QApplication, settings: ScannerSettings) -> None:
        self.application = application
        self.now_s = 100.0
        self.window = QWidget()
        self.field, self.button = QLineEdit(), QPushButton("Pay")
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addWidget(self.button)
        self.clicks = 0
        self.button.clicked.connect(self._click)
        self.codes: list[str] = []
        self.filter = ScannerFilter(settings, text_target=lambda: self.field, now_s=lambda: self.now_s)
        self.filter.scanned.connect(self.codes.append)
        application.installEventFilter(self.filter)
        self.window.show()
        self.window.activateWindow()
        self.field.setFocus()
        QApplication.processEvents()

    def _click(self) -> None:
        self.clicks += 1

    def press(self, text: str, gap_ms: float = 5, key: Qt.Key | None = None) -> None:
        target = QApplication.focusWidget()
        assert target is not None
        for character in text:
            code = key if key is not None else Qt.Key(ord(character.upper()))
            QApplication.sendEvent(
                target, QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier, character)
            )
            self.now_s += gap_ms / 1_000

    def enter(self) -> None:
        self.press("\r", key=Qt.Key.Key_Return)

    def close(self) -> None:
        self.application.removeEventFilter(self.filter)
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def counter(qapp: QApplication) -> Iterator[Counter]:
    made = Counter(qapp, ScannerSettings(gap_ms=35))
    yield made
    made.close()


def test_given_a_fast_burst_when_it_ends_in_enter_then_it_is_one_scan_and_the_field_stays_empty(
    counter: Counter,
) -> None:
    counter.press("4006381333931")
    counter.enter()
    assert counter.codes == ["4006381333931"]
    assert counter.field.text() == ""


def test_given_the_focus_on_a_button_when_a_scan_comes_then_its_enter_does_not_press_the_button(
    counter: Counter,
) -> None:
    counter.button.setFocus()
    counter.press("4006381333931")
    counter.enter()
    assert counter.codes == ["4006381333931"]
    assert counter.clicks == 0


def test_given_carriage_return_and_line_feed_when_a_scan_ends_then_the_second_one_presses_nothing(
    counter: Counter,
) -> None:
    counter.button.setFocus()
    counter.press("4006381333931")
    counter.enter()
    counter.enter()
    assert counter.clicks == 0


def test_given_a_typist_when_letters_come_slowly_then_they_reach_the_field(counter: Counter) -> None:
    counter.press("oat milk", gap_ms=120)
    counter.filter.hand_on()
    assert counter.field.text() == "oat milk"
    assert counter.codes == []


def test_given_a_fast_burst_without_terminator_when_the_gap_passes_then_it_was_typing(
    counter: Counter, qtbot: QtBot
) -> None:
    counter.press("oatmilk")
    qtbot.waitUntil(lambda: counter.field.text() == "oatmilk")


def test_given_few_fast_letters_when_enter_follows_then_they_are_typing_too(counter: Counter) -> None:
    submitted: list[bool] = []
    counter.field.returnPressed.connect(lambda: submitted.append(True))
    counter.press("abc")
    counter.enter()
    assert counter.field.text() == "abc"
    assert submitted == [True]
    assert counter.codes == []


def test_given_the_focus_on_a_button_when_somebody_types_then_the_text_goes_to_the_field(counter: Counter) -> None:
    counter.button.setFocus()
    counter.press("so", gap_ms=120)
    counter.filter.hand_on()
    assert counter.field.text() == "so"


def test_given_the_focus_on_a_button_when_space_is_pressed_then_the_button_is_pressed(counter: Counter) -> None:
    counter.button.setFocus()
    QTest.keyClick(counter.button, Qt.Key.Key_Space)
    assert counter.clicks == 1


def test_given_a_gs1_label_when_it_is_scanned_then_separators_stay_and_other_control_characters_go(
    counter: Counter,
) -> None:
    counter.press("]C1010952041700")
    counter.press(GROUP_SEPARATOR, key=Qt.Key.Key_BracketRight)
    counter.press("10AB")
    counter.enter()
    assert counter.codes == [f"]C1010952041700{GROUP_SEPARATOR}10AB"]


def test_given_a_pin_field_when_keys_come_fast_then_they_reach_it_at_once_and_nothing_is_scanned(
    counter: Counter,
) -> None:
    counter.field.setProperty(RAW_KEYS_PROPERTY, True)
    counter.press("25804826")
    assert counter.field.text() == "25804826"
    counter.enter()
    assert counter.codes == []


def test_given_a_prefix_when_the_scanner_sends_it_then_it_is_taken_off(qapp: QApplication) -> None:
    counter = Counter(qapp, ScannerSettings(prefix="~"))
    try:
        counter.press("~12345678")
        counter.enter()
        assert counter.codes == ["12345678"]
    finally:
        counter.close()


def test_given_a_window_that_was_held_up_when_the_keys_of_a_scan_come_late_then_their_own_times_count(
    counter: Counter,
) -> None:
    for number, character in enumerate("4006381333931\r"):
        key = Qt.Key.Key_Return if character == "\r" else Qt.Key(ord(character))
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, character)
        event.setTimestamp(50_000 + 4 * number)
        QApplication.sendEvent(counter.field, event)
        counter.now_s += 0.5
    assert counter.codes == ["4006381333931"]
    assert counter.field.text() == ""
