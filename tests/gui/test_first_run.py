"""The first page of a new device: it says how far it is, and why it could not join."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.ui.executor import Executor
from desktop.ui.joining import Report
from desktop.ui.screens.first_run.presenter import Enrol, FirstRunPresenter
from desktop.ui.screens.first_run.window import FirstRunWindow, TroubleWindow
from shared.errors import EnvironmentFailure, UserError


@pytest.fixture
def executor() -> Iterator[Executor]:
    made = Executor("join")
    yield made
    made.close()


def window_for(
    qtbot: QtBot,
    executor: Executor,
    join: Enrol,
    *,
    is_resumed: bool = False,
) -> tuple[FirstRunWindow, FirstRunPresenter]:
    presenter = FirstRunPresenter(join, executor, is_resumed=is_resumed)
    window = FirstRunWindow(presenter)
    qtbot.addWidget(window)
    window.show()
    return window, presenter


def type_both(window: FirstRunWindow) -> None:
    QTest.keyClicks(window._screen.url, "http://127.0.0.1:8470")
    QTest.keyClicks(window._screen.code, "k7qf2-9xwtm")


def test_given_address_and_code_when_enter_is_pressed_then_the_device_joins_and_the_window_closes(
    qtbot: QtBot, executor: Executor
) -> None:
    asked: list[tuple[str, str]] = []
    may_go = threading.Event()

    def join(url: str, code: str, report: Callable[[str], None]) -> None:
        asked.append((url, code))
        report("Products 40 %")
        may_go.wait(10)

    window, _presenter = window_for(qtbot, executor, join)
    assert not window._screen._join.isEnabled()
    type_both(window)
    QTest.keyClick(window._screen.code, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window._screen._step.text() == "Products 40 %")
    assert window._screen._bar.isVisible()
    assert not window._screen.code.isEnabled()
    may_go.set()
    qtbot.waitUntil(lambda: window.has_joined)
    assert asked == [("http://127.0.0.1:8470", "K7QF2-9XWTM")]
    assert not window.isVisible()


@pytest.mark.parametrize(
    "error",
    [
        UserError("enrol_code_invalid", "This code is wrong or was used already. Ask the office for a new one."),
        EnvironmentFailure("server_unreachable", "The server does not answer. Check the address and the network."),
    ],
)
def test_given_a_wrong_code_or_no_server_when_joining_fails_then_the_page_says_why_and_keeps_what_was_typed(
    qtbot: QtBot, executor: Executor, error: UserError | EnvironmentFailure
) -> None:
    def join(_url: str, _code: str, _report: Callable[[str], None]) -> None:
        raise error

    window, _presenter = window_for(qtbot, executor, join)
    type_both(window)
    window._screen._join.click()
    qtbot.waitUntil(window._screen.problem.isVisible)
    assert window._screen.problem.text() == error.message
    assert window._screen.code.text() == "k7qf2-9xwtm"
    assert window._screen._join.isEnabled()
    assert not window.has_joined


def test_given_a_load_that_broke_off_when_the_page_opens_then_it_goes_on_without_a_code(
    qtbot: QtBot, executor: Executor
) -> None:
    window, presenter = window_for(qtbot, executor, lambda *_: None, is_resumed=True)
    assert not window._screen.code.isEnabled()
    presenter.submit()
    qtbot.waitUntil(lambda: window.has_joined)


def test_given_a_load_whose_size_is_known_then_the_bar_shows_it_and_closing_the_window_ends_it_at_the_next_step(
    qtbot: QtBot, executor: Executor
) -> None:
    may_go, ended = threading.Event(), list[str]()

    def join(_url: str, _code: str, report: Report) -> None:
        report("Fetching the catalogue · 12.0 of 48.0 MB", 250)
        may_go.wait(10)
        try:
            report("Fetching the catalogue · 13.0 of 48.0 MB", 270)
        except EnvironmentFailure as failure:
            ended.append(failure.code)
            raise

    window, presenter = window_for(qtbot, executor, join, is_resumed=True)
    assert window._screen._bar.maximum() == 0
    presenter.submit()
    qtbot.waitUntil(lambda: window._screen._bar.value() == 250)
    assert window._screen._bar.maximum() == 1_000
    assert window._screen._step.text() == "Fetching the catalogue · 12.0 of 48.0 MB"
    window.close()
    may_go.set()
    qtbot.waitUntil(lambda: ended == ["offline"])
    assert not window.has_joined


def test_given_a_home_that_cannot_be_opened_when_it_is_told_then_the_window_says_what_to_do(qtbot: QtBot) -> None:
    window = TroubleWindow("This replica was written by a newer program. Update this one.")
    qtbot.addWidget(window)
    window.show()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert not window.isVisible()
