"""The stock page: filters, the levels, and the panel in which stock is moved."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.replica.queries.stock_list import StockShown, StockSort
from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.filter_bar import FilterBar, FilterChoice
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.screens.office.stock.panel import StockPanelView
from desktop.ui.screens.office.stock.presenter import ALL_STORES, StockPresenter, StockState
from desktop.ui.theme import Space, Tone, current_theme
from desktop.ui.widgets import Chip, DataTable, SearchField
from desktop.usecases.browse_stock import StockLine

_SHOWN_WORDS = (
    (StockShown.NEGATIVE, "Below nothing"),
    (StockShown.NONE, "None left"),
    (StockShown.HELD, "Held for orders"),
)


def _low(line: StockLine) -> Tone | None:
    return Tone.WRONG if line.on_hand_thousandths <= 0 else None


COLUMNS: tuple[Column[StockLine], ...] = (
    Column("Name", lambda line: line.name, StockSort.NAME, secondary=lambda line: line.sku),
    Column("On hand", lambda line: line.on_hand, StockSort.ON_HAND, is_figure=True, width=84, tone=_low),
    Column("Held", lambda line: line.held, StockSort.RESERVED, is_figure=True, is_quiet=True, width=66),
    Column("Blocked", lambda line: line.blocked, is_figure=True, is_quiet=True, width=78),
    Column("For sale", lambda line: line.available, StockSort.AVAILABLE, is_figure=True, width=82),
    Column("Incoming", lambda line: line.incoming, is_figure=True, is_quiet=True, width=84),
    Column("", lambda line: line.unit, is_quiet=True, width=46),
)


class StockPage(OfficePage):
    """The page.

    Signals:
        product_wanted(object): this variant's product is to be shown.
    """

    product_wanted = Signal(object)

    def __init__(self, presenter: StockPresenter) -> None:
        super().__init__("Stock levels")
        self.presenter = presenter
        theme = current_theme()
        self._negative = Chip("", Tone.LOOK, is_pressable=True)
        self._negative.clicked.connect(lambda: presenter.set_filter("shown", StockShown.NEGATIVE))
        self.head.addWidget(self._negative)
        self.head.addStretch(1)
        bar = QHBoxLayout()
        bar.setSpacing(theme.px(Space.S))
        self.find_field = SearchField("Filter this list", height=32)
        self.find_field.setFixedWidth(theme.px(230))
        self.find_field.text_edited.connect(lambda text: presenter.set_filter("text", text))
        self.find_field.submitted.connect(self._to_table)
        self.find_field.moved.connect(self._to_table)
        self.filters = FilterBar()
        self.filters.chosen.connect(presenter.set_filter)
        bar.addWidget(self.find_field)
        bar.addWidget(self.filters, 1)
        self.model: PagedTable[int, StockLine] = PagedTable(COLUMNS, presenter.rows, self)
        self.table = DataTable("Stock levels")
        self.table.show_table(self.model)
        self.table.row_opened.connect(lambda _row: self._to_quantity())
        self.table.sort_wanted.connect(self._sort)
        self.card = TableCard(self.table, empty_icon="stock", room_by_column={2: 560, 3: 640, 5: 600})
        self.card.row_selected.connect(self._choose_row)
        self.panel = StockPanelView(presenter)
        self.panel.product_wanted.connect(self._want_product)
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
        self._wants_quantity = False
        presenter.changed.connect(self._show)
        presenter.rows_changed.connect(self.model.refresh)

    def open(self) -> None:
        """Look at the levels."""
        self.presenter.open()
        self.table.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()
        self.model.refresh()

    def show_variant(self, variant_id: uuid.UUID) -> None:
        """Open one product, ready to move stock."""
        self._wants_quantity = True
        self.presenter.show(variant_id)

    def save(self) -> None:
        """Book the movement."""
        self.presenter.book()

    def go_back(self) -> None:
        """From the panel to the list; from the list close the panel."""
        if self.table.hasFocus():
            self.presenter.close_panel()
        self.table.setFocus()

    def take_key(self, text: str) -> bool:
        """M: to the quantity of the open product."""
        if text == "m" and self.presenter.state.panel is not None:
            self._to_quantity()
            return True
        return False

    def _to_table(self, _how: object) -> None:
        self.table.setFocus()

    def _to_quantity(self) -> None:
        self.panel.focus_quantity()

    def _sort(self, column: int) -> None:
        if COLUMNS[column].sort_key:
            self.presenter.sort_by(COLUMNS[column].sort_key)

    def _choose_row(self, row: int) -> None:
        line = self.model.row_at(row)
        if line is not None:
            self.presenter.show(line.variant_id)

    def _want_product(self) -> None:
        panel = self.presenter.state.panel
        if panel is not None:
            self.product_wanted.emit(panel.card.variant_id)

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self.filters.show_filters(_filters(state))
        self.set_count("" if state.is_loading else f"{len(state.positions):,}")
        self._negative.set_words(f"{state.negative:,} below nothing")
        self._negative.setVisible(state.negative > 0)
        if state.positions is not self._shown_positions:
            self._shown_positions = state.positions
            top = self.table.verticalScrollBar().value()
            with QSignalBlocker(self.table):
                self.model.set_ids(state.positions)
                order = Qt.SortOrder.DescendingOrder if state.is_descending else Qt.SortOrder.AscendingOrder
                column = next(place for place, each in enumerate(COLUMNS) if each.sort_key == state.sort)
                self.model.set_sorted_by(column, order)
                self.table.verticalScrollBar().setValue(top)
        if state.panel is not None:
            self._mark(state.panel.position)
        self._show_place(state)
        if self._wants_quantity and state.panel is not None:
            self._wants_quantity = False
            self._to_quantity()

    def _mark(self, position: int) -> None:
        """Select the open product's row, wherever it stands in the list."""
        row = self.model.row_of(position)
        if row >= 0 and row != self.table.currentIndex().row():
            with QSignalBlocker(self.table):
                self.table.choose_row(row)

    def _show_place(self, state: StockState) -> None:
        if state.is_loading:
            self.card.show_loading()
        elif not state.is_ready:
            self.card.show_loading("The list is being prepared. Selling and scanning work already.")
        elif state.positions:
            self.card.show_rows()
        elif state.wanted is not None and state.wanted.shown is StockShown.NEGATIVE:
            self.card.show_empty("Nothing is below nothing", "Every sale found its goods. Take the filter away.")
        else:
            self.card.show_empty("Nothing fits these filters", "Take a filter away, or type something else.")


def _filters(state: StockState) -> tuple[FilterChoice, ...]:
    wanted = state.wanted
    if wanted is None:
        return ()
    stores = (*state.stores, (ALL_STORES, "All stores"))
    shown = None if wanted.shown is StockShown.ALL else wanted.shown
    return (
        FilterChoice("store", "Store", stores, wanted.store_id or ALL_STORES, is_fixed=True),
        FilterChoice("shown", "Only", _SHOWN_WORDS, shown),
    )
