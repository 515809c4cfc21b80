"""A short list of large rows to choose from: results, parked sales, customers, lines of a receipt."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop.ui.theme import Ink, Radius, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_chosen, paint_sheet

_ROW_HEIGHT = 60
_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class RowView:
    """One row.

    Attributes:
        key: what the row stands for.
        subtitle: small text under the title.
        figure: at the right edge.
        note: small text under the figure, in ``tone``.
    """

    key: Hashable
    title: str
    subtitle: str = ""
    figure: str = ""
    note: str = ""
    tone: Tone | None = None


class _Rows(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[RowView, ...] = ()

    def show(self, rows: Sequence[RowView]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (row.title, row.subtitle, row.figure, row.note) if part)
        return None


class _RowDelegate(QStyledItemDelegate):
    def __init__(self, view: RowList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, current_theme().px(_ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        row = self._view.row(index.row())
        painter.save()
        area = QRectF(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_last = index.row() == index.model().rowCount() - 1
        if is_selected:
            paint_chosen(painter, area.adjusted(0, 1, 0, -2))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            paint_sheet(painter, area.adjusted(0, 1, 0, -2), theme.colour("surface"), radius=Radius.SMALL)
        if not is_last:
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(theme.px(Space.M), theme.px(Space.S + 1), -theme.px(Space.M), -theme.px(Space.S + 1))
        right = _paint_right(painter, inner, row)
        _paint_left(painter, inner.adjusted(0, 0, -right, 0), row)
        painter.restore()


def _paint_right(painter: QPainter, area: QRectF, row: RowView) -> float:
    theme = current_theme()
    amount, small = theme.font(TypeRole.AMOUNT), theme.font(TypeRole.SUPPORT)
    width = max(
        QFontMetricsF(amount).horizontalAdvance(row.figure) if row.figure else 0.0,
        QFontMetricsF(small).horizontalAdvance(row.note) if row.note else 0.0,
    )
    top = Qt.AlignmentFlag.AlignTop if row.note else Qt.AlignmentFlag.AlignVCenter
    painter.setFont(amount)
    painter.setPen(theme.ink())
    painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | top), row.figure)
    if row.note:
        painter.setFont(small)
        painter.setPen(theme.tone(row.tone) if row.tone else theme.ink(Ink.THIRD))
        bottom = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        painter.drawText(area, int(bottom if row.figure else Qt.AlignmentFlag.AlignRight | top), row.note)
    return width + (theme.px(Space.L) if width else 0)


def _paint_left(painter: QPainter, area: QRectF, row: RowView) -> None:
    theme = current_theme()
    font, small = theme.font(TypeRole.LINE), theme.font(TypeRole.SUPPORT)
    painter.setFont(font)
    painter.setPen(theme.ink())
    title = QFontMetricsF(font).elidedText(row.title, Qt.TextElideMode.ElideRight, area.width())
    at = Qt.AlignmentFlag.AlignTop if row.subtitle else Qt.AlignmentFlag.AlignVCenter
    painter.drawText(area.adjusted(0, -theme.px(2), 0, 0), int(Qt.AlignmentFlag.AlignLeft | at), title)
    if row.subtitle:
        painter.setFont(small)
        painter.setPen(theme.ink(Ink.THIRD))
        text = QFontMetricsF(small).elidedText(row.subtitle, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), text)


class RowList(QListView):
    """The list.

    Signals:
        opened(object): the key of a row that was pressed, or entered with Enter.
        chosen(object): the key of the row that became current.
    """

    opened = Signal(object)
    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows = _Rows(self)
        self.setModel(self._rows)
        self.setStyleSheet("QListView { background: transparent; }")
        self.setItemDelegate(_RowDelegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(lambda index: self.opened.emit(self.row(index.row()).key))
        self.selectionModel().currentChanged.connect(self._tell_chosen)

    def show_rows(self, rows: Sequence[RowView], current: int = 0) -> None:
        """Show these rows, one of them current (-1: none); unchanged rows are left alone."""
        if tuple(rows) != self._rows.rows:
            self._rows.show(rows)
        self.choose(current)

    def row(self, number: int) -> RowView:
        """The row at a place."""
        return self._rows.rows[number]

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows.rows)

    def current_key(self) -> Hashable | None:
        """The key of the current row; None when there is none."""
        index = self.currentIndex()
        return self.row(index.row()).key if index.isValid() else None

    def choose(self, number: int) -> None:
        """Make a row current and bring it into sight."""
        if 0 <= number < len(self._rows.rows):
            index = self._rows.index(number, 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def step(self, by: int) -> None:
        """Go up or down, stopping at the ends."""
        now = self.currentIndex().row()
        self.choose(max(0, min(len(self._rows.rows) - 1, now + by)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current row."""
        key = self.current_key()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and key is not None:
            self.opened.emit(key)
            return
        super().keyPressEvent(event)

    def _tell_chosen(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit(self.row(now.row()).key)
