"""Chips: short facts in a rounded outline; some can be pressed (filters, the customer, the user)."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.ui.theme import Space, Tone, TypeRole, current_theme
from desktop.ui.widgets.painting import key_cap_width, paint_focus_ring, paint_key_cap, paint_sheet


class Chip(QAbstractButton):
    """One short fact.

    Attributes:
        tone: PLAIN is an outline, the others a soft ground.
        has_dot: a dot before the words, in the tone's colour (GOOD for a plain chip).
        key: the key that does what pressing the chip does.
    """

    def __init__(
        self,
        text: str = "",
        tone: Tone = Tone.PLAIN,
        *,
        has_dot: bool = False,
        key: str = "",
        is_pressable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.tone = tone
        self.has_dot = has_dot
        self.key = key
        self._is_pressable = is_pressable
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_pressable else Qt.FocusPolicy.NoFocus)
        if is_pressable:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_words(text)

    def set_words(self, text: str, tone: Tone | None = None) -> None:
        """Say something else, perhaps in another tone."""
        tone = self.tone if tone is None else tone
        if text == self.text() and tone is self.tone:
            return
        self.tone = tone
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for dot, words and cap."""
        theme = current_theme()
        metrics = QFontMetricsF(theme.font(TypeRole.SUPPORT_STRONG))
        width = metrics.horizontalAdvance(self.text()) + theme.px(Space.M) * 2 + 1
        if self.has_dot:
            width += theme.px(15)
        if self.key:
            width += key_cap_width(self.key) + theme.px(Space.S)
        return QSize(round(width), theme.px(30 if self.key else 27))

    def minimumSizeHint(self) -> QSize:
        """It may shrink and elide."""
        return QSize(min(current_theme().px(72), self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, dot, words and cap."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        radius = area.height() / 2 / theme.scale
        is_plain = self.tone is Tone.PLAIN
        is_lit = self._is_pressable and (self.underMouse() or self.isDown())
        fill = theme.mixed("raised", "ink", 5 if is_lit else 0) if is_plain else theme.soft(self.tone)
        line = theme.colour("line") if is_plain or theme.tokens.name == "contrast" else None
        paint_sheet(painter, area, fill, line, radius=radius)
        left = float(theme.px(Space.M))
        if self.has_dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tone(Tone.GOOD if is_plain else self.tone))
            painter.drawEllipse(QPointF(left + theme.px(4), area.center().y()), theme.px(4), theme.px(4))
            left += theme.px(15)
        right = area.width() - theme.px(Space.M)
        if self.key:
            cap = key_cap_width(self.key)
            cap_line = theme.mixed("line", "ink_3", 25)
            cap_area = QRectF(right - cap, 0, cap, area.height())
            paint_key_cap(
                painter, cap_area, self.key, ink=theme.colour("ink_2"), line=cap_line, fill=theme.colour("raised")
            )
            right -= cap + theme.px(Space.S)
        font = theme.font(TypeRole.SUPPORT_STRONG)
        painter.setFont(font)
        painter.setPen(theme.tone(self.tone))
        text = QFontMetricsF(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, right - left + 1)
        painter.drawText(QRectF(left, 0, right - left + 1, area.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
        if self.hasFocus():
            paint_focus_ring(painter, area, radius=radius)
