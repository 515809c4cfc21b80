"""The products page: list, filters, sorting, the editor, and a long list."""

from __future__ import annotations

import datetime as dt
import time

from PySide6.QtCore import Qt

from desktop.replica.queries.product_list import StockIs
from desktop.replica.search import rebuild
from tests.benchmarks.big_shop import add_products
from tests.gui.office.conftest import OfficeBench
from tests.helpers.replica import TinyShop

CTRL = Qt.KeyboardModifier.ControlModifier


def test_given_the_list_when_words_are_typed_then_only_what_fits_is_shown_and_counted(desk: OfficeBench) -> None:
    desk.type("candle", desk.window.products.find_field.edit)

    assert desk.names() == ["Soy candle, cedar", "Soy candle, fig", "Soy candle, sea salt", "Travel candle, assorted"]
    assert desk.window.products._count.text() == "4 of 21"


def test_given_the_list_when_a_header_is_pressed_twice_then_it_is_sorted_and_turned_round(desk: OfficeBench) -> None:
    desk.window.products.presenter.set_filter("text", "candle")
    for expected in ("14.50", "7.90"):
        desk.window.products.table.sort_wanted.emit(1)
        desk.settle()
        model = desk.window.products.model
        prices = [float(str(model.index(row, 1).data())) for row in range(model.rowCount())]
        assert prices == sorted(prices, reverse=expected == "14.50")


def test_given_filters_when_they_are_set_then_they_add_up(desk: OfficeBench, office_shop: TinyShop) -> None:
    presenter = desk.window.products.presenter
    presenter.set_filter("stock", StockIs.NEGATIVE)
    desk.settle()
    assert desk.names() == ["Enamel mug, blue"]

    presenter.set_filter("stock", None)
    presenter.set_filter("state", "archived")
    desk.settle()
    assert desk.names() == ["Scissors, 18 cm"]

    presenter.set_filter("store", office_shop.other_store_id)
    presenter.set_filter("state", "draft")
    desk.settle()
    assert desk.names() == ["Decaf beans 250 g"]
    assert str(desk.window.products.model.index(0, 4).data()) == "11"


def test_given_nothing_fits_when_filtering_then_the_page_says_what_to_do(desk: OfficeBench) -> None:
    desk.type("qqqq", desk.window.products.find_field.edit)

    assert desk.window.products.model.rowCount() == 0
    assert desk.window.products.card._empty._title.text() == "Nothing fits these filters"


def test_given_a_product_when_its_name_is_changed_and_saved_then_list_and_outbox_have_it(desk: OfficeBench) -> None:
    desk.type("fig", desk.window.products.find_field.edit)
    desk.window.products.table.choose_row(0)
    desk.settle()
    field = desk.window.products.panel._fields["name"]
    field.selectAll()
    desk.type("Fig candle, soy", field)
    desk.press(Qt.Key.Key_S, CTRL)

    assert desk.names() == ["Fig candle, soy"]
    assert desk.outbox() == [("product.edit", "waiting")]
    assert not desk.window.products.presenter.state.is_dirty


def test_given_a_product_when_a_price_from_a_later_day_is_saved_then_todays_price_stands(desk: OfficeBench) -> None:
    desk.type("fig", desk.window.products.find_field.edit)
    desk.window.products.table.choose_row(0)
    desk.settle()
    field = desk.window.products.panel._fields["price"]
    field.selectAll()
    desk.type("13.50", field)
    assert desk.window.products.presenter.state.margin == "55 %"
    desk.window.products.panel._from.picked.emit(dt.date(2026, 12, 1))
    desk.press(Qt.Key.Key_S, CTRL)

    panel = desk.window.products.presenter.state.panel
    assert panel is not None
    assert (panel.price, panel.next_price) == ("12.50", "13.50 from 1 Dec")
    assert desk.outbox() == [("price.create", "waiting")]


def test_given_a_bad_price_when_saving_then_the_field_says_so_and_nothing_is_written(desk: OfficeBench) -> None:
    desk.type("fig", desk.window.products.find_field.edit)
    desk.window.products.table.choose_row(0)
    desk.settle()
    desk.type("x", desk.window.products.panel._fields["price"])
    desk.press(Qt.Key.Key_S, CTRL)

    assert "is not an amount" in desk.window.products.presenter.state.errors["price"]
    assert desk.outbox() == []


def test_given_unsaved_changes_when_another_row_is_chosen_then_they_are_kept_and_it_is_said(desk: OfficeBench) -> None:
    desk.window.products.table.choose_row(0)
    desk.settle()
    desk.type("!", desk.window.products.panel._fields["name"])
    before = desk.window.products.presenter.state.panel
    desk.window.products.table.choose_row(3)
    desk.settle()

    assert desk.window.products.presenter.state.panel is before
    assert "Save or undo" in desk.window.products.panel.notice.text()

    desk.window.products.panel._undo.click()
    desk.settle()
    assert not desk.window.products.presenter.state.is_dirty


def test_given_a_new_product_when_it_is_made_then_it_is_listed_priced_and_scanned(desk: OfficeBench) -> None:
    desk.window.products.make_new()
    fields = desk.window.products.panel._fields
    for name, text in (("name", "Beeswax taper"), ("sku", "TPR-1"), ("barcode", "5012345678955"), ("price", "4.20")):
        desk.type(text, fields[name])
    desk.press(Qt.Key.Key_S, CTRL)
    desk.type("5012345678955", desk.window.products.find_field.edit)

    assert desk.names() == ["Beeswax taper"]
    assert [name for name, _ in desk.outbox()] == ["product.create", "barcode.create", "price.create"]


def test_given_a_code_that_is_taken_when_a_product_is_made_then_the_field_says_whose_it_is(desk: OfficeBench) -> None:
    desk.window.products.make_new()
    desk.type("Another one", desk.window.products.panel._fields["name"])
    desk.type("CND-FIG", desk.window.products.panel._fields["sku"])
    desk.press(Qt.Key.Key_S, CTRL)

    assert "Soy candle, fig" in desk.window.products.presenter.state.errors["sku"]
    assert desk.outbox() == []


def test_given_the_candle_then_its_panel_says_margin_low_stock_and_history(
    desk: OfficeBench, office_shop: TinyShop
) -> None:
    desk.window.show_variant(office_shop.variants["CND-CEDAR"])
    desk.settle()
    panel = desk.window.products.presenter.state.panel
    assert panel is not None

    assert (panel.price, panel.cost, panel.margin, panel.low) == ("12.50", "5.10", "51 %", "11.90 on 2 Nov")
    assert [(line.store_name, line.on_hand, line.note) for line in panel.stock] == [
        ("Harbour Street", "4", "2 held for web"),
        ("Mill Lane", "22", ""),
        ("Warehouse", "100", "48 incoming"),
    ]
    desk.window.products.presenter.toggle_history()
    desk.settle()
    history = desk.window.products.presenter.state.history
    assert history is not None
    assert any("Price 11.90 from 26 Oct" in line.what for line in history)


def test_given_twenty_thousand_products_when_listed_filtered_and_scrolled_then_the_window_never_waits(
    desk: OfficeBench, office_shop: TinyShop
) -> None:
    with desk.replica.write() as work:
        add_products(work.connection, office_shop, 20_000)
        rebuild(work.connection)
    page = desk.window.products
    page.presenter.look()
    desk.settle()
    assert page.model.rowCount() == 20_021

    began = time.thread_time()
    for row in range(0, 20_000, 1_000):
        page.table.scrollTo(page.model.index(row, 0))
        page.table.viewport().grab()
    per_jump = (time.thread_time() - began) / 20
    assert per_jump < 0.15

    page.presenter.set_filter("text", "cedar candle")
    desk.settle()
    assert 0 < page.model.rowCount() < 1_000
