"""Stock, sales, customers, conflicts, the sync centre and the import page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from desktop.replica.queries.stock_list import StockShown
from desktop.ui.screens.office.conflicts.sides import MarkedText
from desktop.ui.screens.office.importing.presenter import ImportStep
from desktop.ui.screens.office.navigation import PageName
from desktop.usecases.import_catalogue import ImportReport, RowProblem
from shared.clock import SettableClock
from shared.stock import MovementReason
from tests.gui.office.conftest import OfficeBench
from tests.helpers.office_shop import add_refusal, sell, shop_id
from tests.helpers.replica import TinyShop

CTRL = Qt.KeyboardModifier.ControlModifier


def test_given_the_levels_when_only_negative_ones_are_wanted_then_the_chip_and_the_list_agree(
    desk: OfficeBench,
) -> None:
    desk.window.open_page(PageName.STOCK)
    desk.settle()
    page = desk.window.stock
    assert page._negative.text() == "1 below nothing"

    page._negative.click()
    desk.settle()
    assert [str(page.model.index(row, 0).data()) for row in range(page.model.rowCount())] == ["Enamel mug, blue"]
    assert page.presenter.state.wanted is not None
    assert page.presenter.state.wanted.shown is StockShown.NEGATIVE


def test_given_goods_when_a_delivery_is_booked_then_the_level_rises_at_once(desk: OfficeBench) -> None:
    mug = shop_id("variant", "CUP-ENM-B")
    desk.window.open_page(PageName.STOCK)
    desk.settle()
    desk.window.stock.show_variant(mug)
    desk.settle()
    desk.type("12", desk.window.stock.panel.quantity)
    desk.press(Qt.Key.Key_S, CTRL)

    panel = desk.window.stock.presenter.state.panel
    assert panel is not None
    assert panel.stock[0].on_hand == "11"
    assert desk.window.stock.panel.booked.text() == "Received 12."
    assert desk.outbox() == [("stock_movement.record", "waiting")]


def test_given_goods_when_a_count_is_typed_then_the_difference_is_booked(desk: OfficeBench) -> None:
    mug = shop_id("variant", "CUP-ENM-B")
    desk.window.open_page(PageName.STOCK)
    desk.window.stock.show_variant(mug)
    desk.settle()
    desk.window.stock.presenter.set_draft(reason=MovementReason.COUNT)
    desk.type("9", desk.window.stock.panel.quantity)
    desk.window.stock.save()
    desk.settle()

    panel = desk.window.stock.presenter.state.panel
    assert panel is not None
    assert panel.stock[0].on_hand == "9"


def test_given_no_quantity_when_booking_then_it_is_refused_in_words(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.STOCK)
    desk.window.stock.show_variant(shop_id("variant", "CUP-ENM-B"))
    desk.settle()
    desk.type("0", desk.window.stock.panel.quantity)
    desk.window.stock.save()
    desk.settle()

    assert "more than nothing" in desk.window.stock.panel.error.text()
    assert desk.outbox() == []


def test_given_sales_when_listed_then_their_sum_and_a_receipt_are_shown(
    desk: OfficeBench, clock: SettableClock, tmp_path: Path
) -> None:
    numbers = sell(desk.replica, clock, tmp_path / "till")
    desk.window.open_page(PageName.SALES)
    desk.settle()
    page = desk.window.sales
    assert page.model.rowCount() == 5
    assert page._count.text().startswith("4 sales, 1 return · ")

    page.presenter.set_filter("text", "Ines")
    desk.settle()
    page.table.choose_row(0)
    desk.settle()
    receipt = page.presenter.state.receipt
    assert receipt is not None
    assert receipt.number == numbers[0]
    assert "Soy candle, cedar" in page.panel._text.text()


def test_given_no_sales_when_the_page_opens_then_it_says_what_would_be_here(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.SALES)
    desk.settle()

    assert desk.window.sales.card._empty._title.text() == "No sales yet"


def test_given_a_customer_when_edited_with_a_bad_address_then_the_field_says_so_until_it_is_right(
    desk: OfficeBench,
) -> None:
    desk.window.open_page(PageName.CUSTOMERS)
    desk.settle()
    page = desk.window.customers
    page.show_customer(shop_id("customer", "C-1002"))
    desk.settle()
    field = page.panel._fields["email"]
    field.selectAll()
    desk.type("ines at example", field)
    page.save()
    desk.settle()
    assert "is not an e-mail address" in page.presenter.state.errors["email"]
    assert desk.outbox() == []

    field.selectAll()
    desk.type("ines@shop.example", field)
    page.save()
    desk.settle()
    assert desk.outbox() == [("customer.edit", "waiting")]


def test_given_a_new_customer_when_made_then_they_get_the_stores_next_number(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.CUSTOMERS)
    desk.settle()
    desk.window.customers.make_new()
    desk.type("Ruth Marsh", desk.window.customers.panel._fields["name"])
    desk.window.customers.save()
    desk.settle()

    panel = desk.window.customers.presenter.state.panel
    assert panel is not None
    assert (panel.card.name, panel.card.number) == ("Ruth Marsh", "HS2-0001")


def test_given_a_conflict_when_its_loser_is_taken_by_key_then_the_decision_is_sent(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.CONFLICTS)
    desk.settle()
    page = desk.window.conflicts
    page.presenter.show(shop_id("inbox", "candle"))
    desk.settle()
    entry = page.presenter.state.entry
    assert entry is not None
    assert [side.text for side in entry.sides] == ["Soy candle cedar", "Soy candle, cedar", "Cedarwood soy candle"]
    assert [side.stands for side in entry.sides] == [False, True, False]
    assert page.view.written.text() == "Cedarwood soy candle"

    page.list.setFocus()
    desk.press(Qt.Key.Key_3)
    assert desk.outbox() == [("inbox_entry.edit", "waiting")]
    assert page.presenter.state.decided == "“Cedarwood soy candle” stands."


def test_given_a_long_value_when_the_window_is_narrow_then_all_its_lines_have_room(desk: OfficeBench) -> None:
    desk.window.resize(1100, 700)
    desk.window.open_page(PageName.CONFLICTS)
    desk.window.conflicts.presenter.show(shop_id("inbox", "candle"))
    desk.settle()

    texts = desk.window.conflicts.view.sides.findChildren(MarkedText)
    assert len(texts) == 3
    for text in texts:
        assert text.height() >= text.heightForWidth(text.width())


def test_given_a_conflict_when_another_value_is_written_then_that_is_decided(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.CONFLICTS)
    desk.window.conflicts.presenter.show(shop_id("inbox", "candle"))
    desk.settle()
    field = desk.window.conflicts.view.written
    field.selectAll()
    desk.type("Cedar candle", field)
    desk.press(Qt.Key.Key_S, CTRL)

    with desk.replica.read() as connection:
        decision = connection.exec_driver_sql(
            "SELECT decision, state FROM inbox_entry WHERE id = ?", (shop_id("inbox", "candle").bytes,)
        ).one()
    assert tuple(decision) == ('{"take":"other","value":"Cedar candle"}', "decided")


def test_given_a_discrepancy_when_it_is_noted_then_it_needs_nobody_any_more(desk: OfficeBench) -> None:
    desk.window.open_page(PageName.CONFLICTS)
    desk.settle()
    page = desk.window.conflicts
    assert page._needing.text() == "2 need you"
    page.presenter.show(shop_id("inbox", "mug"))
    desk.settle()
    entry = page.presenter.state.entry
    assert entry is not None
    assert entry.sides == ()

    page.view._keep.click()
    desk.settle()
    assert page._needing.text() == "1 needs you"


def test_given_a_refused_change_when_the_sync_centre_opens_then_it_says_why(
    desk: OfficeBench, office_shop: TinyShop
) -> None:
    with desk.replica.write() as work:
        add_refusal(work.connection, office_shop.products["TEA-EARL-50"])
    desk.window.session.read_state()
    desk.window.open_page(PageName.SYNC)
    desk.settle()
    page = desk.window.sync

    assert page.presenter.state.shown == "refused"
    row = page._sent.row_at(0)
    assert row is not None
    assert (row.what, row.reason) == (
        "Product changed · Earl Grey 50 bags",
        "The product was removed on the server in the meantime.",
    )
    assert page.overview.scopes.row_at(0).title == "Products, prices and people"


class _Importer:
    """A server that answers an import at once."""

    def import_catalogue(self, path: Path, *, is_dry_run: bool, made_by: str) -> ImportReport:
        assert (path.suffix, made_by) == (".csv", "Jonas K., Office")
        problem = RowProblem(3, "price", "“abc” is not an amount. Type a number such as 12.50.")
        changed = (("price", 2),)
        return ImportReport(is_dry_run, 5, 2, 2, 0, 1, (problem,), 1, changed)


def test_given_a_file_when_it_is_looked_at_then_nothing_is_written_before_it_is_brought_in(
    desk: OfficeBench, tmp_path: Path
) -> None:
    file = tmp_path / "autumn.csv"
    file.write_text("sku,name\n", encoding="utf-8")
    desk.window.session.office.importer = _Importer()
    desk.window._show_page(desk.window.importing)
    page = desk.window.importing
    page.presenter.choose(file)
    desk.settle()
    assert page.presenter.state.step is ImportStep.LOOKED
    assert "2 new · 2 changed" in page._text.text()
    assert page._problems.isVisible()

    desk.press(Qt.Key.Key_S, CTRL)
    assert page.presenter.state.step is ImportStep.DONE
    assert page.done.text().startswith("Brought in")


def test_given_no_server_when_a_file_is_looked_at_then_the_page_says_what_is_missing(
    desk: OfficeBench, tmp_path: Path
) -> None:
    file = tmp_path / "autumn.csv"
    file.write_text("sku,name\n", encoding="utf-8")
    desk.window._show_page(desk.window.importing)
    desk.window.importing.presenter.choose(file)
    desk.settle()

    assert "needs the server" in desk.window.importing.notice.text()


def test_given_a_picture_when_it_is_looked_at_then_it_is_refused_as_no_table(desk: OfficeBench, tmp_path: Path) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(b"\x89PNG")
    desk.window._show_page(desk.window.importing)
    desk.window.importing.presenter.choose(file)
    desk.settle()

    assert "is no table" in desk.window.importing.notice.text()
