"""The office's sync centre in every state of the line, and what it lets somebody do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.replica import outbox, sync_tally
from desktop.replica.erasure import erase_everything
from desktop.sync.status import SyncStatus
from desktop.ui.screens.office.navigation import PageName
from desktop.ui.screens.office.sync_centre.screen import SyncPage
from desktop.usecases.line_state import Download
from desktop.usecases.support_bundle import Bundle, Part
from shared.clock import SettableClock
from tests.gui.office.conftest import OfficeBench
from tests.helpers.office_shop import add_refusal, sell
from tests.helpers.replica import NOON, PINS, TinyShop
from tests.helpers.sync_lines import MINUTE, OFFLINE, ONLINE, Found, SaidLine

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def line(desk: OfficeBench) -> SaidLine:
    """A line that says what a test wants."""
    made = SaidLine()
    desk.window.session.office.station.sync = made
    return made


@pytest.fixture
def page(desk: OfficeBench, line: SaidLine) -> Iterator[SyncPage]:
    desk.window.session.read_state()
    desk.window.open_page(PageName.SYNC)
    desk.settle()
    return desk.window.sync


def look(desk: OfficeBench, page: SyncPage) -> None:
    page.presenter.look()
    desk.settle()


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    ("status", "chip", "says"),
    [
        (ONLINE, "In step · 0 s ago", "Nothing waits"),
        (OFFLINE, "Offline 26 min · all sent · prices of 12:00", "Go on working"),
        (
            replace(OFFLINE, is_switched_off=True),
            "Switched offline 26 min · all sent",
            "took this device",
        ),
        (
            replace(OFFLINE, last_error_code="server_busy", retry_at=NOON + 5_000_000),
            "Server busy · again in 5 s",
            "tried again by itself",
        ),
        (replace(ONLINE, is_filling=True), "First load", "for the first time"),
        (replace(ONLINE, is_recovering=True), "Server restored, comparing", "restored from a backup"),
        (
            replace(OFFLINE, last_error_code="device_revoked", handed_in=3),
            "May not sync any more",
            "(3) lies in the server's quarantine",
        ),
        (replace(ONLINE, hold_up="The server could not do it."), "In step", "something waits here: The server could"),
    ],
    ids=["online", "offline", "switched off", "busy", "filling", "restored", "revoked", "held up"],
)
def test_given_any_state_of_the_line_then_the_centre_says_it_and_what_it_means(
    desk: OfficeBench, line: SaidLine, status: SyncStatus, chip: str, says: str
) -> None:
    page = desk.window.sync
    line.now = status
    look(desk, page)

    assert page._chip.text().startswith(chip)
    assert says in page._explanation.text()
    assert not page.grab().isNull()


def test_given_a_clock_seven_minutes_behind_then_it_says_so_and_what_to_do(
    desk: OfficeBench, line: SaidLine, page: SyncPage
) -> None:
    line.now = replace(ONLINE, clock_offset_us=4 * MINUTE)
    look(desk, page)
    assert not page._why.isVisible()

    line.now = replace(ONLINE, clock_offset_us=7 * MINUTE)
    look(desk, page)
    assert page._why.text().startswith("This device's clock is 7 min behind the server's. Set it")


def test_given_sales_that_wait_then_they_are_listed_oldest_first_in_words_with_amount_and_age(
    desk: OfficeBench, line: SaidLine, page: SyncPage, clock: SettableClock, tmp_path: Path
) -> None:
    sell(desk.replica, clock, tmp_path)
    clock.set(NOON + 30 * MINUTE)
    line.now = OFFLINE
    page.presenter.choose("waiting")
    look(desk, page)

    rows = [page._sent.row_at(place) for place in range(page._sent.rowCount())]
    assert [row.what for row in rows[:2]] == ["Shift 1 of 2026-11-18", "Sale HS-2-000001, £15.70"]
    assert rows[0].age == "30 min"
    assert "the oldest waits 30 min" in page._as_of.text()
    assert page.tabs._group.button(1).text() == f"Waiting · {len(rows)}"


def test_given_what_came_in_a_day_then_it_is_counted_by_kind_and_what_is_older_is_not(
    desk: OfficeBench, page: SyncPage, line: SaidLine
) -> None:
    with desk.replica.write() as unit:
        sync_tally.count_in(unit.connection, NOON - 25 * 60 * MINUTE, {"product": 9})
        sync_tally.count_in(unit.connection, NOON - 60 * MINUTE, {"product": 1_200, "sale": 2})
        sync_tally.count_in(unit.connection, NOON, {"product": 4})
    line.heads = {"catalogue": 1_000_000}
    look(desk, page)

    assert page.overview._came.text() == "Product 1,204 · Sale 2"
    assert page.overview.scopes.row_at(0).progress.endswith("%")
    assert "epoch 1" in page.overview._small_print.text()


def test_given_a_refused_change_when_it_is_chosen_then_why_what_to_do_and_how_is_there(
    desk: OfficeBench, page: SyncPage, office_shop: TinyShop
) -> None:
    with desk.replica.write() as unit:
        number = add_refusal(unit.connection, office_shop.products["TEA-EARL-50"])
    page.presenter.choose("refused")
    look(desk, page)
    page._sent_table.choose_row(0)
    desk.settle()

    assert page.presenter.state.chosen.number == number
    assert page.refused._reason.text() == "The product was removed on the server in the meantime."
    assert page.refused._remedy.text()
    nameless = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisibleTo(page) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not widget.accessibleName()
    ]
    assert not nameless

    page.refused.send.click()
    desk.settle()
    assert page.presenter.state.chosen is None
    assert desk.outbox()[-1] == ("product.edit", "waiting")
    assert "sent again" in page.verified.text()


def test_given_a_refused_name_when_it_is_written_otherwise_then_the_new_one_is_sent(
    desk: OfficeBench, page: SyncPage, office_shop: TinyShop
) -> None:
    tea = office_shop.products["TEA-EARL-50"]
    with desk.replica.write() as unit:
        unit.edit("product", tea, {"name": "Earl Grey 5O bags"}, edited_by="Jonas")
        unit.connection.exec_driver_sql(
            "UPDATE outbox SET state = 'refused', code = 'field_invalid', message = 'No.' WHERE entity = 'product'"
        )
    page.presenter.choose("refused")
    look(desk, page)
    page._sent_table.choose_row(0)
    page.take_key("e")
    desk.settle()
    field = page.refused._rows["name"]
    assert field.text() == "Earl Grey 5O bags"

    field.setText("Earl Grey 50 tea bags")
    page.save()
    desk.settle()

    with desk.replica.read() as connection:
        found = connection.exec_driver_sql("SELECT name FROM product WHERE id = ?", (tea.bytes,)).scalar_one()
        assert found == "Earl Grey 50 tea bags"
        assert outbox.refused_count(connection) == 0


def test_given_no_reason_when_a_change_is_set_aside_then_it_asks_for_one(
    desk: OfficeBench, page: SyncPage, office_shop: TinyShop
) -> None:
    with desk.replica.write() as unit:
        add_refusal(unit.connection, office_shop.products["TEA-EARL-50"])
    page.presenter.choose("refused")
    look(desk, page)
    page._sent_table.choose_row(0)
    page.refused.aside.click()
    desk.settle()
    assert "reason is empty" in page.notice.text()


def test_given_a_file_that_comes_then_its_bytes_are_shown_and_it_can_be_done_without(
    desk: OfficeBench, line: SaidLine, page: SyncPage
) -> None:
    assert not page.download.isVisible()
    line.now = replace(ONLINE, download=Download("catalogue", 12_440_000, 48_000_000))
    look(desk, page)
    assert page.download.title.text() == "The catalogue comes as a file · 12.4 of 48.0 MB"
    assert page.download.bar.value() == 259
    page.download.skip.click()
    desk.settle()
    assert line.asked == ["skip_snapshots"]
    assert not page.download.isVisible()


def test_given_compare_now_then_the_outcome_is_said_and_it_can_be_stopped(
    desk: OfficeBench, line: SaidLine, page: SyncPage
) -> None:
    page._compare.click()
    page.presenter.wait_until_verified()
    assert page.verified.text() == "Everything agrees with the server: 1,204 rows compared."

    line.found = Found(agrees=False, differences=[1, 2], repaired=[1, 2])
    page._compare.click()
    page.presenter.wait_until_verified()
    assert page.verified.text().startswith("2 of 1,204 rows differed and were fetched again.")

    line.verify_waits_for_stop = True
    page._compare.click()
    assert page._compare.text() == "Stop comparing"
    page._compare.click()
    page.presenter.wait_until_verified()
    assert "stopped" in page.verified.text()


def test_given_the_switch_when_pressed_twice_then_the_device_is_offline_and_online_again(
    desk: OfficeBench, line: SaidLine, page: SyncPage
) -> None:
    page._switch.click()
    desk.settle()
    assert (line.asked, page._switch.text()) == (["go_offline"], "Go online")
    page._switch.click()
    desk.settle()
    assert line.asked == ["go_offline", "go_online"]


def test_given_the_bundle_when_asked_for_then_what_goes_in_is_shown_before_anything_is_written(
    desk: OfficeBench, page: SyncPage, tmp_path: Path
) -> None:
    desk.window.session.office._support = lambda: Bundle(NOON, (Part("doctor.txt", "how it is", "all well"),))
    page.take_key("g")
    page.bundle.wait_until_idle()
    assert len(page.bundle._rows) == 1
    assert not list(tmp_path.glob("*.zip"))

    page.bundle.write_to(tmp_path / "x.zip")
    page.bundle.wait_until_idle()
    assert (tmp_path / "x.zip").exists()
    assert "Saved:" in page.bundle.notice.text()

    page.bundle.write_to(Path("/proc/nowhere/x.zip"))
    page.bundle.wait_until_idle()
    assert "cannot be written" in page.bundle.notice.text()
    page.go_back()
    assert page.overview.isVisible()


def test_given_twenty_thousand_changes_that_wait_then_only_a_page_of_them_is_read(
    desk: OfficeBench, page: SyncPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.replica.write() as unit:
        unit.connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "INSERT INTO outbox (id, name, version, arguments, hash, made_at, entity, entity_id, state, code, message, "
            "seen_to) SELECT randomblob(16), 'sale.record', 1, x'', x'', 1, 'sale', randomblob(16), 'waiting', '', '', '' "
            "FROM n"
        )
    page.presenter.choose("waiting")
    look(desk, page)
    assert page._sent.rowCount() == 20_000
    assert sum(len(rows) for rows in page._sent._pages.values()) < 500


@pytest.mark.parametrize("name", ["mara"])
def test_given_a_clerk_then_the_office_and_its_sync_centre_stay_shut(door: OfficeBench, name: str) -> None:
    door.window.session.log_in(name, PINS[name], door.window.login._succeed, door.window.login._fail)
    door.settle()
    assert not door.window.sync.isVisible()


def test_given_an_office_that_was_revoked_while_open_then_its_frame_says_so_and_nothing_breaks(
    desk: OfficeBench, line: SaidLine, page: SyncPage
) -> None:
    line.now = replace(OFFLINE, last_error_code="device_revoked", handed_in=2)
    with desk.replica.write() as unit:
        erase_everything(unit.connection)
        unit.connection.exec_driver_sql("DELETE FROM cursor")
    desk.window.session.refresh()
    look(desk, page)
    assert desk.window.session.state.connection.startswith("This device was taken out of the shop")
