"""Windows before there is a till: joining a shop, and saying why the home could not be opened."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.screens.first_run.presenter import FirstRunPresenter
from desktop.ui.screens.first_run.screen import FirstRunScreen
from desktop.ui.theme import Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Emphasis, NoticeLine, TextLabel


class FirstRunWindow(QWidget):
    """Holds the first page and closes when the device has joined.

    Attributes:
        has_joined: whether it did, rather than being closed by hand.
    """

    def __init__(self, presenter: FirstRunPresenter) -> None:
        super().__init__()
        self.has_joined = False
        self._screen = FirstRunScreen(presenter)
        self._presenter = presenter
        presenter.joined.connect(self._finish)
        _prepare(self).addWidget(self._screen)
        self._screen.focus_first()

    def closeEvent(self, event: QCloseEvent) -> None:
        """What is under way need not be waited for."""
        self._presenter.leave()
        super().closeEvent(event)

    def _finish(self) -> None:
        self.has_joined = True
        self.close()


class TroubleWindow(QWidget):
    """One sentence and a button: the program cannot go on here."""

    def __init__(self, message: str) -> None:
        super().__init__()
        theme = current_theme()
        column = _prepare(self)
        card = Card(padding=Space.HUGE, spacing=Space.L)
        card.setFixedWidth(theme.px(560))
        card.body.addWidget(TextLabel("Counterfoil cannot start here", TypeRole.TITLE))
        notice = NoticeLine(Tone.WRONG)
        notice.say(message)
        leave = ActionButton("Close", key="Enter", emphasis=Emphasis.PLAIN, least_height=48)
        leave.clicked.connect(self.close)
        card.body.addWidget(notice)
        card.body.addWidget(leave, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch(2)
        column.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        leave.setFocus(Qt.FocusReason.OtherFocusReason)


def _prepare(window: QWidget) -> QVBoxLayout:
    window.setWindowTitle("Counterfoil")
    window.setProperty("ground", "bench")
    window.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    window.resize(current_theme().px(900), current_theme().px(640))
    return QVBoxLayout(window)
