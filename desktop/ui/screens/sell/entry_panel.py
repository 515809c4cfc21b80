"""The open question of the sell page: one number, a pad, and for a discount what it is taken off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.screens.sell.entry import Entry, EntryKind
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import (
    ActionButton,
    Card,
    ElidedLabel,
    Emphasis,
    NumericPad,
    SegmentedTabs,
    TextLabel,
)
from desktop.ui.widgets.figure_field import FigureField

_KEYS = {EntryKind.QUANTITY: "F6", EntryKind.PRICE: "F7", EntryKind.DISCOUNT: "F8"}


class EntryPanel(Card):
    """Asks for one number.

    Signals:
        typed(str): the number as typed so far.
        confirmed: Enter, or the green button.
        left: Escape, or the quiet button.
        percent_chosen(bool): a discount in per cent, or an amount.
        basket_chosen(bool): off the whole sale, or off the line.
    """

    typed = Signal(str)
    confirmed = Signal()
    left = Signal()
    percent_chosen = Signal(bool)
    basket_chosen = Signal(bool)

    def __init__(self, shown: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(padding=Space.XL, spacing=Space.M, parent=parent)
        theme = current_theme()
        self._title = TextLabel("", TypeRole.TITLE)
        self._subject = ElidedLabel("", TypeRole.BODY, Ink.THIRD)
        self._unit = SegmentedTabs(("Per cent", "Amount"))
        self._unit.chosen.connect(lambda index: self.percent_chosen.emit(index == 0))
        self._reach = SegmentedTabs(("This line", "Whole sale"))
        self._reach.chosen.connect(lambda index: self.basket_chosen.emit(index == 1))
        choices = QHBoxLayout()
        choices.addWidget(self._unit)
        choices.addStretch(1)
        choices.addWidget(self._reach)
        self.field = FigureField("", shown=shown)
        self.field.edited.connect(self.typed)
        self.field.submitted.connect(self.confirmed)
        pad = NumericPad(".")
        pad.pressed.connect(self.field.press)
        self._confirm = ActionButton("Apply", key="Enter", emphasis=Emphasis.PRIMARY, least_height=56)
        self._confirm.clicked.connect(self.confirmed)
        leave = ActionButton("Leave it", key="Esc", least_height=56)
        leave.clicked.connect(self.left)
        foot = QHBoxLayout()
        foot.setSpacing(theme.px(Space.S))
        foot.addStretch(1)
        foot.addWidget(leave)
        foot.addWidget(self._confirm)
        self.body.addWidget(self._title)
        self.body.addWidget(self._subject)
        self.body.addLayout(choices)
        self.body.addWidget(self.field)
        self.body.addWidget(pad, 1)
        self.body.addLayout(foot)

    def show_entry(self, entry: Entry) -> None:
        """Show a question; the focus is the page's affair."""
        is_discount = entry.kind is EntryKind.DISCOUNT
        self._title.setText(entry.title)
        self._subject.setText("The whole sale" if entry.is_basket else entry.subject)
        self._unit.setVisible(is_discount)
        self._reach.setVisible(is_discount)
        self._unit.choose(0 if entry.is_percent else 1)
        self._reach.choose(1 if entry.is_basket else 0)
        self.field.set_label(entry.label)
        self.field.set_buffer(entry.text)
        self.field.update()
        self._confirm.setEnabled(bool(entry.text))
