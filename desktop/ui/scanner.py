"""Tells a scanner from a typist: bursts of keys that end in Enter or Tab become one scan, wherever the focus is.

A keyboard-wedge scanner sends its characters some milliseconds apart. Printable keys are held back for that long; if
the burst ends with a terminator it is a scan and nothing else sees it, so its Enter never presses a focused button. If
it doesn't, the keys are handed on as typed. While a PIN is being typed nothing is held and nothing is a scan.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

GROUP_SEPARATOR = "\x1d"
"""Divides the elements of a GS1 label; the one control character that is data."""

RAW_KEYS_PROPERTY = "takesRawKeys"
"""A widget with this property true gets every key at once: an open PIN field."""

_TERMINATORS = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab))
_MODIFIERS = frozenset(
    (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock)
)
_COMMAND_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_MILLISECONDS_PER_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """How a scanner is recognised.

    Attributes:
        gap_ms: the longest pause between two characters of one scan.
        least_characters: shorter bursts are typing.
        prefix: a character the scanner sends first, taken off; empty for none.
    """

    gap_ms: int = 50
    least_characters: int = 4
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _HeldKey:
    key: int
    modifiers: Qt.KeyboardModifier
    text: str


class ScannerFilter(QObject):
    """Install on the application: ``application.installEventFilter(filter)``.

    Signals:
        scanned(str): a code, without control characters and terminator.
    """

    scanned = Signal(str)

    def __init__(
        self,
        settings: ScannerSettings | None = None,
        *,
        text_target: Callable[[], QWidget | None] | None = None,
        now_s: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings or ScannerSettings()
        self._text_target = text_target
        self._now_s = now_s
        self._held: list[_HeldKey] = []
        self._last_ms = 0.0
        self._scan_ended_ms = float("-inf")
        self._is_replaying = False
        # After a hold-up of the window the keys that waited are delivered before a timer of no time fires, so that a
        # scan is not cut in two by the window's own slowness.
        self._second_look = QTimer(self)
        self._second_look.setSingleShot(True)
        self._second_look.setInterval(0)
        self._second_look.timeout.connect(self.hand_on)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self._settings.gap_ms)
        self._timer.timeout.connect(self._second_look.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold, hand on, or swallow a key."""
        kind = event.type()
        # Asked first, for almost every event ends here.
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        if self._is_replaying or not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            if not _is_part_of_code(event) and event.key() not in (*_TERMINATORS, *_MODIFIERS):
                self.hand_on()
            return False
        if watched.property(RAW_KEYS_PROPERTY):
            self.hand_on()
            return False
        return self._take(event)

    def hand_on(self) -> None:
        """What was held was typing: give it to the focused field, or to the window's text target."""
        self._stop_waiting()
        held, self._held = self._held, []
        target = self._target()
        if not held or target is None:
            return
        self._is_replaying = True
        try:
            for key in held:
                QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyPress, key.key, key.modifiers, key.text))
                QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyRelease, key.key, key.modifiers, key.text))
        finally:
            self._is_replaying = False

    def _stop_waiting(self) -> None:
        self._timer.stop()
        self._second_look.stop()

    def _take(self, event: QKeyEvent) -> bool:
        # The system's own time of the key, where there is one: delivery may have been held up.
        now_ms = float(event.timestamp()) or self._now_s() * _MILLISECONDS_PER_SECOND
        key = Qt.Key(event.key())
        if key in _MODIFIERS:
            return False
        if self._held and now_ms - self._last_ms > self._settings.gap_ms:
            self.hand_on()
        if key in _TERMINATORS:
            return self._end_burst(now_ms, event)
        if event.isAutoRepeat() or not _is_part_of_code(event) or self._is_press_of_button(event):
            self.hand_on()
            return False
        self._held.append(_HeldKey(event.key(), event.modifiers(), event.text()))
        self._last_ms = now_ms
        self._second_look.stop()
        self._timer.start()
        event.accept()
        return True

    def _end_burst(self, now_ms: float, event: QKeyEvent) -> bool:
        if not self._held and now_ms - self._scan_ended_ms <= self._settings.gap_ms:
            # Carriage return and line feed: the second one belongs to the same scan.
            event.accept()
            return True
        code = self._code()
        if len(code) < self._settings.least_characters:
            self.hand_on()
            return False
        self._stop_waiting()
        self._held = []
        self._scan_ended_ms = now_ms
        event.accept()
        self.scanned.emit(code)
        return True

    def _code(self) -> str:
        text = "".join(GROUP_SEPARATOR if _is_group_separator(key) else key.text for key in self._held)
        text = "".join(character for character in text if character.isprintable() or character == GROUP_SEPARATOR)
        return text.removeprefix(self._settings.prefix)

    def _is_press_of_button(self, event: QKeyEvent) -> bool:
        """Space on a button presses it; held back, its release would come before it."""
        return not self._held and event.key() == Qt.Key.Key_Space and not _takes_text(QApplication.focusWidget())

    def _target(self) -> QWidget | None:
        focused = QApplication.focusWidget()
        if focused is not None and _takes_text(focused):
            return focused
        wanted = self._text_target() if self._text_target is not None else None
        return wanted if wanted is not None else focused


def _is_part_of_code(event: QKeyEvent) -> bool:
    if _is_group_separator(_HeldKey(event.key(), event.modifiers(), event.text())):
        return True
    return bool(event.text()) and event.text().isprintable() and not event.modifiers() & _COMMAND_MODIFIERS


def _is_group_separator(key: _HeldKey) -> bool:
    is_control = bool(key.modifiers & Qt.KeyboardModifier.ControlModifier)
    return key.text == GROUP_SEPARATOR or (is_control and key.key == Qt.Key.Key_BracketRight)


def _takes_text(widget: QWidget | None) -> bool:
    return widget is not None and (
        widget.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled) or bool(widget.property("takesText"))
    )
