"""The conflicts page at work: one key restores a loser, many are decided at once, two profiles become one person."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop.replica.queries.inbox_list import Shown
from desktop.ui.screens.office.conflicts.screen import ConflictsPage
from desktop.ui.screens.office.conflicts.sides import MarkedText
from desktop.ui.screens.office.navigation import PageName
from shared.customers.same_person import proposal_entry_id
from tests.gui.office.conftest import OfficeBench
from tests.helpers.inbox_entries import INES, PAIR, add_twin, fill_inbox
from tests.helpers.office_shop import shop_id
from tests.helpers.replica import TinyShop

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(desk: OfficeBench, office_shop: TinyShop) -> ConflictsPage:
    """The page with an inbox of every kind."""
    with desk.replica.write() as work:
        fill_inbox(work.connection, office_shop)
    desk.window.session.read_state()
    desk.window.open_page(PageName.CONFLICTS)
    desk.settle()
    return desk.window.conflicts


def decisions(desk: OfficeBench) -> dict[str, object]:
    """Decided entries by the thing they are about."""
    with desk.replica.read() as connection:
        rows = connection.exec_driver_sql("SELECT title, decision FROM inbox_entry WHERE state = 'decided'")
        return {row[0]: None if row[1] is None else json.loads(row[1]) for row in rows}


def test_given_a_settled_conflict_when_r_is_pressed_then_the_loser_is_restored_and_r_again_takes_it_back(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    page.presenter.show(shop_id("inbox", "candle"))
    desk.settle()
    page.list.setFocus()
    desk.press(Qt.Key.Key_R)
    assert decisions(desk) == {"Soy candle, cedar": {"take": "theirs"}}
    assert page.presenter.state.decided == "“Cedarwood soy candle” stands again."

    page.presenter.choose(Shown.DECIDED)
    desk.settle()
    desk.press(Qt.Key.Key_R)
    assert decisions(desk) == {"Soy candle, cedar": {"take": "mine"}}


def test_given_several_are_selected_when_r_is_pressed_then_all_losers_are_restored_in_one_go(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    for name in ("candle", "ines", "mug"):
        page.presenter.toggle(shop_id("inbox", name))
    desk.settle()
    assert page.bulk.isVisible()
    assert not page.tabs.isVisible()
    page.list.setFocus()
    desk.press(Qt.Key.Key_R)
    assert decisions(desk) == {"Soy candle, cedar": {"take": "theirs"}, "Ines Carvalho": {"take": "theirs"}}
    assert page.presenter.state.decided == "2 entries decided. 1 could not be decided so and stay as they were."
    assert not page.bulk.isVisible()


def test_given_the_list_when_space_and_ctrl_a_are_pressed_then_entries_are_selected_and_esc_clears(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    page.list.setFocus()
    desk.press(Qt.Key.Key_Space)
    assert len(page.presenter.state.selected) == 1
    desk.press(Qt.Key.Key_A, CTRL)
    assert len(page.presenter.state.selected) == 6
    desk.press(Qt.Key.Key_Escape)
    assert page.presenter.state.selected == frozenset()


def test_given_the_box_of_a_row_when_clicked_then_it_is_selected_and_the_open_entry_stays(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    before = page.presenter.state.entry
    row = page.list.visualRect(page.list.model().index(4, 0))
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, row.center().y()))
    desk.settle()
    assert page.presenter.state.selected == {shop_id("inbox", "ines")}
    assert page.presenter.state.entry == before


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (Qt.Key.Key_T, {"candle"}),
        (Qt.Key.Key_P, {"candle", "ines", "barcode"}),
        (Qt.Key.Key_G, {"candle"}),
    ],
)
def test_given_an_open_entry_when_more_of_the_same_are_wanted_then_they_are_selected(
    desk: OfficeBench, page: ConflictsPage, key: Qt.Key, names: set[str]
) -> None:
    page.presenter.show(shop_id("inbox", "candle"))
    desk.settle()
    page.list.setFocus()
    desk.press(key)
    assert page.presenter.state.selected == {shop_id("inbox", name) for name in names}


def test_given_automatic_merges_then_they_need_nobody_and_have_a_list_of_their_own(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    assert page._needing.text() == "4 need you"
    assert desk.window.session.state.conflicts == 4
    assert page._tab_names == ("Open 6", "Needs you 4", "Settled by a rule 2", "Merged automatically 1", "Decided")
    page.presenter.choose(Shown.MERGED)
    desk.settle()
    entry = page.presenter.state.entry
    assert entry is not None
    assert entry.is_note
    assert [(side.title, side.stands, side.take) for side in entry.sides] == [
        ("Mara K., Till 2", True, None),
        ("Jonas P., Office", True, None),
    ]
    assert not page.view._writing.isVisible()
    page.list.setFocus()
    for key in (Qt.Key.Key_1, Qt.Key.Key_R, Qt.Key.Key_K, Qt.Key.Key_X):
        desk.press(key)
    assert desk.outbox() == []


def test_given_a_removed_row_that_was_edited_when_the_edit_is_taken_then_that_is_decided(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    page.presenter.show(shop_id("inbox", "barcode"))
    desk.settle()
    entry = page.presenter.state.entry
    assert entry is not None
    assert entry.reason.endswith("It stays removed until you decide.")
    assert entry.sides[2].text == "Removed"
    assert "Goods: Soy candle, cedar" in entry.sides[1].text
    page.list.setFocus()
    desk.press(Qt.Key.Key_2)
    assert decisions(desk) == {"5012345678900": {"take": "mine"}}


def test_given_two_profiles_when_merged_by_key_then_it_leaves_the_inbox_and_u_brings_both_back(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    page.presenter.show(proposal_entry_id(PAIR))
    desk.settle()
    assert page.view.pair.isVisible()
    page.list.setFocus()
    desk.press(Qt.Key.Key_M)
    assert desk.outbox() == [("customer_alias.edit", "waiting"), ("inbox_entry.edit", "waiting")]
    assert page._needing.text() == "3 need you"

    page.presenter.choose(Shown.DECIDED)
    desk.settle()
    assert page.view.pair.undo.isVisible()
    desk.press(Qt.Key.Key_U)
    with desk.replica.read() as connection:
        state = connection.exec_driver_sql("SELECT state FROM customer_alias WHERE id = ?", (PAIR.bytes,)).scalar()
    assert state == "undone"


def test_given_entries_that_need_somebody_when_j_is_pressed_then_the_next_one_opens(
    desk: OfficeBench, page: ConflictsPage
) -> None:
    page.presenter.show(shop_id("inbox", "tax"))
    desk.settle()
    page.list.setFocus()
    desk.press(Qt.Key.Key_J)
    entry = page.presenter.state.entry
    assert entry is not None
    assert entry.id == shop_id("inbox", "mug")


def test_given_a_value_of_several_lines_then_each_has_a_line_of_its_own(desk: OfficeBench, page: ConflictsPage) -> None:
    page.presenter.choose(Shown.MERGED)
    desk.settle()
    text = page.view.sides.findChildren(MarkedText)[0]
    layout, _ = text._lay_out(2_000)
    assert layout.lineCount() == 2


def test_given_a_customer_made_twice_when_compared_and_merged_then_one_person_is_listed_with_all_points(
    desk: OfficeBench, office_shop: TinyShop
) -> None:
    with desk.replica.write() as work:
        add_twin(work.connection, office_shop)
    desk.window.open_page(PageName.CUSTOMERS)
    desk.settle()
    page = desk.window.customers
    count = page.model.rowCount()
    page.show_customer(INES)
    desk.settle()
    assert page.panel.same_person.text() == "Perhaps also Inês Carvalho (HS1-0007)."
    page.table.setFocus()
    desk.press(Qt.Key.Key_C)
    assert page.pair.isVisible()
    assert not page.panel.isVisible()

    desk.press(Qt.Key.Key_M)
    assert page.model.rowCount() == count - 1
    panel = page.presenter.state.panel
    assert panel is not None
    assert panel.card.points == 1_325
    desk.press(Qt.Key.Key_U)
    assert page.model.rowCount() == count
    desk.press(Qt.Key.Key_Escape)
    assert page.panel.isVisible()
