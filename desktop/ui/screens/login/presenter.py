"""Logging in: who, and the PIN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.ui.till.session import TillSession
from shared.errors import CounterfoilError

PIN_MAX_DIGITS = 8
NOT_A_PIN = "That was a barcode, not a PIN. Log in first, then scan."


@dataclass(frozen=True, slots=True)
class PersonView:
    """Someone who may log in here."""

    username: str
    name: str


class LoginPresenter(QObject):
    """The log-in page.

    Attributes:
        people: who may log in.
        username: who is logging in; empty until somebody is chosen.
        pin: the digits typed so far.
        problem: why it did not work, in words.
        is_checking: the PIN is being checked.

    Signals:
        changed: something above is another one.
    """

    changed = Signal()

    def __init__(self, session: TillSession, people: Callable[[], Sequence[PersonView]]) -> None:
        super().__init__(session)
        self.session = session
        self._read_people = people
        self.people: Sequence[PersonView] = ()
        self.username = ""
        self.pin = ""
        self.problem = ""
        self.is_checking = False
        self._is_barcode = False

    def open(self) -> None:
        """The page opens: nobody typed anything yet."""
        self.people = self._read_people()
        self.pin, self.problem, self.is_checking = "", "", False
        if self.username not in {person.username for person in self.people}:
            self.username = self.people[0].username if self.people else ""
        self.changed.emit()

    def choose(self, username: str) -> None:
        """Somebody else logs in."""
        if username != self.username:
            self.username, self.pin, self.problem = username, "", ""
            self.changed.emit()

    def type_pin(self, text: str) -> None:
        """The PIN changed; more digits than a PIN has come from a scanner and count as no attempt."""
        if len(text) > PIN_MAX_DIGITS:
            self._is_barcode, self.problem = True, NOT_A_PIN
        # The rest of the barcode comes too, up to its Enter.
        self.pin = "" if self._is_barcode else text
        if not text:
            self._is_barcode = False
        self.changed.emit()

    def submit(self) -> None:
        """Check the PIN."""
        self._is_barcode = False
        if not self.pin or not self.username or self.is_checking:
            return
        username, pin = self.username, self.pin
        self.pin, self.is_checking = "", True
        self.changed.emit()
        self.session.act(lambda till: till.login(username, pin), self._succeed, self._fail)

    def _succeed(self, _answer: None) -> None:
        self.is_checking, self.problem = False, ""
        self.changed.emit()

    def _fail(self, error: CounterfoilError) -> None:
        self.is_checking, self.problem = False, error.message
        self.changed.emit()
