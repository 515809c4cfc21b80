"""The open question of the sell page: one number, a pad, and for a discount what it is taken off."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.sell.entry import Entry, EntryKind
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    Emphasis,
    NumericPad,
    SegmentedTabs,
    TextLabel,
)
from desktop.ui.widgets.figure_field import FigureField


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
        self._subject = TextLabel("", TypeRole.BODY, Ink.THIRD, wraps=True)
        self._unit = SegmentedTabs(("Per cent", "Amount"), ground="raised")
        self._unit.chosen.connect(lambda index: self.percent_chosen.emit(index == 0))
        self._reach = SegmentedTabs(("This line", "Whole sale"), ground="raised")
        self._reach.chosen.connect(lambda index: self.basket_chosen.emit(index == 1))
        self.field = FigureField("", shown=shown, height=64)
        self.field.edited.connect(self.typed)
        self.field.submitted.connect(self.confirmed)
        pad = NumericPad(".", least_height=44)
        pad.pressed.connect(self.field.press)
        self._confirm = self._button("Apply", "Enter", Emphasis.PRIMARY)
        self._confirm.clicked.connect(self.confirmed)
        leave = self._button("Leave it", "Esc", Emphasis.PLAIN)
        leave.clicked.connect(self.left)
        typing = QVBoxLayout()
        typing.setSpacing(theme.px(Space.S + 1))
        typing.addWidget(self.field)
        typing.addWidget(pad, 1)
        words = QVBoxLayout()
        words.setSpacing(theme.px(Space.S))
        for widget in (self._title, self._subject, self._unit, self._reach):
            words.addWidget(widget)
        words.addStretch(1)
        words.addWidget(leave)
        words.addWidget(self._confirm)
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.XL))
        row.addLayout(typing, 6)
        row.addLayout(words, 5)
        self.body.addLayout(row)

    def _button(self, text: str, key: str, emphasis: Emphasis) -> ActionButton:
        return ActionButton(
            text,
            key=key,
            emphasis=emphasis,
            layout=ButtonLayout.SPREAD,
            role=TypeRole.BODY_STRONG,
            least_height=Target.MONEY,
        )

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
