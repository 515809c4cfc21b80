"""Two profiles that nobody proposed: chosen one after the other, seen side by side, joined, and parted again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.ui.screens.office.customers.screen import CustomersPage
from desktop.ui.screens.office.navigation import PageName
from shared.customers.same_person import AliasState, alias_id
from tests.gui.office.conftest import OfficeBench
from tests.helpers.inbox_entries import INES
from tests.helpers.office_shop import shop_id

TOM = shop_id("customer", "C-1003")


@pytest.fixture
def page(desk: OfficeBench) -> CustomersPage:
    """The customers page with Ines open and the keyboard in the list."""
    desk.window.open_page(PageName.CUSTOMERS)
    desk.settle()
    page = desk.window.customers
    page.show_customer(INES)
    desk.settle()
    page.table.setFocus()
    return page


def row_of(page: CustomersPage, name: str) -> int:
    rows = range(page.model.rowCount())
    return next(row for row in rows if str(page.model.index(row, 0).data()).startswith(name))


def state_of(desk: OfficeBench) -> str:
    with desk.replica.read() as connection:
        pair = alias_id(INES, TOM).bytes
        found = connection.exec_driver_sql("SELECT state FROM customer_alias WHERE id = ?", (pair,)).scalar()
    return "" if found is None else str(found)


def test_given_two_profiles_when_put_side_by_side_by_key_then_m_joins_them_and_u_parts_them(
    desk: OfficeBench, page: CustomersPage
) -> None:
    count = page.model.rowCount()
    desk.press(Qt.Key.Key_J)
    assert page.joining.text().startswith("Choose the other profile of Ines")
    assert page.find_field.edit.hasFocus()
    page.table.setFocus()
    page.table.selectRow(row_of(page, "Tom"))
    desk.settle()
    pair = page.presenter.state.pair
    assert pair is not None
    assert pair.is_new
    assert {pair.stays_id, pair.joins_id} == {INES, TOM}
    assert page.pair.isVisible()
    assert not page.pair.card.apart.isVisible(), "nobody asked: there is nothing to keep apart"
    assert not page.joining.isVisible()
    assert desk.outbox() == [], "looking changes nothing"
    desk.press(Qt.Key.Key_K)
    assert desk.outbox() == []

    desk.press(Qt.Key.Key_M)
    assert [name for name, _ in desk.outbox()] == ["customer_alias.create", "customer_alias.edit"]
    assert state_of(desk) == AliasState.MERGED
    assert page.model.rowCount() == count - 1
    assert page.pair.card.undo.isVisible()
    desk.press(Qt.Key.Key_U)
    assert state_of(desk) == AliasState.UNDONE
    assert page.model.rowCount() == count


def test_given_somebody_chosen_by_mistake_then_escape_goes_back_to_choosing_and_then_gives_up(
    desk: OfficeBench, page: CustomersPage
) -> None:
    QTest.mouseClick(page.panel.join, Qt.MouseButton.LeftButton)
    page.table.selectRow(row_of(page, "Tom"))
    desk.settle()
    desk.press(Qt.Key.Key_Escape)
    assert page.joining.isVisible()
    assert page.panel.isVisible()
    desk.press(Qt.Key.Key_Escape)
    assert not page.joining.isVisible()
    assert page.presenter.state.panel is not None
    page.table.selectRow(row_of(page, "Ines"))
    page.table.selectRow(row_of(page, "Tom"))
    desk.settle()
    assert page.presenter.state.panel.card.id == TOM, "choosing opens a customer again"
    assert desk.outbox() == []


def test_given_one_person_already_when_chosen_then_the_panel_says_so(desk: OfficeBench, page: CustomersPage) -> None:
    desk.press(Qt.Key.Key_J)
    page.presenter.show(INES)
    desk.settle()
    assert page.presenter.state.pair is None
    page.table.setFocus()
    page.presenter.show(TOM)
    desk.settle()
    page.table.setFocus()
    desk.press(Qt.Key.Key_M)
    desk.press(Qt.Key.Key_Escape)
    desk.press(Qt.Key.Key_J)
    page.presenter.show(TOM if page.presenter.state.panel.card.id == INES else INES)
    desk.settle()
    assert "same person already" in page.panel.notice.text()


def test_given_unsaved_changes_then_nobody_is_joined_before_they_are_saved(
    desk: OfficeBench, page: CustomersPage
) -> None:
    page.presenter.set_field("note", "likes tea")
    desk.press(Qt.Key.Key_J)
    assert not page.presenter.state.is_joining
    assert page.panel.notice.text() == "Save or undo your changes here first."
