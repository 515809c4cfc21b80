"""The find field: a magnifying glass, what to type, and the key that leads here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from desktop.ui.theme import Radius, Space, TypeRole, current_theme
from desktop.ui.widgets.key_cap import KeyCap
from desktop.ui.widgets.painting import FOCUS_WIDTH, paint_sheet


class SearchField(QWidget):
    """One line to type into.

    Attributes:
        edit: the line edit inside, which has the focus.

    Signals:
        text_edited(str): the text as it is typed.
        submitted(str): Enter was pressed by hand.
        moved(int): arrow down (+1) or up (-1), for a list beside the field.
    """

    text_edited = Signal(str)
    submitted = Signal(str)
    moved = Signal(int)

    def __init__(
        self,
        placeholder: str,
        *,
        key: str = "",
        height: int = 34,
        role: TypeRole = TypeRole.OFFICE,
        is_quiet: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._is_quiet = is_quiet
        self.edit = QLineEdit(self)
        self.edit.setProperty("bare", "true")
        self.edit.setFont(theme.font(role))
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(placeholder)
        self.edit.textEdited.connect(self.text_edited)
        self.edit.installEventFilter(self)
        self.setFocusProxy(self.edit)
        self.setFixedHeight(theme.px(height))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        row = QHBoxLayout(self)
        self._glass = theme.px(17 if height >= 48 else 13)
        left = theme.px(Space.XL if height >= 48 else Space.M)
        row.setContentsMargins(left + self._glass + theme.px(Space.M), 0, theme.px(Space.L), 0)
        self._left = left
        row.addWidget(self.edit, 1)
        if key:
            row.addWidget(KeyCap(key))

    def text(self) -> str:
        """What stands in the field."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Put a text there; tells listeners as if it were typed."""
        self.edit.setText(text)
        self.text_edited.emit(text)

    def clear(self) -> None:
        """Empty the field without telling listeners."""
        self.edit.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter submits, arrows move; the frame follows the focus."""
        if watched is not self.edit:
            return super().eventFilter(watched, event)
        if isinstance(event, QFocusEvent):
            self.update()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            return self._leave_to_window(event)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press anywhere on the frame leads into the field."""
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame and glass."""
        theme = current_theme()
        painter = QPainter(self)
        has_focus = self.edit.hasFocus()
        ground = "surface" if self._is_quiet and not has_focus else "raised"
        line = theme.colour("blue" if has_focus else "line")
        area = QRectF(self.rect())
        width = FOCUS_WIDTH if has_focus else 1.0
        radius = Radius.LARGE if self.height() >= theme.px(48) else Radius.SMALL
        paint_sheet(painter, area, theme.colour(ground), line, radius=radius, line_width=width)
        side = self._glass * 0.68
        top = (self.height() - self._glass) / 2
        painter.setPen(QPen(theme.colour("ink_2"), max(1.4, self._glass / 9)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(self._left, top, side, side))
        reach = self._left + side * 0.86
        end = self._left + self._glass * 0.98
        painter.drawLine(round(reach), round(top + side * 0.86), round(end), round(top + self._glass * 0.98))

    def _leave_to_window(self, event: QKeyEvent) -> bool:
        """In an empty field there is nothing to edit: Delete and the like are the window's shortcuts."""
        is_command = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if self.edit.text() or not (is_command or event.key() == Qt.Key.Key_Delete):
            return False
        event.ignore()
        return True

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit(self.edit.text())
            return True
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.moved.emit(1 if event.key() == Qt.Key.Key_Down else -1)
            return True
        return False
