"""Getting in, going about, finding: what every page shares."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop.ui.screens.office.navigation import PAGES, PageName
from shared.permissions import is_allowed
from tests.gui.office.conftest import OfficeBench
from tests.helpers.replica import PINS

CTRL = Qt.KeyboardModifier.ControlModifier


def test_given_the_door_when_a_merchandiser_logs_in_then_the_products_come_into_sight(door: OfficeBench) -> None:
    people = door.window.login.people
    people.choose(next(row for row in range(people.count()) if people.row(row).key == "jonas"))
    door.type(PINS["jonas"], door.window.login.pin)
    door.press(Qt.Key.Key_Return)

    assert door.window.session.state.person == "Jonas K. · Merchandiser"
    assert door.window.products.isVisible()
    assert door.window.products.model.rowCount() == 21


def test_given_the_door_then_only_people_who_may_use_the_office_are_offered(door: OfficeBench) -> None:
    people = door.window.login.people

    assert [people.row(row).key for row in range(people.count())] == ["ada", "jonas"]


def test_given_a_wrong_pin_when_logging_in_then_it_is_said_and_nobody_is_in(door: OfficeBench) -> None:
    door.type("0000", door.window.login.pin)
    door.press(Qt.Key.Key_Return)

    assert "wrong" in door.window.login.problem.text()
    assert not door.window.products.isVisible()


def test_given_a_clerk_when_logging_in_then_the_office_stays_shut(door: OfficeBench) -> None:
    door.window.session.log_in("mara", PINS["mara"], door.window.login._succeed, door.window.login._fail)
    door.settle()

    assert "may not use the office" in door.window.login.problem.text()
    assert not door.window.session.office.is_logged_in


def test_given_the_desk_when_each_page_is_opened_by_its_key_then_it_comes_into_sight(desk: OfficeBench) -> None:
    for number, entry in enumerate((each for each in PAGES if is_allowed("merchandiser", each.permission)), 1):
        desk.press(getattr(Qt.Key, f"Key_{number}"), CTRL)
        assert desk.window.pages[entry.name].isVisible(), entry.name


def test_given_the_desk_when_something_is_found_by_ctrl_k_then_enter_opens_it(desk: OfficeBench) -> None:
    desk.press(Qt.Key.Key_K, CTRL)
    desk.type("cedar soy")
    assert desk.window.top_bar._results.isVisible()
    desk.press(Qt.Key.Key_Return)

    panel = desk.window.products.presenter.state.panel
    assert panel is not None
    assert panel.card.sku == "CND-CEDAR"
    assert not desk.window.top_bar._results.isVisible()


def test_given_the_desk_when_a_customer_is_found_then_their_card_opens(desk: OfficeBench) -> None:
    desk.press(Qt.Key.Key_K, CTRL)
    desk.type("Ines Carv")
    desk.press(Qt.Key.Key_Return)

    assert desk.window.customers.isVisible()
    panel = desk.window.customers.presenter.state.panel
    assert panel is not None
    assert panel.card.number == "C-1002"


def test_given_nothing_fits_when_finding_then_it_says_so_and_escape_puts_it_away(desk: OfficeBench) -> None:
    desk.press(Qt.Key.Key_K, CTRL)
    desk.type("qqqqqq")
    results = desk.window.top_bar._results
    assert results.isVisible()
    assert "Nothing found" in results.list.row(0).title

    desk.press(Qt.Key.Key_Escape)
    assert not results.isVisible()


def test_given_a_text_field_when_n_is_typed_then_it_is_a_letter_and_no_command(desk: OfficeBench) -> None:
    desk.type("nm", desk.window.products.find_field.edit)

    assert desk.window.products.find_field.text() == "nm"
    assert desk.window.products.presenter.state.draft is None


def test_given_the_list_when_n_is_pressed_then_a_new_product_begins(desk: OfficeBench) -> None:
    desk.window.products.table.setFocus()
    desk.press(Qt.Key.Key_N)

    assert desk.window.products.presenter.state.is_new


def test_given_a_page_when_f1_is_pressed_twice_then_the_sheet_comes_and_goes(desk: OfficeBench) -> None:
    desk.press(Qt.Key.Key_F1)
    assert desk.window.help.isVisible()
    desk.press(Qt.Key.Key_F1)
    assert desk.window.products.isVisible()


def test_given_the_desk_when_it_is_locked_then_nothing_of_the_shop_is_seen(desk: OfficeBench) -> None:
    desk.press(Qt.Key.Key_L, CTRL)

    assert desk.window.login.isVisible()
    assert not desk.window.products.isVisible()


def test_given_conflicts_and_refusals_then_the_sidebar_counts_them(desk: OfficeBench) -> None:
    badges = {name: button.badge for name, button in desk.window.sidebar._buttons.items()}

    assert badges[PageName.CONFLICTS] == "2"
    assert badges[PageName.PRODUCTS] == ""


def test_given_every_page_then_what_takes_the_keyboard_has_a_name(desk: OfficeBench) -> None:
    desk.window.products.presenter.show(desk.window.products.model.row_at(0).variant_id)
    desk.settle()
    for entry in PAGES:
        desk.window.open_page(entry.name)
        desk.settle()
    nameless = [
        type(widget).__name__
        for widget in QApplication.allWidgets()
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.window() is desk.window
        and not widget.accessibleName()
        and not widget.objectName().startswith("qt_")
        and not (widget.metaObject().className().startswith("Q") and "ScrollArea" in widget.metaObject().className())
    ]
    assert nameless == []
