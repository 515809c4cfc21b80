"""Keys, focus, names and room: what holds on every page."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from desktop.ui.actions import ACTIONS, Place
from desktop.ui.screens.help.presenter import cap_of, help_groups
from desktop.ui.screens.till.pages import Page
from desktop.ui.screens.till.shortcuts import LOCAL_KEYS
from desktop.ui.theme import Theme, apply_theme
from tests.helpers.till_window import Bench

OAT, CANDLE = "5012345678900", "5012345678924"
TILL_PLACES = {Place.SELL, Place.PAYMENT, Place.RECEIPT, Place.SHIFT, Place.EVERYWHERE}
PAGES = ("sell", "payment", "returns", "customer", "parked", "shift", "sync", "help")


def open_page(bench: Bench, name: str) -> None:
    bench.scan(CANDLE)
    bench.window.conductor.open_named(name)
    bench.settle()
    assert bench.window.conductor.page == name


def test_given_the_action_table_when_an_action_of_the_till_has_a_key_then_the_window_does_something(
    selling: Bench,
) -> None:
    wanted = {
        name
        for name, action in ACTIONS.items()
        if action.key and action.key not in LOCAL_KEYS and action.places & TILL_PLACES
    }
    assert wanted == set(selling.window.shortcuts.actions)


def test_given_any_page_when_keys_are_enabled_then_no_key_does_two_things(selling: Bench) -> None:
    for page in Page:
        selling.window.shortcuts.enable_for(page)
        keys = [
            action.shortcut().toString() for action in selling.window.shortcuts.actions.values() if action.isEnabled()
        ]
        assert len(keys) == len(set(keys)), page


def test_given_the_help_sheet_when_it_is_read_then_every_key_of_the_till_is_on_it() -> None:
    shown = {key for group in help_groups() for _, key in group.rows}
    assert shown == {cap_of(action.key) for action in ACTIONS.values() if action.key and action.places & TILL_PLACES}


@pytest.mark.parametrize("name", PAGES)
def test_given_any_page_when_f2_is_pressed_then_the_find_field_has_the_keyboard(selling: Bench, name: str) -> None:
    open_page(selling, name)
    QTest.keyClick(selling.window.focusWidget() or selling.window, Qt.Key.Key_F2)
    selling.settle()
    assert selling.window.conductor.page is Page.SELL
    assert selling.window.sell_screen.find_field.edit.hasFocus()


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("help", "sync")])
def test_given_any_page_when_f1_is_pressed_twice_then_the_same_page_is_back(selling: Bench, name: str) -> None:
    open_page(selling, name)
    for expected in (Page.HELP, Page(name)):
        QTest.keyClick(selling.window.focusWidget() or selling.window, Qt.Key.Key_F1)
        selling.settle()
        assert selling.window.conductor.page is expected


@pytest.mark.parametrize("name", ["sell", "payment", "parked", "shift", "sync", "help"])
def test_given_any_page_when_an_item_is_scanned_then_it_is_sold(selling: Bench, name: str) -> None:
    open_page(selling, name)
    selling.scan(OAT)
    assert "OAT-BAR-1L" in {line.sku for line in selling.window.session.state.lines}


@pytest.mark.parametrize("name", PAGES)
def test_given_any_page_when_it_opens_then_the_focus_is_on_it_and_can_be_seen(selling: Bench, name: str) -> None:
    open_page(selling, name)
    focused = selling.window.focusWidget()
    assert focused is not None
    assert focused.isVisibleTo(selling.window)
    ring_owner = focused.parentWidget() if focused.property("bare") else focused
    assert ring_owner is not None
    if name in ("help", "parked"):
        return
    with_focus = ring_owner.grab().toImage()
    focused.clearFocus()
    QApplication.processEvents()
    assert ring_owner.grab().toImage() != with_focus


@pytest.mark.parametrize("name", [*PAGES, "login", "open_shift", "receipt"])
def test_given_any_page_when_a_reader_asks_then_every_focusable_widget_has_a_name(bench: Bench, name: str) -> None:
    if name != "login":
        bench.log_in()
    if name not in ("login", "open_shift"):
        bench.open_shift()
        bench.scan(CANDLE)
    if name == "receipt":
        bench.do("exact_cash")
    elif name not in ("login", "open_shift"):
        bench.window.conductor.open_named(name)
    bench.settle()
    assert bench.window.conductor.page == name
    nameless = [
        widget
        for widget in bench.window.findChildren(QWidget)
        if widget.isVisibleTo(bench.window)
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
    ]
    assert not nameless


@pytest.mark.parametrize("name", PAGES)
def test_given_any_page_when_tab_is_pressed_then_the_focus_goes_round_and_never_gets_lost(
    selling: Bench, name: str
) -> None:
    open_page(selling, name)
    seen = set()
    for _ in range(60):
        QTest.keyClick(selling.window.focusWidget() or selling.window, Qt.Key.Key_Tab)
        focused = selling.window.focusWidget()
        assert focused is not None
        assert focused.isVisibleTo(selling.window)
        seen.add(focused)
    assert len(seen) > 1


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_given_every_theme_when_a_sale_is_shown_then_it_is_drawn_without_a_warning(
    qapp: QApplication, selling: Bench, theme: str
) -> None:
    apply_theme(qapp, Theme.named(theme))
    selling.scan(OAT, CANDLE)
    assert not selling.window.grab().isNull()


@pytest.mark.parametrize("size", [(1024, 680), (1280, 800), (1920, 1080)])
def test_given_any_size_when_a_page_is_open_then_no_button_is_cut_off(selling: Bench, size: tuple[int, int]) -> None:
    selling.window.resize(*size)
    for name in ("sell", "payment", "returns", "shift", "sync"):
        open_page(selling, name)
        QApplication.processEvents()
        for button in selling.window.screens[Page(name)].findChildren(QAbstractButton):
            if button.isVisibleTo(selling.window) and button.visibleRegion().isEmpty() is False:
                corner = button.mapTo(selling.window, QPoint(button.width(), button.height()))
                assert corner.x() <= size[0], (name, button.accessibleName())
        selling.do("find")


def test_given_a_quantity_of_three_digits_and_a_long_name_when_it_is_sold_then_everything_is_still_there(
    selling: Bench,
) -> None:
    selling.scan(CANDLE)
    selling.act(lambda till: till.set_quantity("888"))
    totals = selling.window.session.state.totals
    assert totals is not None
    assert str(totals.to_pay) == "12876.00"
    assert selling.window.basket._due.text == "£12,876.00"
    assert not selling.window.grab().isNull()


def test_given_ctrl_q_when_it_is_pressed_then_the_window_closes(selling: Bench) -> None:
    selling.do("quit")
    assert not selling.window.isVisible()
