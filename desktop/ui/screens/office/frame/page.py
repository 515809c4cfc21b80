"""What every page of the office is: a title with counts, buttons, and answers to the keys that all pages share."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.replica.changes import Changes
from desktop.ui.theme import Ink, Space, Target, Tone, TypeRole, current_theme
from desktop.ui.widgets import NoticeLine, TextLabel


class OfficePage(QWidget):
    """The frame of a page; subclasses fill ``body`` and override what the keys do.

    Attributes:
        head: the row with title and buttons.
        body: the rest of the page.
        notice: an error or a warning of the page, until it is solved.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = current_theme()
        column = QVBoxLayout(self)
        side = theme.px(Space.XL)
        column.setContentsMargins(side, theme.px(Space.L), side, theme.px(Space.L))
        column.setSpacing(theme.px(Space.M))
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.px(Space.M))
        self.head.addStrut(theme.px(Target.OFFICE))
        self._title = TextLabel(title, TypeRole.TITLE)
        self._count = TextLabel("", TypeRole.BODY, Ink.THIRD)
        self.head.addWidget(self._title)
        self.head.addWidget(self._count)
        self._count.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.px(Space.M))
        self.notice = NoticeLine(Tone.WRONG, dismiss_text="Noted")
        self.notice.dismissed.connect(lambda: self.notice.say(""))
        column.addLayout(self.head)
        column.addWidget(self.notice)
        column.addLayout(self.body, 1)

    def set_count(self, text: str) -> None:
        """The quiet words beside the title: ``212 of 104,218``."""
        self._count.setText(text)
        self._count.setVisible(bool(text))

    def open(self) -> None:
        """The page came into sight."""

    def take_changes(self, changes: Changes) -> None:
        """Rows changed here or by sync; read again what is shown of them."""

    def refresh(self) -> None:
        """F5: look again at everything."""

    def make_new(self) -> None:
        """N: make a new one; nothing on pages that have none."""

    def save(self) -> None:
        """Ctrl+S."""

    def undo(self) -> None:
        """Ctrl+Z outside a text: give up what was not saved."""

    def go_back(self) -> None:
        """Esc: close the panel, or go back to the list."""

    def take_key(self, text: str) -> bool:
        """A plain letter or figure outside a text field; whether the page did something with it."""
        del text
        return False

    def may_leave(self) -> bool:
        """Whether nothing unsaved would be lost; a page that says no shows why."""
        return True
