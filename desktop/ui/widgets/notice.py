"""Lines that say something and stay until it is solved: errors, warnings, empty lists. Nothing pops up."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Radius, Space, Tone, TypeRole, current_theme
from desktop.ui.theme.icons import icon_pixmap
from desktop.ui.widgets.buttons import ActionButton, Emphasis
from desktop.ui.widgets.painting import paint_sheet
from desktop.ui.widgets.text import TextLabel

_ICONS = {Tone.WRONG: "refused", Tone.LOOK: "look", Tone.GOOD: "check", Tone.HERE: "help", Tone.PLAIN: "help"}
_PICTURE_SIDE = 40
"""Of an empty list's icon, in design pixels."""


class NoticeLine(QWidget):
    """One standing sentence where it belongs; hidden while there is nothing to say.

    Signals:
        dismissed: the person took note of it (only where a way to do so is shown).
    """

    dismissed = Signal()

    def __init__(
        self, tone: Tone = Tone.WRONG, *, dismiss_text: str = "", dismiss_key: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        theme = current_theme()
        self.tone = tone
        self._icon = QLabel()
        self._icon.setFixedSize(theme.px(22), theme.px(22))
        self._icon.setScaledContents(True)
        self._text = TextLabel("", TypeRole.BODY_STRONG, wraps=True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        policy.setHeightForWidth(True)
        self._text.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(Space.M), theme.px(Space.S), theme.px(Space.M), theme.px(Space.S))
        row.setSpacing(theme.px(Space.M))
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        if dismiss_text:
            button = ActionButton(dismiss_text, key=dismiss_key, emphasis=Emphasis.PLAIN)
            button.clicked.connect(self.dismissed)
            row.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    def text(self) -> str:
        """What it says; empty while hidden."""
        return self._text.text()

    def say(self, text: str, tone: Tone | None = None) -> None:
        """Say a sentence, or hide for an empty one."""
        if tone is not None:
            self.tone = tone
        if text and (text != self._text.text() or tone is not None):
            theme = current_theme()
            self._icon.setPixmap(icon_pixmap(_ICONS[self.tone], theme.px(44), theme.tokens.tone_of(self.tone)))
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the soft ground with its edge."""
        theme = current_theme()
        painter = QPainter(self)
        paint_sheet(painter, QRectF(self.rect()), theme.soft(self.tone), theme.tone(self.tone), radius=Radius.MEDIUM)


class ErrorLine(TextLabel):
    """A short error under the field it is about; takes no room while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", TypeRole.SUPPORT_STRONG, Ink.STRONG, wraps=True, parent=parent)
        self.set_tone(Tone.WRONG)
        self.hide()

    def say(self, text: str) -> None:
        """Show a sentence, or hide for an empty one."""
        self.setText(text)
        self.setVisible(bool(text))


class _Picture(QLabel):
    """An icon that is drawn when it is first seen: a till that starts need not wait for the icon font."""

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        side = current_theme().px(_PICTURE_SIDE)
        self.setFixedSize(side, side)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw it, the first time."""
        if self.pixmap().isNull():
            theme = current_theme()
            self.setPixmap(icon_pixmap(self._icon, theme.px(_PICTURE_SIDE), theme.tokens.ink_3))
        super().showEvent(event)


class EmptyState(QWidget):
    """What would be here, and the first step towards it.

    Signals:
        step_taken: the offered first step was pressed.
    """

    step_taken = Signal()

    def __init__(
        self,
        title: str,
        text: str,
        *,
        step: str = "",
        step_key: str = "",
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setSpacing(theme.px(Space.S))
        column.addStretch(2)
        if icon:
            column.addWidget(_Picture(icon), 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = TextLabel(title, TypeRole.HEADING)
        self._text = TextLabel(text, TypeRole.BODY, Ink.THIRD, wraps=True)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        if step:
            button = ActionButton(step, key=step_key, least_height=44)
            button.clicked.connect(self.step_taken)
            column.addSpacing(theme.px(Space.S))
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def set_words(self, title: str, text: str) -> None:
        """Say what is missing."""
        self._title.setText(title)
        self._text.setText(text)
