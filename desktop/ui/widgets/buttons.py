"""Buttons that show their key: one class, drawn from tokens, in the emphases and layouts the screens need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.ui.theme import Radius, Space, Target, TypeRole, current_theme
from desktop.ui.theme.icons import toned_icon
from desktop.ui.widgets.painting import key_cap_height, key_cap_width, paint_focus_ring, paint_key_cap, paint_sheet


class Emphasis(StrEnum):
    """How much a button asks to be pressed; one PRIMARY per screen, it means *go on*."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"
    DANGER = "danger"


class ButtonLayout(StrEnum):
    """Where text, figure and key cap stand."""

    INLINE = "inline"
    """Text and key cap side by side in the middle."""
    STACKED = "stacked"
    """Text over the key cap: function keys."""
    SPREAD = "spread"
    """Text on the left; figure or key cap on the right."""


@dataclass(frozen=True, slots=True)
class _Look:
    fill: QColor
    line: QColor | None
    ink: QColor
    support: QColor
    line_width: float = 1.0


class ActionButton(QAbstractButton):
    """A button with its key on it.

    Attributes:
        key: the key as printed on the cap (``F9``, ``Ctrl S``); empty for none. Drawing only: shortcuts belong to the
            action table.
        figure: an amount at the right edge, such as a suggested note; SPREAD only.
        icon_name: an icon of ``theme.icons`` in place of the text; the text stays the accessible name.
    """

    def __init__(
        self,
        text: str,
        *,
        key: str = "",
        figure: str = "",
        icon_name: str = "",
        emphasis: Emphasis = Emphasis.PLAIN,
        layout: ButtonLayout = ButtonLayout.INLINE,
        role: TypeRole = TypeRole.OFFICE_STRONG,
        least_height: int = Target.OFFICE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.key = key
        self.figure = figure
        self.icon_name = icon_name
        self.emphasis = emphasis
        self._layout = layout
        self._role = role
        self._least_height = least_height
        self.setText(text)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(
            QSizePolicy.Policy.Expanding if layout is not ButtonLayout.INLINE else QSizePolicy.Policy.Fixed,
            QSizePolicy.Policy.Fixed,
        )

    def set_words(self, text: str, figure: str = "") -> None:
        """Change what stands on it; readers hear the text and the figure."""
        if text == self.text() and figure == self.figure:
            return
        self.setText(text)
        self.figure = figure
        self.setAccessibleName(f"{text} {figure}".strip())
        self.updateGeometry()
        self.update()

    def set_emphasis(self, emphasis: Emphasis) -> None:
        """Change how much it asks to be pressed."""
        if emphasis is not self.emphasis:
            self.emphasis = emphasis
            self.update()

    def sizeHint(self) -> QSize:
        """Room for text, figure and cap."""
        theme = current_theme()
        metrics = QFontMetricsF(theme.font(self._role))
        text_width = metrics.horizontalAdvance(self.text()) if not self.icon_name else theme.px(24)
        figure_width = metrics.horizontalAdvance(self.figure) + theme.px(Space.L) if self.figure else 0.0
        cap_width = key_cap_width(self.key) if self.key else 0.0
        padding = theme.px(Space.M) * 2
        height = theme.px(self._least_height)
        if self._layout is ButtonLayout.STACKED:
            stacked = metrics.height() + key_cap_height() + theme.px(Space.L)
            return QSize(round(max(text_width, cap_width) + padding), max(height, round(stacked)))
        gap = theme.px(Space.S) if self.key else 0
        return QSize(round(text_width + figure_width + gap + cap_width + padding), height)

    def minimumSizeHint(self) -> QSize:
        """A spread or stacked button may shrink and elide its text; an inline one may not."""
        hint = self.sizeHint()
        if self._layout is ButtonLayout.INLINE:
            return hint
        return QSize(min(hint.width(), current_theme().px(64)), hint.height())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Repaint with the hover ground."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Repaint without the hover ground."""
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it like Space does; a scanner's Enter never comes this far (see ``scanner``)."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sheet, words, cap and focus ring."""
        painter = QPainter(self)
        look = self._look()
        area = QRectF(self.rect())
        radius = Radius.LARGE if self._least_height >= Target.TILL else Radius.SMALL
        if self._least_height >= Target.GO:
            radius = Radius.SHEET
        paint_sheet(painter, area, look.fill, look.line, radius=radius, line_width=look.line_width)
        if self.icon_name:
            self._paint_icon(painter, look)
        elif self._layout is ButtonLayout.STACKED:
            self._paint_stacked(painter, look)
        elif self._layout is ButtonLayout.SPREAD:
            self._paint_spread(painter, look)
        else:
            self._paint_inline(painter, look)
        if self.hasFocus():
            is_green = self.emphasis is Emphasis.PRIMARY and self.isEnabled()
            paint_focus_ring(painter, area, radius=radius, on_accent=is_green)

    def _look(self) -> _Look:
        theme = current_theme()
        if not self.isEnabled():
            ink = theme.colour("ink_3")
            return _Look(theme.colour("surface"), theme.colour("line"), ink, ink)
        is_lit = self.isDown() or self.underMouse()
        shade = 12 if self.isDown() else 5
        if self.isChecked():
            return _Look(
                theme.colour("blue_soft"), theme.colour("blue"), theme.colour("ink"), theme.colour("ink_2"), 2.0
            )
        if self.emphasis is Emphasis.PRIMARY:
            fill = theme.mixed("accent", "ink" if not theme.tokens.is_dark else "on_accent", shade if is_lit else 0)
            return _Look(fill, None, theme.colour("on_accent"), theme.colour("on_accent"))
        ink = theme.colour("red") if self.emphasis is Emphasis.DANGER else theme.colour("ink")
        if self.emphasis is Emphasis.QUIET:
            fill = theme.mixed("bench", "ink", shade) if is_lit else QColor(0, 0, 0, 0)
            return _Look(fill, None, theme.colour("ink_2"), theme.colour("ink_2"))
        fill = theme.mixed("raised", "ink", shade if is_lit else 0)
        return _Look(fill, theme.colour("line"), ink, theme.colour("ink_2"))

    def _paint_cap(self, painter: QPainter, area: QRectF, look: _Look) -> None:
        theme = current_theme()
        is_primary = self.emphasis is Emphasis.PRIMARY and self.isEnabled() and not self.isChecked()
        line = look.support if is_primary else theme.mixed("line", "ink_3", 25)
        fill = look.fill if is_primary else theme.colour("raised")
        paint_key_cap(painter, area, self.key, ink=look.support, line=line, fill=fill)

    def _paint_icon(self, painter: QPainter, look: _Look) -> None:
        theme = current_theme()
        pixmap = toned_icon(self.icon_name, 28, "ink" if self.isEnabled() else "ink_3")
        side = theme.px(28)
        corner = self.rect().center()
        painter.drawPixmap(corner.x() - side // 2 + 1, corner.y() - side // 2 + 1, side, side, pixmap)

    def _paint_inline(self, painter: QPainter, look: _Look) -> None:
        theme = current_theme()
        font = theme.font(self._role)
        metrics = QFontMetricsF(font)
        cap = key_cap_width(self.key) if self.key else 0.0
        gap = float(theme.px(Space.S)) if self.key else 0.0
        room = self.width() - cap - gap - theme.px(Space.S)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(text)
        left = (self.width() - width - gap - cap) / 2
        painter.setFont(font)
        painter.setPen(look.ink)
        painter.drawText(QRectF(left, 0, width + 1, self.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
        if self.key:
            self._paint_cap(painter, QRectF(left + width + gap, 0, cap, self.height()), look)

    def _paint_stacked(self, painter: QPainter, look: _Look) -> None:
        theme = current_theme()
        font = theme.font(self._role)
        metrics = QFontMetricsF(font)
        cap = key_cap_height() if self.key else 0.0
        gap = theme.px(Space.XS) if self.key else 0
        top = (self.height() - metrics.height() - gap - cap) / 2
        room = self.width() - theme.px(Space.S)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(look.ink)
        row = QRectF(theme.px(Space.XS), top, room, metrics.height())
        painter.drawText(row, int(Qt.AlignmentFlag.AlignCenter), text)
        if self.key:
            self._paint_cap(painter, QRectF(0, top + metrics.height() + gap, self.width(), cap), look)

    def _paint_spread(self, painter: QPainter, look: _Look) -> None:
        theme = current_theme()
        font = theme.font(self._role)
        metrics = QFontMetricsF(font)
        pad = float(theme.px(Space.XL if self._least_height >= Target.GO else Space.L))
        right = self.width() - pad
        if self.key:
            cap = key_cap_width(self.key)
            self._paint_cap(painter, QRectF(right - cap, 0, cap, self.height()), look)
            right -= cap + theme.px(Space.M)
        painter.setFont(font)
        painter.setPen(look.ink)
        if self.figure:
            width = metrics.horizontalAdvance(self.figure) + 1
            figure = QRectF(right - width, 0, width, self.height())
            painter.drawText(figure, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self.figure)
            right -= width + theme.px(Space.M)
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, right - pad)
        painter.drawText(QRectF(pad, 0, right - pad, self.height()), int(Qt.AlignmentFlag.AlignVCenter), text)
