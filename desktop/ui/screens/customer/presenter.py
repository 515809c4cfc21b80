"""Who buys: looking a customer up and choosing one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.ui.till.session import TillSession
from desktop.usecases.till_views import CustomerMatch


class CustomerPresenter(QObject):
    """The customer page.

    Attributes:
        text: what stands in the field.
        matches: customers that answer it.

    Signals:
        changed: something above is another one.
        chosen: the sale has a customer now, or none.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, session: TillSession) -> None:
        super().__init__(session)
        self.session = session
        self.text = ""
        self.matches: tuple[CustomerMatch, ...] = ()

    def open(self, typed: str = "") -> None:
        """The page opens, perhaps with what was typed on the page before."""
        self.type_text(typed)

    def type_text(self, text: str) -> None:
        """The field changed."""
        self.text = text
        if not text.strip():
            self.matches = ()
            self.changed.emit()
            return
        self.session.ask("customers", lambda till: till.find_customers(text.strip()), self._take_matches)

    def choose(self, number: str | None) -> None:
        """Sell to this customer; None: to nobody in particular."""
        self.session.act(lambda till: till.set_customer(number), lambda _done: self.chosen.emit())

    def submit(self, place: int = 0) -> None:
        """Enter: the chosen match, else what was typed as a card number."""
        if self.matches:
            self.choose(self.matches[min(max(place, 0), len(self.matches) - 1)].number)
        elif self.text.strip():
            self.choose(self.text.strip())

    def _take_matches(self, matches: tuple[CustomerMatch, ...]) -> None:
        self.matches = matches
        self.changed.emit()
