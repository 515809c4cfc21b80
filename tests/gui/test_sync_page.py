"""The till's sync centre: reached by chip and key, readable in every state, and what a supervisor can do there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.replica.engine import Replica
from desktop.replica.erasure import erase_everything
from desktop.ui.screens.sync.screen import SyncScreen
from desktop.ui.screens.till.pages import Page
from desktop.usecases.line_state import Download, LineState
from desktop.usecases.support_bundle import Bundle, Part
from shared.clock import SettableClock
from tests.helpers.replica import NOON
from tests.helpers.sync_lines import MINUTE, OFFLINE, ONLINE, SaidLine
from tests.helpers.till_window import Bench, open_bench

OAT = "5012345678900"
BUNDLE = Bundle(NOON, (Part("doctor.txt", "how it is", "all well"),))


@pytest.fixture
def line() -> SaidLine:
    return SaidLine(OFFLINE)


@pytest.fixture
def till(qapp: QApplication, replica: Replica, tmp_path: Path, clock: SettableClock, line: SaidLine) -> Iterator[Bench]:
    with open_bench(replica, tmp_path, clock, line) as opened:
        opened.window.resize(1280, 800)
        opened.window.show()
        opened.window.activateWindow()
        yield opened


@pytest.fixture
def sold(till: Bench, clock: SettableClock) -> Bench:
    """A sale that waits for half an hour, rung up by a supervisor."""
    till.log_in("priya", "3690")
    till.open_shift()
    till.scan(OAT)
    till.do("exact_cash")
    till.do("find")
    clock.advance(1_800)
    return till


def page_of(bench: Bench) -> SyncScreen:
    screen = bench.window.screens[Page.SYNC]
    assert isinstance(screen, SyncScreen)
    return screen


def open_page(bench: Bench) -> SyncScreen:
    bench.do("sync_centre")
    bench.settle()
    assert bench.window.conductor.page is Page.SYNC
    return page_of(bench)


def refuse_the_sale(bench: Bench, code: str = "record_unknown") -> None:
    with bench.till.station.replica.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE outbox SET state = 'refused', code = ?, message = 'The shift is not known.' WHERE entity = 'sale'",
            (code,),
        )


def test_given_the_chip_or_f10_when_pressed_then_the_sync_centre_opens_and_escape_goes_back(sold: Bench) -> None:
    QTest.mouseClick(sold.window.header.connection, Qt.MouseButton.LeftButton)
    sold.settle()
    assert sold.window.conductor.page is Page.SYNC
    QTest.keyClick(sold.window.focusWidget(), Qt.Key.Key_Escape)
    sold.settle()
    assert sold.window.conductor.page is Page.SELL
    for page in (Page.SYNC, Page.SELL):
        QTest.keyClick(sold.window.focusWidget(), Qt.Key.Key_F10)
        sold.settle()
        assert sold.window.conductor.page is page


def test_given_a_sale_that_waits_then_it_is_named_with_its_amount_and_age(sold: Bench) -> None:
    page = open_page(sold)
    rows = [page.list.row(number) for number in range(page.list.count())]
    assert [row.title for row in rows] == ["Shift 1 of 2026-11-18", "Sale HS-2-000001, £2.19"]
    assert rows[1].note == "waits 30 min"
    assert page._headline.text().startswith("Offline 56 min · 2 waiting")
    assert "Selling goes on" in page._warning.text()
    assert "epoch 1" in page._facts.text()


@pytest.mark.parametrize("state", [state for state in LineState if state is not LineState.OFFLINE])
def test_given_any_state_of_the_line_then_the_page_and_the_chip_say_it(
    sold: Bench, line: SaidLine, state: LineState
) -> None:
    line.now = {
        LineState.ONLINE: ONLINE,
        LineState.FILLING: replace(ONLINE, is_filling=True),
        LineState.RECOVERING: replace(ONLINE, is_recovering=True),
        LineState.BUSY: replace(OFFLINE, last_error_code="server_busy", retry_at=NOON + 40 * MINUTE),
        LineState.SWITCHED_OFF: replace(OFFLINE, is_switched_off=True),
        LineState.REVOKED: replace(OFFLINE, last_error_code="device_revoked", handed_in=2),
    }[state]
    page = open_page(sold)
    sold.window.session.refresh()
    sold.settle()
    assert line.now.state is state
    chip = sold.window.header.connection.text()
    said = {
        LineState.ONLINE: "Online",
        LineState.FILLING: "First load",
        LineState.RECOVERING: "Server restored",
        LineState.BUSY: "Server busy",
        LineState.SWITCHED_OFF: "Switched offline",
        LineState.REVOKED: "May not sync",
    }[state]
    assert chip.startswith(said)
    assert page._headline.text().startswith(said)
    assert page.try_now.isEnabled() is (state is not LineState.REVOKED)
    assert not page.grab().isNull()


def test_given_a_refused_sale_when_a_supervisor_sends_it_again_then_it_waits_again(sold: Bench) -> None:
    refuse_the_sale(sold)
    page = open_page(sold)
    assert page.tabs.index() == 1, "what needs somebody is shown first"
    page.list.opened.emit(page.list.row(0).key)
    assert page._reason.text() == "The shift is not known."
    assert page._remedy.text()
    page.again.click()
    sold.settle()

    assert "sent again" in page.notice.text()
    assert sold.till.station.replica is not None
    with sold.till.station.replica.read() as connection:
        names = [tuple(row) for row in connection.exec_driver_sql("SELECT name, state, seen_to FROM outbox")]
    assert ("sale.record", "refused", "repaired") in names
    assert ("sale.record", "waiting", "") in names


def test_given_a_clerk_then_a_refused_sale_says_who_can_see_to_it(sold: Bench) -> None:
    refuse_the_sale(sold)
    sold.log_in("mara", "2580")
    page = open_page(sold)
    page.list.opened.emit(page.list.row(0).key)
    assert page._not_allowed.isVisible()
    assert not page.again.isVisible()
    assert not page.switch.isVisible()
    sold.window.conductor.sync.send_again()
    sold.settle()
    assert page.notice.text(), "refused by the use case, not by hiding a button alone"


def test_given_nobody_logged_in_then_the_line_is_shown_and_no_names_or_amounts(sold: Bench) -> None:
    sold.do("logout")
    page = open_page(sold)
    assert page.list.count() == 0
    assert page._empty._title.text() == "Log in to see what waits"
    assert not page.gather.isVisible()
    QTest.keyClick(sold.window, Qt.Key.Key_Escape)
    sold.settle()
    assert sold.window.conductor.page is Page.LOGIN


def test_given_compare_now_then_the_outcome_is_said_and_it_can_be_stopped(sold: Bench, line: SaidLine) -> None:
    page = open_page(sold)
    page.compare.click()
    sold.window.conductor.sync.wait_until_idle()
    assert page.notice.text() == "Everything agrees with the server: 1,204 rows compared."
    line.verify_waits_for_stop = True
    page.compare.click()
    page.compare.click()
    sold.window.conductor.sync.wait_until_idle()
    assert "stopped" in page.notice.text()


def test_given_a_file_that_comes_then_its_bytes_are_shown_and_a_supervisor_may_do_without_it(
    sold: Bench, line: SaidLine
) -> None:
    line.now = replace(ONLINE, download=Download("catalogue", 12_400_000, 48_000_000))
    sold.window.session.refresh()
    sold.settle()
    assert sold.window.header.connection.text() == "Fetching 12.4 of 48.0 MB · 2 waiting"
    page = open_page(sold)
    assert page.download.title.text() == "The catalogue comes as a file · 12.4 of 48.0 MB"
    assert page.download.bar.value() == 258
    assert page._headline.text() == "Fetching 12.4 of 48.0 MB · 2 waiting"
    page.download.skip.click()
    sold.settle()
    assert line.asked == ["skip_snapshots"]
    assert not page.download.isVisible()

    line.now = replace(ONLINE, download=Download("catalogue", 48_000_000, 48_000_000))
    sold.window.conductor.sync.look()
    sold.settle()
    assert page.download.text.text() == "It is put in place now."
    assert not page.download.skip.isVisible(), "there is nothing left to do without"


def test_given_a_clerk_when_a_file_comes_then_they_see_it_and_cannot_stop_it(sold: Bench, line: SaidLine) -> None:
    line.now = replace(ONLINE, download=Download("stock levels", 1, 2_000_000))
    sold.log_in("mara", "2580")
    page = open_page(sold)
    assert page.download.isVisible()
    assert not page.download.skip.isVisible()
    sold.window.conductor.sync.fetch_by_pages()
    sold.settle()
    assert line.asked == []


def test_given_try_now_and_the_switch_then_the_line_is_asked(sold: Bench, line: SaidLine) -> None:
    page = open_page(sold)
    page.try_now.click()
    sold.settle()
    assert sold.syncs == ["asked"]
    assert line.asked == ["go_online", "wake"]
    page.switch.click()
    sold.settle()
    assert line.now.state is LineState.SWITCHED_OFF
    assert page.switch.text() == "Go online"


def test_given_the_bundle_then_it_is_shown_before_it_is_written(sold: Bench, tmp_path: Path) -> None:
    page = open_page(sold)
    presenter = sold.window.conductor.sync
    presenter._support = lambda: BUNDLE
    page.gather.click()
    presenter.wait_until_idle()
    assert page.bundle.isVisible()
    assert page._parts.text() == "doctor.txt: how it is"
    presenter.save_bundle(tmp_path / "out")
    presenter.wait_until_idle()
    assert (tmp_path / "out" / BUNDLE.file_name).exists()
    assert not page.bundle.isVisible()


def test_given_a_till_that_was_revoked_while_open_then_its_window_says_so_and_stays(
    sold: Bench, line: SaidLine
) -> None:
    with sold.till.station.replica.write() as unit:
        erase_everything(unit.connection)
        unit.connection.exec_driver_sql("DELETE FROM cursor")
        unit.connection.exec_driver_sql("UPDATE outbox SET state = 'quarantined'")
    line.now = replace(OFFLINE, last_error_code="device_revoked", handed_in=2, catalogue_as_of=None)
    sold.window.session.refresh()
    sold.settle()
    page = page_of(sold)
    page.refresh()
    sold.settle()

    assert sold.window.conductor.page is Page.SYNC
    assert page._headline.text() == "May not sync any more"
    assert "(2) lies in the server's quarantine" in page._explanation.text()
    assert page.list.count() == 0
