"""A large field for one number: its name on the left, the figure on the right; keyboard and pad both fill it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.ui.theme import Ink, Radius, Space, TypeRole, current_theme
from desktop.ui.widgets.numeric_pad import BACKSPACE
from desktop.ui.widgets.painting import FOCUS_WIDTH, paint_sheet
from desktop.ui.widgets.text import fitting_font

MAX_CHARACTERS = 12


class FigureField(QWidget):
    """One visible number buffer.

    Attributes:
        buffer: what was typed, as typed.

    Signals:
        edited(str): the buffer changed.
        submitted: Enter was pressed by hand.
    """

    edited = Signal(str)
    submitted = Signal()

    def __init__(
        self,
        label: str,
        *,
        shown: Callable[[str], str] = str,
        allows_point: bool = True,
        height: int = 72,
        role: TypeRole = TypeRole.FIGURE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.buffer = ""
        self._label = label
        self._shown = shown
        self._allows_point = allows_point
        self._role = role
        self._suggestion = ""
        self.setProperty("takesText", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(current_theme().px(height))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_label(self, label: str) -> None:
        """Say what the number is."""
        self._label = label
        self._name()
        self.update()

    def set_suggestion(self, text: str) -> None:
        """What counts while nothing was typed, shown quietly."""
        self._suggestion = text
        self._name()
        self.update()

    def set_buffer(self, text: str) -> None:
        """Show what the page says was typed; tells nobody."""
        if text != self.buffer:
            self.buffer = text
            self._name()
            self.update()

    def press(self, key: str) -> None:
        """Take a key of the pad."""
        if key == BACKSPACE:
            self._become(self.buffer[:-1])
        elif len(self.buffer) + len(key) <= MAX_CHARACTERS and not (key == "." and not self._may_take_point()):
            self._become(self.buffer + key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Figures fill it, Backspace shortens it, Delete empties it, Enter submits; other keys go to the page."""
        text = event.text()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Backspace:
            self.press(BACKSPACE)
        elif event.key() == Qt.Key.Key_Delete and self.buffer:
            self._become("")
        elif text and text in "0123456789":
            self.press(text)
        elif text and text in ".,":
            self.press(".")
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Delete belongs to the field while there is something to delete, whatever the window does with it."""
        if event.type() == QEvent.Type.ShortcutOverride and self._deletes(event):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press brings the focus."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint the frame."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Repaint the frame."""
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for a label and a middling figure."""
        return QSize(current_theme().px(260), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, label and figure."""
        theme = current_theme()
        painter = QPainter(self)
        has_focus = self.hasFocus()
        line = theme.colour("blue" if has_focus else "line")
        ground = theme.colour("raised")
        paint_sheet(
            painter,
            QRectF(self.rect()),
            ground,
            line,
            radius=Radius.LARGE,
            line_width=FOCUS_WIDTH if has_focus else 1.0,
        )
        pad = theme.px(Space.XL)
        label_font = theme.font(TypeRole.BODY_STRONG)
        label_width = QFontMetricsF(label_font).horizontalAdvance(self._label)
        area = QRectF(self.rect()).adjusted(pad, 0, -pad, 0)
        painter.setFont(label_font)
        painter.setPen(theme.ink(Ink.SECOND))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self._label)
        text = self._shown(self.buffer) if self.buffer else self._suggestion
        room = area.adjusted(label_width + theme.px(Space.M), 0, 0, 0)
        painter.setFont(fitting_font(text, self._role, round(room.width())))
        painter.setPen(theme.ink(Ink.STRONG if self.buffer else Ink.THIRD))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)

    def _deletes(self, event: QEvent) -> bool:
        return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete and bool(self.buffer)

    def _may_take_point(self) -> bool:
        return self._allows_point and "." not in self.buffer

    def _become(self, text: str) -> None:
        self.buffer = text
        self._name()
        self.update()
        self.edited.emit(text)

    def _name(self) -> None:
        figure = self._shown(self.buffer) if self.buffer else self._suggestion
        self.setAccessibleName(f"{self._label} {figure}".strip())
