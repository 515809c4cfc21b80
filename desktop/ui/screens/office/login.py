"""Logging in at the office: who on the left, the PIN on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.screens.office.session import OfficeSession
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Emphasis, NoticeLine, TextLabel
from desktop.ui.widgets.row_list import RowList, RowView
from shared.errors import CounterfoilError
from shared.limits import PIN_MAX_DIGITS


class OfficeLogin(QWidget):
    """The page.

    Signals:
        entered: somebody who may use the office logged in.
    """

    entered = Signal()

    def __init__(self, session: OfficeSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        theme = current_theme()
        outer = QVBoxLayout(self)
        middle = QHBoxLayout()
        middle.setSpacing(theme.px(Space.XL))
        middle.addStretch(1)
        middle.addWidget(self._build_people())
        middle.addWidget(self._build_pin(), 0, Qt.AlignmentFlag.AlignTop)
        middle.addStretch(1)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.read_people()

    def read_people(self) -> None:
        """Offer whoever works in this store."""
        people = self._session.office.people()
        self.people.show_rows([RowView(username, name, username) for username, name in people])
        self._greet()

    def showEvent(self, event: QShowEvent) -> None:
        """The keyboard types the PIN."""
        super().showEvent(event)
        self.pin.setFocus()

    def _build_people(self) -> FramedPane:
        theme = current_theme()
        pane = FramedPane()
        pane.setFixedSize(theme.px(340), theme.px(372))
        title = TextLabel("Who is at the desk?", TypeRole.HEADING)
        title.setContentsMargins(theme.px(Space.L), theme.px(Space.L), theme.px(Space.L), theme.px(Space.M))
        self.people = RowList("People")
        self.people.chosen.connect(lambda _username: self._greet())
        self.people.opened.connect(lambda _username: self.pin.setFocus())
        pane.body.addWidget(title)
        pane.body.addWidget(self.people, 1)
        return pane

    def _build_pin(self) -> Card:
        theme = current_theme()
        card = Card(padding=Space.XXL)
        card.setFixedWidth(theme.px(380))
        self._title = TextLabel("", TypeRole.TITLE)
        self.pin = QLineEdit()
        self.pin.setFont(theme.font(TypeRole.PAD))
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(PIN_MAX_DIGITS)
        self.pin.setPlaceholderText("PIN")
        self.pin.setAccessibleName("PIN")
        self.pin.setMinimumHeight(theme.px(48))
        self.pin.returnPressed.connect(self.submit)
        self.problem = NoticeLine()
        self.enter = ActionButton(
            "Log in", key="Enter", emphasis=Emphasis.PRIMARY, role=TypeRole.BODY_STRONG, least_height=44
        )
        self.enter.clicked.connect(self.submit)
        hint = TextLabel("Type your PIN, then Enter.", TypeRole.SUPPORT, Ink.THIRD)
        for widget in (self._title, hint, self.problem, self.pin):
            card.body.addWidget(widget)
        card.body.addWidget(self.enter, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def submit(self) -> None:
        """Check the PIN."""
        username, pin = self.people.current_key(), self.pin.text()
        if not isinstance(username, str) or not pin:
            return
        self.pin.clear()
        self.enter.setEnabled(False)
        self._session.log_in(username, pin, self._succeed, self._fail)

    def _succeed(self) -> None:
        self.enter.setEnabled(True)
        self.problem.say("")
        self.entered.emit()

    def _fail(self, failure: CounterfoilError) -> None:
        self.enter.setEnabled(True)
        self.problem.say(failure.message)
        self.pin.setFocus()

    def _greet(self) -> None:
        index = self.people.currentIndex()
        name = self.people.row(index.row()).title if index.isValid() else ""
        self._title.setText(f"Hello, {name.split()[0]}" if name else "Nobody may log in yet")
