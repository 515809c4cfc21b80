"""Amounts on the screen: grouped, with a true minus, tabular, and never cut off."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui.theme import Tone, TypeRole, current_theme
from desktop.ui.widgets.money_text import amount_text
from desktop.ui.widgets.text import fitting_font
from shared.money import Money

__all__ = ["MoneyLabel", "amount_text"]


class MoneyLabel(QWidget):
    """A large amount at the right edge of its place; shrinks in steps rather than lose a figure."""

    def __init__(
        self,
        role: TypeRole = TypeRole.TOTAL,
        *,
        has_symbol: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role = role
        self._has_symbol = has_symbol
        self._align = align
        self._tone: Tone | None = None
        self.text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_amount(self, money: Money | None, tone: Tone | None = None) -> None:
        """Show an amount; None shows nothing."""
        self.set_text("" if money is None else amount_text(money, has_symbol=self._has_symbol), tone)

    def set_text(self, text: str, tone: Tone | None = None) -> None:
        """Show a text that is ready."""
        if (text, tone) == (self.text, self._tone):
            return
        self.text, self._tone = text, tone
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As large as the amount in its full size."""
        metrics = QFontMetricsF(current_theme().font(self._role))
        return QSize(round(metrics.horizontalAdvance(self.text)) + 2, round(metrics.capHeight() * 1.5))

    def minimumSizeHint(self) -> QSize:
        """It may shrink to a fraction of that."""
        return QSize(current_theme().px(48), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the amount as large as fits."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setFont(fitting_font(self.text, self._role, self.width()))
        painter.setPen(theme.tone(self._tone) if self._tone else theme.ink())
        painter.drawText(QRectF(self.rect()), int(self._align | Qt.AlignmentFlag.AlignVCenter), self.text)
