"""The inbox as a list: what it is about, which field and where, and whether it needs somebody."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets.painting import paint_sheet
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.review_inbox import EntryLine
from shared.sync.decision import EntryState

_ROW_HEIGHT = 65
_WORDS = {EntryState.NEEDS_YOU: "needs you", EntryState.SETTLED: "settled", EntryState.DECIDED: "decided"}


class EntryList(RowList):
    """The list."""

    def __init__(self) -> None:
        super().__init__("Conflicts")
        self.setItemDelegate(_EntryDelegate(self))

    def show_entries(self, lines: Sequence[EntryLine], current: object) -> None:
        """Show these entries, one of them open."""
        rows = [
            RowView(
                key=line.id,
                title=line.title,
                subtitle=line.subtitle,
                note=_WORDS[line.state],
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
        inner = area.adjusted(theme.px(Space.L), theme.px(10), -theme.px(Space.L), -theme.px(10))
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
