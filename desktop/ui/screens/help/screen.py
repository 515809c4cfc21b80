"""Every key on one sheet; F1 opens it, F1 or Escape closes it, and a scan sells all the same."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.screens.help.presenter import NUMBER_RULES, HelpGroup, help_groups
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import Card, ElidedLabel, KeyCap, TextLabel


class HelpScreen(PageWidget):
    """The sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        self._head = PageHead("Keys", "close")
        self._head.left.connect(self.left)
        column.addWidget(self._head)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName("Keys")
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area = area
        inner = QWidget()
        inner.setProperty("ground", "clear")
        columns = QHBoxLayout(inner)
        columns.setContentsMargins(0, 0, theme.px(Space.M), 0)
        columns.setSpacing(theme.px(Space.L))
        for groups in _in_two(help_groups()):
            side = QVBoxLayout()
            side.setSpacing(theme.px(Space.M))
            for group in groups:
                side.addWidget(_group_card(group))
            side.addStretch(1)
            columns.addLayout(side, 1)
        area.setWidget(inner)
        column.addWidget(area, 1)

    def refresh(self) -> None:
        """Nothing on the sheet changes."""

    def focus_first(self) -> None:
        """The keyboard scrolls."""
        self._area.setFocus(Qt.FocusReason.OtherFocusReason)


def _in_two(groups: tuple[HelpGroup, ...]) -> tuple[tuple[HelpGroup, ...], tuple[HelpGroup, ...]]:
    numbers = HelpGroup("Numbers come first", NUMBER_RULES)
    return groups[:1], (*groups[1:], numbers)


def _group_card(group: HelpGroup) -> Card:
    theme = current_theme()
    card = Card(padding=Space.M, spacing=Space.HAIR)
    card.body.addWidget(TextLabel(group.title, TypeRole.BODY_STRONG))
    for what, key in group.rows:
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.M))
        if group.rows is NUMBER_RULES:
            row.addWidget(TextLabel(what, TypeRole.OFFICE_STRONG))
            row.addStretch(1)
            row.addWidget(TextLabel(key, TypeRole.OFFICE, Ink.SECOND))
        else:
            row.addWidget(ElidedLabel(what, TypeRole.OFFICE, Ink.SECOND), 1)
            row.addWidget(KeyCap(key))
        row.addStrut(theme.px(22))
        card.body.addLayout(row)
    return card
