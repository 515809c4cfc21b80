"""Logging in: a wrong PIN says how many attempts are left, a barcode is no attempt, a scan is refused."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.ui.screens.login.presenter import NOT_A_PIN
from desktop.ui.screens.login.screen import LoginScreen
from desktop.ui.screens.till.pages import Page
from tests.helpers.till_window import Bench


def page_of(bench: Bench) -> LoginScreen:
    screen = bench.window.screens[Page.LOGIN]
    assert isinstance(screen, LoginScreen)
    return screen


def type_pin(bench: Bench, pin: str) -> None:
    page = page_of(bench)
    QTest.keyClicks(page.pin, pin)
    QTest.keyClick(page.pin, Qt.Key.Key_Return)
    bench.settle()


def test_given_a_wrong_pin_when_it_is_entered_then_the_page_stays_and_says_why(bench: Bench) -> None:
    bench.window.conductor.login.choose("mara")
    type_pin(bench, "1111")
    assert bench.window.conductor.page is Page.LOGIN
    assert "PIN" in page_of(bench).problem.text()
    assert page_of(bench).problem.isVisible()
    assert page_of(bench).pin.buffer == ""


def test_given_the_right_pin_when_it_is_entered_then_a_shift_is_asked_for(bench: Bench) -> None:
    bench.window.conductor.login.choose("mara")
    type_pin(bench, "2580")
    assert bench.window.conductor.page is Page.OPEN_SHIFT


def test_given_the_keyboard_alone_when_down_is_pressed_then_the_next_person_is_chosen(bench: Bench) -> None:
    before = bench.window.conductor.login.username
    QTest.keyClick(page_of(bench).pin, Qt.Key.Key_Down)
    assert bench.window.conductor.login.username != before


def test_given_a_barcode_in_the_pin_field_when_it_is_read_then_it_costs_no_attempt(bench: Bench) -> None:
    type_pin(bench, "4006381333931")
    assert page_of(bench).problem.text() == NOT_A_PIN
    bench.log_in()
    assert bench.window.conductor.page is Page.OPEN_SHIFT


def test_given_nobody_logged_in_when_something_is_scanned_then_it_is_refused_aloud(bench: Bench) -> None:
    bench.scan("5012345678900")
    assert bench.sounds.heard == ["refused"]
    assert bench.window.conductor.page is Page.LOGIN


def test_given_an_open_shift_when_the_till_is_locked_then_the_basket_is_still_there_after(selling: Bench) -> None:
    selling.scan("5012345678900")
    selling.do("logout")
    assert selling.window.conductor.page is Page.LOGIN
    selling.log_in("theo", "1470")
    assert selling.window.conductor.page is Page.SELL
    assert len(selling.window.session.state.lines) == 1
