"""The products page: filters as chips, the list, and the panel of the chosen product."""

from __future__ import annotations

import uuid
from collections.abc import Hashable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.replica.queries.product_list import ProductSort, StockIs
from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.filter_bar import FilterBar, FilterChoice
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.screens.office.products.panel import ProductPanelView
from desktop.ui.screens.office.products.presenter import ProductsPresenter
from desktop.ui.screens.office.products.state import ProductsState
from desktop.ui.theme import Space, Tone, current_theme
from desktop.ui.widgets import ActionButton, DataTable, Emphasis, SearchField
from desktop.usecases.browse_products import STATE_WORDS, ProductLine
from desktop.usecases.office_words import quantity_text

_LOW_MARGIN_PPM = 0
_STOCK_WORDS = (
    (StockIs.NEGATIVE, "Below nothing here"),
    (StockIs.NONE, "None here"),
    (StockIs.SOME, "Some here"),
)


def _low(quantity: int | None) -> Tone | None:
    return Tone.WRONG if quantity is not None and quantity <= 0 else None


def _loss(line: ProductLine) -> Tone | None:
    return Tone.WRONG if line.margin_ppm is not None and line.margin_ppm < _LOW_MARGIN_PPM else None


COLUMNS: tuple[Column[ProductLine], ...] = (
    Column("Name", lambda line: line.name, ProductSort.NAME, secondary=lambda line: line.sku),
    Column("Price", lambda line: line.price, ProductSort.PRICE, is_figure=True, width=74),
    Column("Cost", lambda line: line.cost, ProductSort.COST, is_figure=True, is_quiet=True, width=64),
    Column("Margin", lambda line: line.margin, ProductSort.MARGIN, is_figure=True, is_quiet=True, width=72, tone=_loss),
    Column(
        "Here",
        lambda line: quantity_text(line.here),
        ProductSort.HERE,
        is_figure=True,
        width=72,
        tone=lambda line: _low(line.here),
    ),
    Column("Chain", lambda line: quantity_text(line.chain), ProductSort.CHAIN, is_figure=True, is_quiet=True, width=74),
    Column(
        "State",
        lambda line: STATE_WORDS.get(line.state, line.state),
        ProductSort.STATE,
        is_chip=True,
        width=92,
        tone=lambda line: Tone.GOOD if line.state == "active" else Tone.PLAIN,
    ),
)


class ProductsPage(OfficePage):
    """The page.

    Signals:
        move_wanted(object): stock of this variant is to be moved.
        import_wanted: a file of products is to be brought in.
    """

    move_wanted = Signal(object)
    import_wanted = Signal()

    def __init__(self, presenter: ProductsPresenter) -> None:
        super().__init__("Products")
        self.presenter = presenter
        theme = current_theme()
        self._add_head()
        bar = QHBoxLayout()
        bar.setSpacing(theme.px(Space.S))
        self.find_field = SearchField("Filter this list", height=32)
        self.find_field.setFixedWidth(theme.px(230))
        self.find_field.text_edited.connect(lambda text: presenter.set_filter("text", text))
        self.find_field.submitted.connect(self._to_table)
        self.find_field.moved.connect(self._to_table)
        self.filters = FilterBar()
        self.filters.chosen.connect(self._take_filter)
        bar.addWidget(self.find_field)
        bar.addWidget(self.filters, 1)
        self.model: PagedTable[int, ProductLine] = PagedTable(COLUMNS, presenter.rows, self)
        self.table = DataTable("Products")
        self.table.show_table(self.model)
        self.table.row_opened.connect(self._to_panel)
        self.table.sort_wanted.connect(lambda column: presenter.sort_by(COLUMNS[column].sort_key))
        self.card = TableCard(
            self.table, empty_step="New product", empty_icon="tag", room_by_column={2: 560, 3: 600, 5: 640}
        )
        self.card.row_selected.connect(self._choose_row)
        self.card.step_taken.connect(self.make_new)
        self.panel = ProductPanelView(presenter)
        self.panel.move_wanted.connect(self._want_move)
        self.panel.hide()
        row = QHBoxLayout()
        row.setSpacing(theme.px(14))
        row.addWidget(self.card, 1)
        row.addWidget(self.panel)
        column = QVBoxLayout()
        column.setSpacing(theme.px(Space.M))
        column.addLayout(bar)
        column.addLayout(row, 1)
        self.body.addLayout(column, 1)
        self._shown_positions: object = None
        presenter.changed.connect(self._show)
        presenter.rows_changed.connect(self.model.refresh)

    def open(self) -> None:
        """Look at the list."""
        self.presenter.open()
        self.table.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()
        self.model.refresh()

    def show_variant(self, variant_id: uuid.UUID) -> None:
        """Open one product, as the find field leads here."""
        self.presenter.show(variant_id)

    def make_new(self) -> None:
        """Begin a new product."""
        self.presenter.make_new()
        self.panel.focus_first()

    def save(self) -> None:
        """Save the panel."""
        self.presenter.save()

    def undo(self) -> None:
        """Give up what was typed."""
        self.presenter.undo()

    def go_back(self) -> None:
        """From the panel to the list; from the list close the panel."""
        if self.panel.isVisible() and not self.table.hasFocus() and not self.presenter.state.is_new:
            self.table.setFocus()
        else:
            self.presenter.close_panel()
            self.table.setFocus()

    def take_key(self, text: str) -> bool:
        """M moves stock of the open product."""
        if text == "m" and self.presenter.state.panel is not None:
            self._want_move()
            return True
        return False

    def may_leave(self) -> bool:
        """Not with unsaved changes."""
        return not self.presenter.blocks_leaving()

    def _add_head(self) -> None:
        self.head.addStretch(1)
        bring = ActionButton("Import")
        bring.clicked.connect(self.import_wanted)
        new = ActionButton("New product", key="N", emphasis=Emphasis.PRIMARY)
        new.clicked.connect(self.make_new)
        self.head.addWidget(bring)
        self.head.addWidget(new)
        self._new = new

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self.filters.show_filters(_filters(state))
        if state.wanted is not None and self.find_field.text() != state.wanted.text:
            self.find_field.edit.setText(state.wanted.text)
        self._new.set_emphasis(Emphasis.PLAIN if state.is_dirty or state.is_new else Emphasis.PRIMARY)
        shown = len(state.positions)
        self.set_count(
            "" if state.is_loading else f"{shown:,} of {state.total:,}" if shown != state.total else f"{shown:,}"
        )
        if state.positions is not self._shown_positions:
            self._shown_positions = state.positions
            self._show_list(state)
        if state.panel is not None:
            self._mark(state.panel.position)
        self._show_place(state)

    def _show_list(self, state: ProductsState) -> None:
        top = self.table.verticalScrollBar().value()
        with QSignalBlocker(self.table):
            self.model.set_ids(state.positions)
            order = Qt.SortOrder.DescendingOrder if state.is_descending else Qt.SortOrder.AscendingOrder
            column = next(place for place, each in enumerate(COLUMNS) if each.sort_key == state.sort)
            self.model.set_sorted_by(column, order)
            self.table.verticalScrollBar().setValue(top)

    def _mark(self, position: int) -> None:
        """Select the open product's row, wherever it stands in the list."""
        row = self.model.row_of(position)
        if row >= 0 and row != self.table.currentIndex().row():
            with QSignalBlocker(self.table):
                self.table.choose_row(row)

    def _show_place(self, state: ProductsState) -> None:
        if state.is_loading:
            self.card.show_loading()
        elif not state.is_ready:
            self.card.show_loading("The list is being prepared. Selling and scanning work already.")
        elif state.positions:
            self.card.show_rows()
        elif state.total == 0:
            self.card.show_empty("No products yet", "Make the first one, or import a file with all of them.")
        else:
            self.card.show_empty("Nothing fits these filters", "Take a filter away, or type something else.")

    def _choose_row(self, row: int) -> None:
        line = self.model.row_at(row)
        if line is not None:
            self.presenter.show(line.variant_id)

    def _to_table(self, _how: object) -> None:
        self.table.setFocus()

    def _to_panel(self, _row: int) -> None:
        self.panel.focus_first()

    def _want_move(self) -> None:
        panel = self.presenter.state.panel
        if panel is not None:
            self.move_wanted.emit(panel.card.variant_id)

    def _take_filter(self, key: str, value: Hashable | None) -> None:
        self.presenter.set_filter(key, value)


def _filters(state: ProductsState) -> tuple[FilterChoice, ...]:
    wanted = state.wanted
    if wanted is None:
        return ()
    return (
        FilterChoice("store", "Store", state.stores, wanted.store_id, is_fixed=True),
        FilterChoice("category", "Category", state.choices.categories, state.category_id),
        FilterChoice("state", "State", tuple(STATE_WORDS.items()), wanted.state or None),
        FilterChoice("stock", "Stock", _STOCK_WORDS, None if wanted.stock is StockIs.ANY else wanted.stock),
        FilterChoice("price", "Price", (("none", "None today"),), "none" if wanted.without_price else None),
    )
