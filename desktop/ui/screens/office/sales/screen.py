"""The sales page: the list with its sum, and the receipt as it was printed."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.filter_bar import FilterBar, FilterChoice
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.side_panel import SidePanel
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.screens.office.sales.presenter import SPANS, SalesPresenter, SalesState
from desktop.ui.theme import Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import DataTable, SearchField, TextLabel
from desktop.usecases.browse_sales import SaleLineView

_KINDS = (("sale", "Sales"), ("return", "Returns"))
_PANEL_WIDTH = 430

COLUMNS: tuple[Column[SaleLineView], ...] = (
    Column("Receipt", lambda line: line.receipt_number, width=138),
    Column("When", lambda line: line.when, is_quiet=True, width=112),
    Column("Where", lambda line: line.place, secondary=lambda line: line.cashier),
    Column("Customer", lambda line: line.customer, is_quiet=True, width=130),
    Column("Lines", lambda line: line.lines, is_figure=True, is_quiet=True, width=58),
    Column("Paid by", lambda line: line.methods, is_quiet=True, width=96),
    Column(
        "Total",
        lambda line: line.total,
        is_figure=True,
        width=92,
        tone=lambda line: Tone.WRONG if line.is_return else None,
    ),
)


class SalesPage(OfficePage):
    """The page."""

    def __init__(self, presenter: SalesPresenter) -> None:
        super().__init__("Sales")
        self.presenter = presenter
        theme = current_theme()
        self.head.addStretch(1)
        bar = QHBoxLayout()
        bar.setSpacing(theme.px(Space.S))
        self.find_field = SearchField("Receipt, customer or product", height=32)
        self.find_field.setFixedWidth(theme.px(260))
        self.find_field.text_edited.connect(lambda text: presenter.set_filter("text", text))
        self.find_field.submitted.connect(self._to_table)
        self.find_field.moved.connect(self._to_table)
        self.filters = FilterBar()
        self.filters.chosen.connect(presenter.set_filter)
        bar.addWidget(self.find_field)
        bar.addWidget(self.filters, 1)
        self.model: PagedTable[uuid.UUID, SaleLineView] = PagedTable(COLUMNS, presenter.rows, self)
        self.table = DataTable("Sales")
        self.table.show_table(self.model)
        self.card = TableCard(self.table, empty_icon="receipt", room_by_column={3: 860, 4: 700, 5: 640})
        self.card.row_selected.connect(self._choose_row)
        self.panel = ReceiptPanel()
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
        self._shown_ids: object = None
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Look at the sales."""
        self.presenter.open()
        self.table.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()

    def show_receipt(self, number: str) -> None:
        """Open one receipt, as the find field leads here."""
        self.presenter.show(number)

    def go_back(self) -> None:
        """Close the receipt."""
        self.presenter.close_panel()
        self.table.setFocus()

    def _to_table(self, _how: object) -> None:
        self.table.setFocus()

    def _choose_row(self, row: int) -> None:
        line = self.model.row_at(row)
        if line is not None:
            self.presenter.show(line.receipt_number)

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self.filters.show_filters(_filters(state))
        self.set_count("" if state.is_loading else state.sum_words)
        if state.ids is not self._shown_ids:
            self._shown_ids = state.ids
            top = self.table.verticalScrollBar().value()
            with QSignalBlocker(self.table):
                self.model.set_ids(state.ids)
                self.table.verticalScrollBar().setValue(top)
        if state.is_loading:
            self.card.show_loading()
        elif state.ids:
            self.card.show_rows()
        elif state.wanted.text or state.wanted.store_id or state.wanted.kind or state.span:
            self.card.show_empty("No sale fits these filters", "Take a filter away, or type something else.")
        else:
            self.card.show_empty("No sales yet", "Sales of every store show up here as soon as their tills send them.")
        self.panel.show_state(state)


class ReceiptPanel(SidePanel):
    """The receipt as it was printed, on paper."""

    def __init__(self) -> None:
        super().__init__(width=_PANEL_WIDTH)
        self._text = TextLabel("", TypeRole.CAP)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAccessibleName("Receipt")
        self.form.addWidget(self._text)
        self.form.addStretch(1)
        self.show_foot(is_shown=False)

    def show_state(self, state: SalesState) -> None:
        """Show the open receipt; hide while there is none."""
        receipt = state.receipt
        self.setVisible(receipt is not None)
        if receipt is None:
            return
        kind = "Return" if receipt.kind == "return" else "Sale"
        self.set_head(f"{kind} {receipt.number}", f"{receipt.store_name} · {receipt.sold_at}")
        self._text.setText(receipt.text)


def _filters(state: SalesState) -> tuple[FilterChoice, ...]:
    return (
        FilterChoice("store", "Store", state.stores, state.wanted.store_id),
        FilterChoice("span", "When", SPANS, state.span or None),
        FilterChoice("kind", "Kind", _KINDS, state.wanted.kind or None),
    )
