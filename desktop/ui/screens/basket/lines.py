"""The lines of the basket as a list: the model tells Qt only what changed, the delegate draws paper lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.ui.theme import Ink, Radius, Space, Theme, Tone, TypeRole, current_theme
from desktop.ui.widgets.money_label import amount_text
from desktop.ui.widgets.painting import paint_chosen
from desktop.ui.widgets.text import fitting_font
from desktop.usecases.till_state import LineView, Note, NoteTone

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_TONES = {NoteTone.SAVING: Tone.GOOD, NoteTone.LOOK: Tone.LOOK, NoteTone.REFUSED: Tone.WRONG}
_PAD_Y = 9
_NAME_HEIGHT = 25
_NOTE_HEIGHT = 19
_QUANTITY_WIDTH = 60


class BasketLines(QAbstractListModel):
    """The lines; the selected one is part of the data, for the till decides which it is."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: tuple[LineView, ...] = ()

    def show(self, lines: Sequence[LineView]) -> None:
        """Show these lines; rows that stayed the same are not painted again."""
        old, new = self.lines, tuple(lines)
        kept = min(len(old), len(new))
        if len(new) < len(old):
            self.beginRemoveRows(_ROOT, len(new), len(old) - 1)
            self.lines = old[: len(new)]
            self.endRemoveRows()
        for row in range(kept):
            if old[row] != new[row]:
                self.lines = (*self.lines[:row], new[row], *self.lines[row + 1 :])
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))
        if len(new) > len(old):
            self.beginInsertRows(_ROOT, len(old), len(new) - 1)
            self.lines = new
            self.endInsertRows()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many lines there are, removed ones included."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """What readers hear of a line; the delegate reads ``lines``."""
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            removed = "removed, " if line.is_removed else ""
            notes = "".join(f", {note.text}" for note in line.notes)
            return f"{removed}{quantity_text(line)} {line.name}, {amount_text(line.total)}{notes}"
        return None


class LineDelegate(QStyledItemDelegate):
    """Draws one line: quantity, name and amount, and under the name why it costs what it costs."""

    def __init__(self, model: BasketLines) -> None:
        super().__init__(model)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Taller with every note."""
        theme = current_theme()
        notes = len(note_rows(self._model.lines[index.row()]))
        return QSize(theme.px(200), theme.px(2 * _PAD_Y + _NAME_HEIGHT + notes * _NOTE_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the line."""
        line = self._model.lines[index.row()]
        painter.save()
        area = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            paint_chosen(painter, area, radius=Radius.MEDIUM)
        _paint_line(painter, area, line)
        painter.restore()


def quantity_text(line: LineView) -> str:
    """``2×`` for pieces, ``0.486`` for what is weighed."""
    return line.quantity if line.is_weighed else f"{line.quantity}×"


def note_rows(line: LineView) -> tuple[Note, ...]:
    """The notes as they stand under the name: the plain ones in one row, each that matters in its own."""
    plain = " · ".join(note.text for note in line.notes if note.tone is NoteTone.PLAIN)
    others = tuple(note for note in line.notes if note.tone is not NoteTone.PLAIN)
    return (Note(plain), *others) if plain else others


def _paint_line(painter: QPainter, area: QRectF, line: LineView) -> None:
    theme = current_theme()
    inner = area.adjusted(theme.px(Space.M), theme.px(_PAD_Y), -theme.px(Space.M), -theme.px(_PAD_Y))
    first = QRectF(inner.left(), inner.top(), inner.width(), theme.px(_NAME_HEIGHT) - theme.px(2))
    amount = _amount(line)
    amount_font = _struck(theme.font(TypeRole.AMOUNT), line)
    amount_width = QFontMetricsF(amount_font).horizontalAdvance(amount)
    middle = int(Qt.AlignmentFlag.AlignVCenter)
    painter.setFont(amount_font)
    painter.setPen(_ink(theme, line))
    painter.drawText(first, middle | int(Qt.AlignmentFlag.AlignRight), amount)
    text = quantity_text(line)
    painter.setFont(fitting_font(text, TypeRole.AMOUNT, theme.px(_QUANTITY_WIDTH - 2)))
    painter.setPen(theme.ink(Ink.SECOND))
    painter.drawText(first, middle, text)
    left = theme.px(_QUANTITY_WIDTH)
    name_area = first.adjusted(left, 0, -amount_width - theme.px(Space.M), 0)
    name_font = _struck(theme.font(TypeRole.LINE), line)
    painter.setFont(name_font)
    painter.setPen(_ink(theme, line))
    name = QFontMetricsF(name_font).elidedText(line.name, Qt.TextElideMode.ElideRight, name_area.width())
    painter.drawText(name_area, middle, name)
    _paint_notes(painter, inner.adjusted(left, theme.px(_NAME_HEIGHT), 0, 0), line)


def _paint_notes(painter: QPainter, area: QRectF, line: LineView) -> None:
    theme = current_theme()
    font = theme.font(TypeRole.SUPPORT)
    painter.setFont(font)
    for number, note in enumerate(note_rows(line)):
        tone = _TONES.get(note.tone)
        painter.setPen(theme.ink(Ink.THIRD) if tone is None else theme.tone(tone))
        height = theme.px(_NOTE_HEIGHT)
        row = QRectF(area.left(), area.top() + number * height, area.width(), height)
        text = QFontMetricsF(font).elidedText(note.text, Qt.TextElideMode.ElideRight, row.width())
        painter.drawText(row, int(Qt.AlignmentFlag.AlignVCenter), text)


def _amount(line: LineView) -> str:
    """A removed line counts nothing; what it would have cost stands there struck through, where that is plain."""
    if not line.is_removed:
        return amount_text(line.total)
    return line.unit_price if line.quantity == "1" else ""


def _ink(theme: Theme, line: LineView) -> QColor:
    return theme.ink(Ink.THIRD if line.is_removed else Ink.STRONG)


def _struck(font: QFont, line: LineView) -> QFont:
    if line.is_removed:
        font.setStrikeOut(True)
        font.setWeight(QFont.Weight.Normal)
    return font
