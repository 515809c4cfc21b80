"""The bar at the top: whose till this is, and in chips what is true of connection, shift and user."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import Chip, ElidedLabel, TextLabel
from desktop.usecases.till_state import NoteTone, TillState

_HEIGHT = 48
_TICK_MS = 1_000


class HeaderBar(QWidget):
    """The bar.

    Signals:
        locked: the user chip was pressed.
        shift_pressed: the shift chip was pressed.
        sync_pressed: the connection chip was pressed.
    """

    locked = Signal()
    shift_pressed = Signal()
    sync_pressed = Signal()

    def __init__(self, now_text: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        self._now_text = now_text
        self.setFixedHeight(theme.px(_HEIGHT))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(Space.L), 0, theme.px(Space.L), 1)
        row.setSpacing(theme.px(14))
        brand = TextLabel("Counterfoil", TypeRole.BODY_STRONG)
        font = brand.font()
        font.setBold(True)
        brand.setFont(font)
        self._store = ElidedLabel("", TypeRole.BODY, Ink.SECOND)
        self._till = TextLabel("", TypeRole.BODY, Ink.SECOND)
        self.connection = Chip("", has_dot=True, is_pressable=True)
        self.connection.clicked.connect(self.sync_pressed)
        self._shift = Chip("", is_pressable=True)
        self._shift.clicked.connect(self.shift_pressed)
        self._user = Chip("", key="Ctrl L", is_pressable=True)
        self._user.clicked.connect(self.locked)
        self._clock = TextLabel("", TypeRole.BODY_STRONG)
        for widget in (brand, self._store, self._till):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        for chip in (self.connection, self._shift, self._user):
            row.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._clock, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.show_time)
        self._timer.start()
        self.show_time()

    def show_state(self, state: TillState) -> None:
        """Show what is true now."""
        self._store.setText(state.store_name)
        self._till.setText(state.till_name)
        tone = Tone.PLAIN if state.connection.tone is NoteTone.PLAIN else Tone.LOOK
        self.connection.set_words(state.connection.text, tone)
        shift = state.shift
        self._shift.setVisible(shift is not None)
        if shift is not None:
            self._shift.set_words(f"Shift {shift.number} · since {shift.opened_at}")
        self._user.setVisible(bool(state.user_name))
        self._user.set_words(state.user_name)
        self.show_time()

    def show_time(self) -> None:
        """Show the store's time."""
        text = self._now_text()
        if text != self._clock.text():
            self._clock.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground and line."""
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("raised" if not theme.tokens.is_dark else "surface"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
