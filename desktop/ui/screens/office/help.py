"""The sheet behind F1: what each key does, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.navigation import KEYS, PAGES
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import Card, KeyCap, TextLabel


class HelpPage(OfficePage):
    """The sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Keys", parent)
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.head.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.L))
        row.addWidget(_card("On every page", KEYS), 1)
        row.addWidget(_card("Go to", [(entry.key, entry.text) for entry in PAGES]), 1)
        self.body.addLayout(row)
        self.body.addStretch(1)

    def open(self) -> None:
        """Nothing here takes the keyboard."""
        self.setFocus()


def _card(title: str, lines: Sequence[tuple[str, str]]) -> Card:
    theme = current_theme()
    card = Card(padding=Space.XL)
    card.body.addWidget(TextLabel(title, TypeRole.HEADING))
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.px(Space.L))
    grid.setVerticalSpacing(theme.px(Space.S))
    grid.setColumnStretch(1, 1)
    for number, (key, words) in enumerate(lines):
        grid.addWidget(KeyCap(key.replace("+", " ")), number, 0)
        grid.addWidget(TextLabel(words, TypeRole.OFFICE, Ink.SECOND), number, 1)
    card.body.addLayout(grid)
    card.body.addStretch(1)
    return card
