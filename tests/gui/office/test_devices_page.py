"""The devices page: what it lists, codes shown once, replacing and revoking, and what it says without a server."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from desktop.replica.identity import identity_of
from desktop.ui.screens.office.devices.presenter import Panel
from desktop.ui.screens.office.devices.screen import DevicesPage
from desktop.ui.screens.office.navigation import PageName
from desktop.usecases import manage_devices
from shared.errors import UserError
from tests.gui.office.conftest import OfficeBench
from tests.helpers.replica import PINS
from tests.helpers.sync_lines import SaidDevices, some_devices

CODE = "K7QF-2M9X-TR4D"


@pytest.fixture
def server(door: OfficeBench) -> SaidDevices:
    with door.replica.read() as connection:
        this = identity_of(connection).device_id
    made = SaidDevices(some_devices(this))
    door.window.session.office.devices = made
    return made


@pytest.fixture
def page(door: OfficeBench, server: SaidDevices) -> DevicesPage:
    window = door.window
    window.session.log_in("ada", PINS["ada"], window.login._succeed, window.login._fail)
    door.settle()
    window.open_page(PageName.DEVICES)
    settle(door)
    return window.devices


def settle(door: OfficeBench) -> None:
    door.window.devices.presenter.wait_until_idle()
    door.settle()


def rows(page: DevicesPage) -> dict[str, list[str]]:
    return {
        str(page.model.index(row, 0).data()): [
            str(page.model.index(row, column).data()) for column in range(1, page.model.columnCount())
        ]
        for row in range(page.model.rowCount())
    }


def choose(door: OfficeBench, page: DevicesPage, title: str) -> None:
    page.table.choose_row(list(rows(page)).index(title))
    settle(door)


def test_given_the_shop_when_listed_then_each_device_says_how_far_it_is(page: DevicesPage) -> None:
    found = rows(page)
    assert found["Till 2"] == ["Harbour Street", "Till 2", "Behind", "41 min ago", "12", "1,240", "0 s", *_PROGRAM]
    assert found["Till 3"][6] == "−7 min"
    assert found["Till 4"][2:5] == ["Never heard", "–", "–"]
    assert list(found)[-1] == "Old till by the door", "those that are out stand at the end"
    assert page._look.text() == "2 to look at"


_PROGRAM = ("0.3.0 · schema 2", "1")


def test_given_a_new_device_when_let_in_then_its_code_is_shown_once_and_can_be_copied(
    door: OfficeBench, page: DevicesPage, server: SaidDevices
) -> None:
    page.make_new()
    page.panel.store.set_value("ML")
    page.panel.number.setText("7")
    page.save()
    settle(door)

    assert server.codes == [("ML", "till", 7, "", False)]
    assert (page.panel.code.text(), page.panel.code.isVisible()) == (CODE, True)
    page.panel.copy.click()
    assert QApplication.clipboard().text() == CODE
    page.go_back()
    assert page.presenter.state.code == ""
    assert not page.panel.isVisible()


@pytest.mark.parametrize("number", ["x", "0", "1.5"])
def test_given_a_number_that_is_none_then_nothing_is_asked_of_the_server(
    door: OfficeBench, page: DevicesPage, server: SaidDevices, number: str
) -> None:
    page.make_new()
    page.panel.number.setText(number)
    page.save()
    settle(door)
    assert not server.codes
    assert "whole number" in page.notice.text()


def test_given_a_lost_till_when_replaced_then_the_code_is_for_its_number(
    door: OfficeBench, page: DevicesPage, server: SaidDevices
) -> None:
    choose(door, page, "Till 2")
    page.take_key("l")
    page.panel.name.setText("New till 2")
    page.save()
    settle(door)
    assert server.codes == [("HS", "till", 2, "New till 2", True)]
    assert page.presenter.state.code_for == "in place of Till 2"


def test_given_a_device_when_revoked_then_it_is_asked_once_and_says_what_happens(
    door: OfficeBench, page: DevicesPage, server: SaidDevices
) -> None:
    choose(door, page, "Till 3")
    page.take_key("d")
    assert page.presenter.state.panel is Panel.ASKING
    assert "quarantine" in page.panel._words.text()
    assert page.panel.back.hasFocus(), "Enter must not revoke by accident"
    page.panel.revoke.click()
    settle(door)

    assert rows(page)["Till 3"][2] == "Revoked"
    assert page.panel.told.text() == "Till 3 may not sync any more."
    assert not page.panel.ask.isVisible()


def test_given_the_device_one_sits_at_then_it_cannot_be_revoked_here(door: OfficeBench, page: DevicesPage) -> None:
    choose(door, page, "Office")
    page.take_key("d")
    assert page.presenter.state.panel is Panel.DEVICE
    desk = door.window.session.desk()
    with pytest.raises(UserError) as refusal:
        manage_devices.revoke(desk, SaidDevices(), desk.facts.identity.device_id)
    assert refusal.value.code == "device_is_this"


def test_given_no_server_then_the_page_says_so_and_offers_to_try_again(door: OfficeBench, server: SaidDevices) -> None:
    server.is_down = True
    window = door.window
    window.session.log_in("ada", PINS["ada"], window.login._succeed, window.login._fail)
    door.settle()
    window.open_page(PageName.DEVICES)
    settle(door)
    page = window.devices
    assert page.presenter.state.is_stale
    assert page.card._empty._text.text().startswith("The server does not answer.")
    assert not page._new.isEnabled()

    server.is_down = False
    page.card.step_taken.emit()
    settle(door)
    assert page.model.rowCount() == len(server.devices)
    server.is_down = True
    page.refresh()
    settle(door)
    assert page.notice.text().endswith("The list is as it was read last.")


def test_given_a_merchandiser_then_devices_are_neither_in_the_sidebar_nor_told(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.DEVICES)
    assert not desk.window.devices.isVisible()
    with pytest.raises(UserError) as refusal:
        manage_devices.list_devices(desk.window.session.desk(), SaidDevices())
    assert refusal.value.code == "not_allowed"


def test_given_every_panel_then_each_focusable_widget_has_a_name(door: OfficeBench, page: DevicesPage) -> None:
    choose(door, page, "Till 2")
    for step in (lambda: None, page.presenter.ask_revoke, page.presenter.begin_new):
        step()
        settle(door)
        nameless = [
            widget
            for widget in page.findChildren(QWidget)
            if widget.isVisibleTo(page)
            and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not widget.accessibleName()
        ]
        assert not nameless
