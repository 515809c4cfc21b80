"""The log-in page: who on the left, the PIN on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.scanner import RAW_KEYS_PROPERTY
from desktop.ui.screens.login.presenter import LoginPresenter
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    Emphasis,
    EmptyState,
    NoticeLine,
    NumericPad,
    TextLabel,
)
from desktop.ui.widgets.figure_field import FigureField
from desktop.ui.widgets.row_list import RowList, RowView


class PinField(FigureField):
    """Shows dots; Up and Down choose the person, and no key waits for a scanner here."""

    def __init__(self, people: RowList) -> None:
        super().__init__("PIN", shown=lambda text: "•" * len(text), allows_point=False)
        self._people = people
        self.setProperty(RAW_KEYS_PROPERTY, True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down choose the person."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._people.step(step)


class LoginScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: LoginPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL), theme.px(Space.XXL))
        outer.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(theme.px(Space.XXL))
        middle.addStretch(1)
        middle.addWidget(self._build_people())
        middle.addWidget(self._build_pin())
        middle.addStretch(1)
        outer.addLayout(middle, 8)
        outer.addStretch(1)
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        usernames = [person.username for person in presenter.people]
        place = usernames.index(presenter.username) if presenter.username in usernames else -1
        rows = [
            RowView(key=person.username, title=person.name, subtitle=person.username) for person in presenter.people
        ]
        self.people.show_rows(rows, place)
        self.people.setVisible(bool(rows))
        self._nobody.setVisible(not rows)
        self.pin.set_buffer(presenter.pin)
        self.problem.say(presenter.problem)
        name = presenter.people[place].name if place >= 0 else ""
        self._title.setText(f"Hello, {name.split()[0]}" if name else "Who are you?")
        self._enter.setEnabled(bool(presenter.pin) and not presenter.is_checking)
        self._enter.set_words("Checking…" if presenter.is_checking else "Log in")

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.pin

    def focus_first(self) -> None:
        """The keyboard types the PIN."""
        self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_people(self) -> Card:
        theme = current_theme()
        card = Card(padding=6, spacing=0)
        card.setFixedWidth(theme.px(360))
        title = TextLabel("Who is at the till?", TypeRole.HEADING)
        title.setContentsMargins(theme.px(Space.M), theme.px(Space.L), theme.px(Space.M), theme.px(Space.M))
        self.people = RowList("People")
        self.people.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.people.chosen.connect(self._presenter.choose)
        self.people.opened.connect(lambda _key: self.focus_first())
        self._nobody = EmptyState(
            "Nobody may log in yet", "People are made in the office; they come with the next sync."
        )
        card.body.addWidget(title)
        card.body.addWidget(self.people, 1)
        card.body.addWidget(self._nobody, 1)
        return card

    def _build_pin(self) -> Card:
        theme = current_theme()
        presenter = self._presenter
        card = Card(padding=Space.XXL, spacing=Space.M)
        card.setFixedWidth(theme.px(420))
        self._title = TextLabel("", TypeRole.TITLE)
        hint = TextLabel("Type your PIN, then Enter.", TypeRole.BODY, Ink.THIRD)
        self.pin = PinField(self.people)
        self.pin.edited.connect(presenter.type_pin)
        self.pin.submitted.connect(presenter.submit)
        pad = NumericPad("")
        pad.pressed.connect(self.pin.press)
        self.problem = NoticeLine()
        self._enter = ActionButton(
            "Log in",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._enter.clicked.connect(presenter.submit)
        for widget in (self._title, hint, self.problem, self.pin):
            card.body.addWidget(widget)
        card.body.addWidget(pad, 1)
        card.body.addWidget(self._enter)
        return card
