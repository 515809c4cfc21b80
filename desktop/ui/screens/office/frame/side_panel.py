"""The panel beside a list: a head, a body that scrolls, and a foot with what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import ElidedLabel, TextLabel, rule

WIDTH = 330


class SidePanel(FramedPane):
    """A panel.

    Attributes:
        form: the layout of the scrolling body.
        foot: the layout of the buttons.
    """

    def __init__(self, *, width: int = WIDTH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self.setFixedWidth(theme.px(width))
        side = theme.px(Space.L)
        head = QVBoxLayout()
        head.setContentsMargins(side, side - theme.px(2), side, theme.px(Space.M))
        head.setSpacing(theme.px(Space.HAIR))
        self._title = ElidedLabel("", TypeRole.HEADING)
        self._subtitle = ElidedLabel("", TypeRole.SUPPORT, Ink.THIRD)
        head.addWidget(self._title)
        head.addWidget(self._subtitle)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        inside.setProperty("ground", "clear")
        self.form = QVBoxLayout(inside)
        self.form.setContentsMargins(side, theme.px(Space.M), side, theme.px(Space.M))
        self.form.setSpacing(theme.px(Space.S))
        self._scroll.setWidget(inside)
        self._foot = QWidget()
        self.foot = QHBoxLayout(self._foot)
        self.foot.setContentsMargins(side, theme.px(Space.M), side, theme.px(Space.M))
        self.foot.setSpacing(theme.px(Space.S))
        self.body.addLayout(head)
        self.body.addWidget(rule())
        self.body.addWidget(self._scroll, 1)
        self._foot_rule = rule()
        self.body.addWidget(self._foot_rule)
        self.body.addWidget(self._foot)

    def set_head(self, title: str, subtitle: str) -> None:
        """What the panel is about."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)

    def show_foot(self, *, is_shown: bool) -> None:
        """Whether there is anything to do."""
        self._foot.setVisible(is_shown)
        self._foot_rule.setVisible(is_shown)

    def scroll_to_top(self) -> None:
        """Show the beginning of the body."""
        self._scroll.verticalScrollBar().setValue(0)


def section_head(text: str) -> TextLabel:
    """The head of a group of rows in a panel."""
    label = TextLabel(text, TypeRole.LABEL, Ink.THIRD)
    label.setContentsMargins(0, current_theme().px(Space.M), 0, 0)
    return label
