"""The head of a page beside the paper: its title, and the way back with its key."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, ElidedLabel, Emphasis, TextLabel


class PageHead(QWidget):
    """Title and way back.

    Signals:
        left: the way back was pressed.
    """

    left = Signal()

    def __init__(self, title: str, back: str = "back to the sale", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(2), 0, 0, 0)
        row.setSpacing(theme.px(Space.M))
        self._title = TextLabel(title, TypeRole.TITLE)
        self._detail = ElidedLabel("", TypeRole.BODY, Ink.THIRD)
        row.addWidget(self._title)
        row.addWidget(self._detail, 1)
        self._back = ActionButton(back, key="Esc", emphasis=Emphasis.QUIET)
        self._back.clicked.connect(self.left)
        row.addWidget(self._back)

    def set_words(self, title: str, detail: str = "", back: str = "") -> None:
        """Change title, the quiet text beside it, and where the way back leads."""
        self._title.setText(title)
        self._detail.setText(detail)
        if back:
            self._back.set_words(back)
