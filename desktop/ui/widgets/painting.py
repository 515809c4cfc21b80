"""Small drawing routines shared by the widgets that paint themselves."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from desktop.ui.theme import Radius, TypeRole, current_theme

FOCUS_WIDTH = 2
_SHADOW_RINGS = 4


def paint_sheet(
    painter: QPainter,
    area: QRectF,
    fill: QColor,
    line: QColor | None = None,
    *,
    radius: float = Radius.LARGE,
    line_width: float = 1.0,
) -> None:
    """A rounded sheet with a line inside its edge."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scale = current_theme().scale
    half = line_width / 2
    painter.setBrush(fill)
    painter.setPen(QPen(line, line_width) if line is not None else QPen(Qt.PenStyle.NoPen))
    inner = area.adjusted(half, half, -half, -half) if line is not None else area
    painter.drawRoundedRect(inner, radius * scale, radius * scale)


def paint_shadow(painter: QPainter, area: QRectF, *, radius: float = Radius.LARGE) -> None:
    """The one soft shadow, under ``area``; nothing in themes without shadow."""
    alpha = current_theme().tokens.shadow_alpha
    if not alpha:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    scale = current_theme().scale
    for ring in range(_SHADOW_RINGS, 0, -1):
        colour = QColor(18, 22, 28, alpha // (ring + 3))
        painter.setBrush(colour)
        spread = ring * 0.6
        painter.drawRoundedRect(
            area.adjusted(-spread, -spread + 1.2, spread, spread + 1.2),
            radius * scale + spread,
            radius * scale + spread,
        )


def paint_chosen(painter: QPainter, area: QRectF, *, radius: float = Radius.SMALL) -> None:
    """The ground of a chosen row: soft blue, with a bar at the left so that it does not rest on colour alone."""
    theme = current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    sheet = QPainterPath()
    sheet.addRoundedRect(area, radius * theme.scale, radius * theme.scale)
    painter.fillPath(sheet, theme.colour("blue_soft"))
    bar = QPainterPath()
    bar.addRect(QRectF(area.left(), area.top(), theme.px(3), area.height()))
    painter.fillPath(sheet.intersected(bar), theme.colour("blue"))


def key_cap_width(key: str) -> float:
    """How wide the cap of a key is, in pixels."""
    theme = current_theme()
    metrics = QFontMetricsF(theme.font(TypeRole.CAP))
    return max(metrics.horizontalAdvance(key), metrics.horizontalAdvance("0")) + theme.px(13)


def key_cap_height() -> float:
    """How high every key cap is, in pixels."""
    return float(current_theme().px(20))


def paint_key_cap(painter: QPainter, area: QRectF, key: str, *, ink: QColor, line: QColor, fill: QColor) -> None:
    """A key as it lies on the keyboard: a small sheet with a thicker lower edge, centred in ``area``."""
    theme = current_theme()
    width, height = key_cap_width(key), key_cap_height()
    cap = QRectF(area.center().x() - width / 2, area.center().y() - height / 2, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = theme.px(Radius.CAP)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(line)
    painter.drawRoundedRect(cap.adjusted(0, 1, 0, 1), radius, radius)
    painter.setPen(QPen(line, 1.0))
    painter.setBrush(fill)
    painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.setFont(theme.font(TypeRole.CAP))
    painter.setPen(ink)
    painter.drawText(cap, int(Qt.AlignmentFlag.AlignCenter), key)
    painter.restore()


def paint_focus_ring(painter: QPainter, area: QRectF, *, radius: float = Radius.LARGE, on_accent: bool = False) -> None:
    """The ring that says where the keyboard is: two pixels of blue, on the edge; a light line within it on green."""
    theme = current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.colour("blue"), FOCUS_WIDTH))
    half = FOCUS_WIDTH / 2
    if on_accent:
        painter.drawRoundedRect(area.adjusted(half, half, -half, -half), radius * theme.scale, radius * theme.scale)
        painter.setPen(QPen(theme.colour("on_accent"), 1.5))
        half += 2.5
        radius -= 2
    painter.drawRoundedRect(area.adjusted(half, half, -half, -half), radius * theme.scale, radius * theme.scale)
