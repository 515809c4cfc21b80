"""The inbox as a list: what it is about, which field and where, whether it needs somebody, and what is selected."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_sheet
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.review_inbox import EntryLine
from shared.sync.decision import EntryState

_ROW_HEIGHT = 65
_BOX = 16
_BOX_ROOM = 40
_NOTE = "merged"
_WORDS = {EntryState.NEEDS_YOU: "needs you", EntryState.SETTLED: "settled", EntryState.DECIDED: "decided"}


class EntryList(RowList):
    """The list.

    Signals:
        toggled(object): the entry with this id is to be selected, or not any more: Space, Ctrl and click, or its box.
        all_wanted: everything is to be selected: Ctrl+A.
    """

    toggled = Signal(object)
    all_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Conflicts")
        self.setItemDelegate(_EntryDelegate(self))
        self._selected: frozenset[uuid.UUID] = frozenset()

    def is_selected(self, key: object) -> bool:
        """Whether an entry is among those that are decided together."""
        return key in self._selected

    def show_selected(self, selected: Collection[uuid.UUID]) -> None:
        """Mark these entries as selected."""
        if frozenset(selected) != self._selected:
            self._selected = frozenset(selected)
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space selects the entry, Ctrl+A all."""
        key, is_control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == Qt.Key.Key_Space and self.current_key() is not None:
            self.toggled.emit(self.current_key())
        elif key == Qt.Key.Key_A and is_control:
            self.all_wanted.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The box, or Ctrl and a click, selects without opening."""
        index = self.indexAt(event.position().toPoint())
        is_on_box = event.position().x() <= current_theme().px(_BOX_ROOM)
        is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if index.isValid() and (is_on_box or is_control):
            self.toggled.emit(self.row(index.row()).key)
            return
        super().mousePressEvent(event)

    def show_entries(self, lines: Sequence[EntryLine], current: object) -> None:
        """Show these entries, one of them open."""
        rows = [
            RowView(
                key=line.id,
                title=line.title,
                subtitle=line.subtitle,
                note=_NOTE if line.is_note else _WORDS[line.state],
                tone=Tone.LOOK if line.state is EntryState.NEEDS_YOU else Tone.PLAIN,
            )
            for line in lines
        ]
        place = next((number for number, line in enumerate(lines) if line.id == current), -1)
        self.show_rows(rows, place)


class _EntryDelegate(QStyledItemDelegate):
    def __init__(self, view: EntryList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, current_theme().px(_ROW_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = current_theme()
        row = self._view.row(index.row())
        painter.save()
        area = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.colour("blue_soft"))
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), theme.colour("blue"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.colour("surface"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if row.note != _NOTE:
            self._paint_box(painter, area, is_selected=self._view.is_selected(row.key))
        inner = area.adjusted(theme.px(_BOX_ROOM), theme.px(10), -theme.px(Space.L), -theme.px(10))
        taken = self._paint_chip(painter, inner, row)
        strong, small = theme.font(TypeRole.BODY_STRONG), theme.font(TypeRole.SUPPORT)
        top = inner.adjusted(0, 0, -taken - theme.px(Space.S), 0)
        painter.setFont(strong)
        painter.setPen(theme.ink())
        title = QFontMetricsF(strong).elidedText(row.title, Qt.TextElideMode.ElideRight, top.width())
        painter.drawText(top, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), title)
        painter.setFont(small)
        painter.setPen(theme.ink(Ink.THIRD))
        words = QFontMetricsF(small).elidedText(row.subtitle, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), words)
        painter.restore()

    def _paint_box(self, painter: QPainter, area: QRectF, *, is_selected: bool) -> None:
        """The box at the left edge; a tick where the entry is selected."""
        theme = current_theme()
        side = theme.px(_BOX)
        box = QRectF(area.left() + theme.px(Space.M + 1), area.center().y() - side / 2, side, side)
        fill = theme.colour("blue" if is_selected else "raised")
        line = theme.colour("blue") if is_selected else theme.mixed("line", "ink_3", 40)
        paint_sheet(painter, box, fill, line, radius=4)
        if is_selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("raised"), theme.px(2)))
            points = [(0.24, 0.52), (0.43, 0.71), (0.78, 0.30)]
            places = [QPointF(box.left() + x * side, box.top() + y * side) for x, y in points]
            painter.drawPolyline(places)

    def _paint_chip(self, painter: QPainter, area: QRectF, row: RowView) -> float:
        theme = current_theme()
        font = theme.font(TypeRole.SUPPORT_STRONG)
        tone = row.tone or Tone.PLAIN
        width = QFontMetricsF(font).horizontalAdvance(row.note) + theme.px(20)
        chip = QRectF(area.right() - width, area.top() - theme.px(1), width, theme.px(22))
        is_plain = tone is Tone.PLAIN
        fill = theme.colour("raised") if is_plain else theme.soft(tone)
        paint_sheet(painter, chip, fill, theme.colour("line") if is_plain else None, radius=11)
        painter.setFont(font)
        painter.setPen(theme.tone(tone))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), row.note)
        return width
