"""The paper strip: the sale's number, its lines, and the total large enough to read at arm's length."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.ui.screens.basket.lines import BasketLines, LineDelegate
from desktop.ui.screens.basket.presenter import FootRow, paper_view
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import Chip, ElidedLabel, MoneyLabel, TextLabel
from desktop.ui.widgets.paper import PaperStrip, TearLine
from desktop.usecases.till_state import TillState

_MARGIN = 22
_MARGIN_RIGHT = 24
_LIST_INSET = 12


class BasketStrip(PaperStrip):
    """The basket.

    Signals:
        line_chosen(object): the id of a line that was pressed or moved to.
        customer_pressed: the customer chip was pressed.
    """

    line_chosen = Signal(object)
    customer_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Basket")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        column.addWidget(self._build_lines(), 1)
        column.addWidget(TearLine())
        column.addLayout(self._build_foot())

    def show_state(self, state: TillState) -> None:
        """Show the basket of a state."""
        view = paper_view(state)
        self._title.setText(view.title)
        self._pieces.setText(view.pieces)
        self._customer.setVisible(bool(view.customer))
        self._customer.set_words(view.customer)
        self._lines.show(state.lines)
        self._stack.setCurrentIndex(0 if state.lines else 1)
        self._show_selected(state)
        self._show_rows(view.rows)
        self._due_label.setText(view.due_label)
        self._due.set_text(view.due)

    def _build_head(self) -> QHBoxLayout:
        theme = current_theme()
        head = QHBoxLayout()
        head.setContentsMargins(theme.px(_MARGIN), theme.px(Space.M), theme.px(_MARGIN), theme.px(Space.XS))
        head.setSpacing(theme.px(Space.M) - 2)
        self._title = TextLabel("", TypeRole.BODY_STRONG)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._pieces = TextLabel("", TypeRole.BODY, Ink.THIRD)
        self._customer = Chip("", Tone.HERE, is_pressable=True)
        self._customer.clicked.connect(self.customer_pressed)
        head.addWidget(self._title)
        head.addWidget(self._pieces)
        head.addStretch(1)
        head.addWidget(self._customer)
        head.addStrut(theme.px(30))
        return head

    def _build_lines(self) -> QWidget:
        theme = current_theme()
        self._lines = BasketLines(self)
        self.list = QListView()
        self.list.setAccessibleName("Lines of the sale")
        self.list.setModel(self._lines)
        self.list.setItemDelegate(LineDelegate(self._lines))
        self.list.setStyleSheet("QListView { background: transparent; }")
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(_empty_basket())
        holder = QWidget()
        inset = QVBoxLayout(holder)
        inset.setContentsMargins(theme.px(10), theme.px(Space.XS), theme.px(_LIST_INSET - 2), 0)
        inset.addWidget(self._stack)
        return holder

    def _build_foot(self) -> QVBoxLayout:
        theme = current_theme()
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.px(_MARGIN_RIGHT), theme.px(Space.L), theme.px(_MARGIN_RIGHT), theme.px(Space.L))
        foot.setSpacing(theme.px(Space.M))
        self._rows = QGridLayout()
        self._rows.setVerticalSpacing(theme.px(Space.XS))
        self._rows.setColumnStretch(0, 1)
        self._row_labels: list[tuple[ElidedLabel, TextLabel]] = []
        foot.addLayout(self._rows)
        due = QHBoxLayout()
        self._due_label = TextLabel("To pay", TypeRole.TITLE)
        self._due_label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._due = MoneyLabel(TypeRole.TOTAL, has_symbol=True)
        due.addWidget(self._due_label, 0, Qt.AlignmentFlag.AlignBottom)
        due.addWidget(self._due, 1)
        foot.addLayout(due)
        return foot

    def _show_rows(self, rows: tuple[FootRow, ...]) -> None:
        while len(self._row_labels) < len(rows):
            label = ElidedLabel("", TypeRole.BODY, Ink.SECOND)
            amount = TextLabel("", TypeRole.BODY, Ink.SECOND)
            amount.setAlignment(Qt.AlignmentFlag.AlignRight)
            place = len(self._row_labels)
            self._rows.addWidget(label, place, 0)
            self._rows.addWidget(amount, place, 1)
            self._row_labels.append((label, amount))
        for number, (label, amount) in enumerate(self._row_labels):
            is_used = number < len(rows)
            label.setVisible(is_used)
            amount.setVisible(is_used)
            if is_used:
                label.setText(rows[number].label)
                amount.setText(rows[number].amount)
                amount.set_tone(rows[number].tone)

    def _show_selected(self, state: TillState) -> None:
        for row, line in enumerate(state.lines):
            if line.id == state.selected_line:
                index = self._lines.index(row, 0)
                if self.list.currentIndex() != index or not self.list.selectionModel().isSelected(index):
                    self.list.setCurrentIndex(index)
                self.list.scrollTo(index)
                return
        self.list.clearSelection()

    def _choose(self, index: QModelIndex) -> None:
        self.line_chosen.emit(self._lines.lines[index.row()].id)

    def step_line(self, by: int) -> uuid.UUID | None:
        """The id of the line so many up or down from the selected one; None at the ends."""
        row = self.list.currentIndex().row() + by
        return self._lines.lines[row].id if 0 <= row < len(self._lines.lines) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys the list leaves alone go to the window."""
        event.ignore()


def _empty_basket() -> QWidget:
    theme = current_theme()
    page = QWidget()
    column = QVBoxLayout(page)
    column.setSpacing(theme.px(Space.S))
    column.addStretch(2)
    for label in (
        TextLabel("Scan the first item", TypeRole.HEADING),
        TextLabel("or find it by name, or press a tile.", TypeRole.BODY, Ink.THIRD),
    ):
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(label)
    column.addStretch(3)
    return page
