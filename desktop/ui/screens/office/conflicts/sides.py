"""The values side by side: before, one, the other; what differs is marked, what stands is framed in green."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Radius, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Chip, ElidedLabel
from desktop.ui.widgets.painting import paint_sheet
from desktop.usecases.review_inbox import EntryView, Piece, Side
from shared.sync.decision import Take

_LINE_SEPARATOR = "\u2028"


class MarkedText(QWidget):
    """A value with the pieces that differ on a soft ground; wraps."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: tuple[Piece, ...] = ()
        self._tone = Tone.LOOK
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_pieces(self, pieces: tuple[Piece, ...], tone: Tone) -> None:
        """Show a value."""
        self._pieces, self._tone = pieces, tone
        self.setAccessibleName("".join(piece.text for piece in pieces))
        self._take_room()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for as many lines as the new width needs."""
        super().resizeEvent(event)
        self._take_room()

    def _take_room(self) -> None:
        """The cards beside each other share one height, so that a layout would not ask each for its own."""
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def sizeHint(self) -> QSize:
        """One line or more."""
        width = max(self.width(), current_theme().px(120))
        return QSize(width, self.heightForWidth(width))

    def hasHeightForWidth(self) -> bool:
        """It wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the lines need."""
        _, height = self._lay_out(width)
        return round(height) + current_theme().px(Space.XS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw grounds, then the text."""
        theme = current_theme()
        painter = QPainter(self)
        layout, _ = self._lay_out(self.width())
        start = 0
        for piece in self._pieces:
            if piece.is_changed:
                self._paint_ground(painter, layout, start, len(piece.text))
            start += len(piece.text)
        painter.setPen(theme.ink())
        layout.draw(painter, QPointF(0, 0))

    def _lay_out(self, width: int) -> tuple[QTextLayout, float]:
        theme = current_theme()
        font = theme.font(TypeRole.LINE)
        font.setWeight(font.Weight.Normal)
        # One letter for one letter, so that the grounds stay under their pieces.
        text = "".join(piece.text for piece in self._pieces).replace("\n", _LINE_SEPARATOR)
        layout = QTextLayout(text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        height = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, height))
            height += line.height() + theme.px(Space.HAIR)
        layout.endLayout()
        return layout, max(height, QFontMetricsF(font).height())

    def _paint_ground(self, painter: QPainter, layout: QTextLayout, start: int, length: int) -> None:
        theme = current_theme()
        end = start + length
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            first, last = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if first >= last:
                continue
            x0, x1 = _x_of(line, first), _x_of(line, last)
            ground = QRectF(x0 - 2, line.y(), x1 - x0 + 4, line.height())
            paint_sheet(painter, ground, theme.soft(self._tone), radius=4)


def _x_of(line: QTextLine, position: int) -> float:
    """Where a cursor stands in a line; the binding gives the place alone or with the position it corrected."""
    found = line.cursorToX(position)
    place = found[0] if isinstance(found, tuple) else found
    assert isinstance(place, int | float)
    return float(place)


class SideCard(QWidget):
    """One value: whose and when, the value, and a button to take it, or that it stands.

    Signals:
        taken(Take): it is to stand.
    """

    taken = Signal(object)

    def __init__(self, number: int) -> None:
        super().__init__()
        theme = current_theme()
        self._stands = False
        side = theme.px(Space.L - 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.px(Space.L))
        column.setSpacing(theme.px(Space.M))
        head = QVBoxLayout()
        head.setContentsMargins(side, theme.px(11), side, theme.px(Space.S))
        head.setSpacing(theme.px(Space.HAIR))
        self._title = ElidedLabel("", TypeRole.BODY_STRONG)
        self._subtitle = ElidedLabel("", TypeRole.SUPPORT, Ink.THIRD)
        head.addWidget(self._title)
        head.addWidget(self._subtitle)
        self._head_height = theme.px(61)
        self._text = MarkedText()
        self._take = ActionButton("Take this", key=str(number))
        self._take.clicked.connect(self._tell)
        self._value: Take | None = Take.BASE
        self._chip = Chip("stands now", Tone.GOOD)
        inside = QVBoxLayout()
        inside.setContentsMargins(side, theme.px(Space.S), side, 0)
        inside.setSpacing(theme.px(Space.L))
        inside.addWidget(self._text, 1)
        row = QHBoxLayout()
        row.addWidget(self._take)
        row.addWidget(self._chip)
        row.addStretch(1)
        inside.addLayout(row)
        column.addLayout(head)
        column.addLayout(inside, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_side(self, side: Side) -> None:
        """Show a value."""
        self._stands = side.stands
        self._value = side.take
        self._title.setText(side.title)
        self._subtitle.setText(side.subtitle)
        self._text.show_pieces(side.pieces, Tone.GOOD if side.stands else Tone.LOOK)
        self._take.setVisible(not side.stands)
        self._chip.setVisible(side.stands)
        self._take.setAccessibleName(f"Take {side.text}")
        self.update()

    def _tell(self) -> None:
        self.taken.emit(self._value)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sheet, its head, and the edge."""
        theme = current_theme()
        painter = QPainter(self)
        area = QRectF(self.rect())
        width = 2.0 if self._stands else 1.0
        edge = theme.colour("accent" if self._stands else "line")
        paint_sheet(painter, area, theme.colour("raised"), None)
        painter.save()
        painter.setClipRect(QRectF(0, 0, area.width(), self._head_height))
        paint_sheet(painter, area, theme.colour("surface"), None)
        painter.restore()
        painter.setPen(theme.colour("line"))
        painter.drawLine(0, self._head_height, self.width(), self._head_height)
        paint_sheet(painter, area, QColor(0, 0, 0, 0), edge, radius=Radius.LARGE, line_width=width)


class SideRow(QWidget):
    """All values of one entry.

    Signals:
        taken(Take): this one is to stand.
    """

    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(current_theme().px(Space.M))
        self._cards: list[SideCard] = []

    def show_entry(self, entry: EntryView) -> None:
        """Show the values; hide where there is nothing to choose between."""
        self.setVisible(bool(entry.sides))
        if len(entry.sides) != len(self._cards):
            for card in self._cards:
                self._row.removeWidget(card)
                card.hide()
                card.deleteLater()
            self._cards = [SideCard(number) for number in range(1, len(entry.sides) + 1)]
            for card in self._cards:
                card.taken.connect(self.taken)
                self._row.addWidget(card, 1)
        for card, side in zip(self._cards, entry.sides, strict=True):
            card.show_side(side)
