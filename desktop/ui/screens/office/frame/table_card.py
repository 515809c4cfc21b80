"""A table in a rounded frame, with what stands in its place while it is empty, loading or broken."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Radius, TypeRole, current_theme
from desktop.ui.widgets import DataTable, EmptyState, TextLabel


class RoundFrame(QWidget):
    """Rounds the corners of whatever it lies over, and draws the line around it; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bench in the corners, and the line."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        radius = Radius.LARGE * theme.scale
        corners = QPainterPath()
        corners.addRect(area)
        inner = QPainterPath()
        inner.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.fillPath(corners.subtracted(inner), theme.colour("bench"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(inner)


class FramedPane(QWidget):
    """A raised pane with round corners; ``body`` is its layout."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(1, 1, 1, 1)
        self.body.setSpacing(0)
        self._frame = RoundFrame(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground."""
        QPainter(self).fillRect(self.rect(), current_theme().colour("raised"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the frame over everything."""
        super().resizeEvent(event)
        self._frame.setGeometry(self.rect())
        self._frame.raise_()


class TableCard(FramedPane):
    """A ``DataTable`` in a frame.

    Args:
        table: the table.
        empty_step: the first step offered while there is nothing.
        room_by_column: column → the least width in pixels at 100 % of the whole table at which it is shown; narrower
            tables leave it out rather than cut what matters more.

    Signals:
        step_taken: the first step offered by the empty state was pressed.
        row_selected(int): a row was chosen. (Not when Qt makes the first row current because the list got the focus.)
    """

    step_taken = Signal()
    row_selected = Signal(int)

    def __init__(
        self,
        table: DataTable,
        *,
        empty_step: str = "",
        empty_icon: str = "",
        room_by_column: Mapping[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.table = table
        table.selectionModel().selectionChanged.connect(lambda _now, _before: self._tell_row())
        self._room_by_column = dict(room_by_column or {})
        self._stack = QStackedLayout()
        self._empty = EmptyState("", "", step=empty_step, icon=empty_icon)
        self._empty.step_taken.connect(self.step_taken)
        self._loading = TextLabel("Looking…", TypeRole.BODY, Ink.THIRD)
        self._loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (table, self._empty, self._loading):
            self._stack.addWidget(widget)
        self.body.addLayout(self._stack)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many columns as there is room for."""
        super().resizeEvent(event)
        for column, room in self._room_by_column.items():
            self.table.setColumnHidden(column, self.width() < current_theme().px(room))

    def _tell_row(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self.row_selected.emit(rows[0].row())

    def show_rows(self) -> None:
        """Show the table."""
        self._bring(0)

    def show_empty(self, title: str, text: str) -> None:
        """Say what would be here."""
        self._empty.set_words(title, text)
        self._bring(1)

    def show_loading(self, text: str = "Looking…") -> None:
        """Say that it is on its way."""
        self._loading.setText(text)
        self._bring(2)

    def _bring(self, place: int) -> None:
        """Show one of the three, under the frame: the stack raises what it shows."""
        self._stack.setCurrentIndex(place)
        self._frame.raise_()
