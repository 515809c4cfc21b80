"""Text on the screen: a label that takes its font from the scale, its colour from the theme, and elides when narrow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from desktop.ui.theme import Ink, Tone, TypeRole, current_theme


class TextLabel(QLabel):
    """One text in one role of the type scale; plain text only, so that nothing typed is taken for markup."""

    def __init__(
        self,
        text: str = "",
        role: TypeRole = TypeRole.BODY,
        ink: Ink = Ink.STRONG,
        *,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(current_theme().font(role))
        self.setProperty("ink", str(ink))
        self.setWordWrap(wraps)

    def set_tone(self, tone: Tone | None) -> None:
        """Colour the text by what it says; None goes back to its ink."""
        self.setProperty("tone", str(tone) if tone else None)
        self.style().unpolish(self)
        self.style().polish(self)


class ElidedLabel(TextLabel):
    """A single line that ends in … where there is no room; the whole text stays in the tooltip and for readers."""

    def __init__(
        self,
        text: str = "",
        role: TypeRole = TypeRole.BODY,
        ink: Ink = Ink.STRONG,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, role, ink, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """It may shrink to a few letters."""
        return QSize(self.fontMetrics().horizontalAdvance("…") * 3, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, elided to the width there is."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        elided = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), elided)
        tip = self.text() if elided != self.text() else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)


def rule(*, is_vertical: bool = False) -> QFrame:
    """A hairline between two groups."""
    line = QFrame()
    line.setProperty("rule", "vertical" if is_vertical else "horizontal")
    return line


def fitting_font(text: str, role: TypeRole, width: int, smallest_percent: int = 45) -> QFont:
    """The role's font, shrunk in steps of 5 % until ``text`` fits ``width`` pixels (or the smallest is reached)."""
    font = current_theme().font(role)
    points = font.pointSizeF()
    for percent in range(100, smallest_percent, -5):
        font.setPointSizeF(points * percent / 100)
        if QFontMetrics(font).horizontalAdvance(text) <= width:
            return font
    font.setPointSizeF(points * smallest_percent / 100)
    return font
