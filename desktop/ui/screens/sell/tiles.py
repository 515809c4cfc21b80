"""Quick keys: a grid of tiles that need no pictures, with the category's hue at the edge."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QWidget

from desktop.ui.theme import Ink, Radius, Space, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_focus_ring, paint_sheet
from desktop.usecases.till_views import QuickTile

_LEAST_WIDTH = 160
_MOST_WIDTH = 225
_LEAST_HEIGHT = 96
_MOST_HEIGHT = 160
_GAP = 11


class Tile(QAbstractButton):
    """One product: name at the top, price at the foot."""

    def __init__(self, tile: QuickTile, parent: QWidget) -> None:
        super().__init__(parent)
        self.tile = tile
        self.setText(tile.label)
        self.setAccessibleName(f"{tile.label}, {tile.price}" if tile.price else tile.label)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """The least size a finger hits for certain."""
        return QSize(current_theme().px(_LEAST_WIDTH), current_theme().px(_LEAST_HEIGHT))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Repaint with the hover ground."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Repaint without the hover ground."""
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the tile."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sheet, edge, name and price."""
        theme = current_theme()
        painter = QPainter(self)
        area = QRectF(self.rect())
        shade = 12 if self.isDown() else 5 if self.underMouse() else 0
        paint_sheet(painter, area, theme.mixed("raised", "ink", shade), theme.colour("line"), radius=Radius.MEDIUM)
        self._paint_edge(painter, area)
        pad = theme.px(17)
        inner = area.adjusted(pad, theme.px(10), -theme.px(Space.M), -theme.px(10))
        price_font = theme.font(TypeRole.BODY)
        price_height = QFontMetricsF(price_font).height()
        font = theme.font(TypeRole.BODY_STRONG)
        painter.setFont(font)
        painter.setPen(theme.ink())
        name_area = inner.adjusted(0, 0, 0, -price_height - 2)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        painter.setClipRect(name_area)
        painter.drawText(name_area, flags, _fitting(self.text(), QFontMetricsF(font), name_area))
        painter.setClipping(False)
        painter.setFont(price_font)
        painter.setPen(theme.ink(Ink.THIRD))
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), self.tile.price)
        if self.hasFocus():
            paint_focus_ring(painter, area, radius=Radius.MEDIUM)

    def _paint_edge(self, painter: QPainter, area: QRectF) -> None:
        theme = current_theme()
        radius = theme.px(Radius.MEDIUM)
        sheet = QPainterPath()
        sheet.addRoundedRect(area, radius, radius)
        edge = QPainterPath()
        edge.addRect(QRectF(area.left(), area.top(), theme.px(5), area.height()))
        hollow = QPainterPath()
        hollow.addRoundedRect(area.adjusted(theme.px(5), 0, radius, 0), radius * 0.7, radius * 0.7)
        band = QPainterPath()
        band.addRect(QRectF(area.left(), area.top(), radius, area.height()))
        painter.fillPath(sheet.intersected(edge.united(band.subtracted(hollow))), theme.hue(self.tile.colour))


def _fitting(text: str, metrics: QFontMetricsF, area: QRectF) -> str:
    """The text cut to the number of whole lines there is room for."""
    flags = int(Qt.TextFlag.TextWordWrap)
    shown = text
    while len(shown) > 1 and metrics.boundingRect(area, flags, shown).height() > area.height() + 1:
        shown = shown.rstrip("… ")[:-1].rstrip() + "…"
    return shown


class TileGrid(QScrollArea):
    """The tiles of one tab; as many columns as fit, rows as high as the room allows, scrolling beyond that.

    Signals:
        pressed(object): the variant id of a tile.
    """

    pressed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Quick keys")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inner = QWidget()
        self._inner.setProperty("ground", "clear")
        self.setWidget(self._inner)
        self._tiles: list[Tile] = []
        self._shown: tuple[QuickTile, ...] = ()

    def show_tiles(self, tiles: Sequence[QuickTile]) -> None:
        """Show these tiles; the same ones again change nothing."""
        if tuple(tiles) == self._shown:
            return
        self._shown = tuple(tiles)
        for old in self._tiles:
            old.hide()
            old.deleteLater()
        self._tiles = [self._make(tile) for tile in tiles]
        self._lay_out()

    def tiles(self) -> Sequence[Tile]:
        """The tiles in their order."""
        return self._tiles

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the tiles out anew."""
        super().resizeEvent(event)
        self._lay_out()

    def _make(self, view: QuickTile) -> Tile:
        tile = Tile(view, self._inner)
        identity: uuid.UUID = view.variant_id
        tile.clicked.connect(lambda: self.pressed.emit(identity))
        tile.show()
        return tile

    def _lay_out(self) -> None:
        gap = current_theme().px(_GAP)
        width = self.viewport().width()
        columns, tile_height = self._grid(width, self.viewport().height(), gap)
        tile_width = (width - gap * (columns - 1)) // columns
        for number, tile in enumerate(self._tiles):
            row, column = divmod(number, columns)
            tile.setGeometry(column * (tile_width + gap), row * (tile_height + gap), tile_width, tile_height)
        rows = -(-len(self._tiles) // columns)
        self._inner.resize(width, max(rows * (tile_height + gap) - gap, 0))

    def _grid(self, width: int, height: int, gap: int) -> tuple[int, int]:
        """(columns, height of a tile): as few columns as keep every tile in sight, tiles neither tiny nor huge."""
        theme = current_theme()
        least_width, most_width = theme.px(_LEAST_WIDTH), theme.px(_MOST_WIDTH)
        least_height, most_height = theme.px(_LEAST_HEIGHT), theme.px(_MOST_HEIGHT)
        most_columns = max(2, (width + gap) // (least_width + gap))
        for columns in range(2, most_columns + 1):
            rows = max(-(-len(self._tiles) // columns), 3)
            tile_height = (height - gap * (rows - 1)) // rows
            if (width - gap * (columns - 1)) // columns <= most_width and tile_height >= least_height:
                return columns, min(tile_height, most_height)
        return most_columns, least_height
