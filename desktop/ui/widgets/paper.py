"""Receipt paper: a warm sheet with a perforated right edge, the counterfoil."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.ui.theme import current_theme

PERFORATION_PITCH = 16
PERFORATION_RADIUS = 4


class PaperStrip(QWidget):
    """A sheet of receipt paper; the right edge is torn along its perforation."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the paper and the holes of its edge."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("paper"))
        if theme.tokens.name == "contrast":
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bench"))
        pitch, radius = theme.px(PERFORATION_PITCH), theme.px(PERFORATION_RADIUS)
        centre = pitch / 2
        while centre < self.height() + radius:
            painter.drawEllipse(QPointF(self.width(), centre), radius, radius)
            centre += pitch


class TearLine(QWidget):
    """A dashed line across the paper, where the totals begin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dashes."""
        theme = current_theme()
        painter = QPainter(self)
        pen = QPen(theme.mixed("line", "ink_3", 15), 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        y = QRectF(self.rect()).center().y()
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
