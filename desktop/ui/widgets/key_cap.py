"""A key cap on its own, beside a text that is no button."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui.theme import current_theme
from desktop.ui.widgets.painting import key_cap_height, key_cap_width, paint_key_cap


class KeyCap(QWidget):
    """Shows which key does it."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as the key's name needs."""
        return QSize(round(key_cap_width(self.key)) + 2, round(key_cap_height()) + 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cap."""
        theme = current_theme()
        painter = QPainter(self)
        line = theme.mixed("line", "ink_3", 25)
        area = QRectF(self.rect()).adjusted(0, 0, 0, -1)
        paint_key_cap(painter, area, self.key, ink=theme.colour("ink_2"), line=line, fill=theme.colour("raised"))
