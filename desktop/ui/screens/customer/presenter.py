"""Who buys: looking a customer up here or in the whole chain, and choosing one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.ui.executor import Executor
from desktop.ui.till.session import TillSession
from desktop.usecases.look_up_customer import look_up_customer
from desktop.usecases.till_views import CustomerMatch
from shared.errors import CounterfoilError


class Search(StrEnum):
    """How far a search has got."""

    HERE = "here"
    """Only this till was asked."""
    ASKING = "asking"
    """The whole chain is being asked."""
    FOUND = "found"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CustomerState:
    """The customer page.

    Attributes:
        text: what stands in the field.
        matches: customers that answer it; the one of the chain, once that was asked.
        search: how far the search has got.
        told: why the chain gave nobody, in a sentence.
    """

    text: str = ""
    matches: tuple[CustomerMatch, ...] = ()
    search: Search = Search.HERE
    told: str = ""


class CustomerPresenter(QObject):
    """Holds the page's state. The chain is asked on a worker of its own, which no sale waits for.

    Signals:
        changed: ``state`` is another one.
        chosen: the sale has a customer now, or none.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, session: TillSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = CustomerState()
        self._chain = Executor("till-chain", self)

    def open(self, typed: str = "") -> None:
        """The page opens, perhaps with what was typed on the page before."""
        self.type_text(typed)

    def stop(self) -> None:
        """The window closes."""
        self._chain.close()

    def wait_until_idle(self) -> None:
        """Let events run until the chain has answered; for tests and pictures."""
        self._chain.wait_until_idle()

    def type_text(self, text: str) -> None:
        """The field changed; what the chain is being asked about another text no longer matters."""
        self._set(text=text, search=Search.HERE, told="", matches=self.state.matches if text.strip() else ())
        if text.strip():
            self.session.ask("customers", lambda till: till.find_customers(text.strip()), self._take_matches(text))

    def look_up(self) -> None:
        """Ask the whole chain for exactly what is typed."""
        text = self.state.text.strip()
        if not text or self.state.search is Search.ASKING:
            return
        self._set(matches=(), search=Search.ASKING, told="")
        asked = self.state
        station = self.session.station

        def take(match: CustomerMatch) -> None:
            if self.state == asked:
                self._set(matches=(match,), search=Search.FOUND)

        def fail(failure: CounterfoilError) -> None:
            if self.state == asked:
                self._set(search=Search.FAILED, told=failure.message)
                self.session.refused.emit()

        self._chain.submit(lambda: look_up_customer(station, text), take, fail)

    def choose(self, who: str | uuid.UUID | None) -> None:
        """Sell to this customer, or to a card number; None: to nobody in particular."""
        self.session.act(lambda till: till.set_customer(who), lambda _done: self.chosen.emit())

    def submit(self, place: int = 0) -> None:
        """Enter: the chosen match, else what was typed as a card number."""
        matches = self.state.matches
        if matches:
            self.choose(matches[min(max(place, 0), len(matches) - 1)].id)
        elif self.state.text.strip():
            self.choose(self.state.text.strip())

    def _take_matches(self, text: str) -> Callable[[tuple[CustomerMatch, ...]], None]:
        def take(matches: tuple[CustomerMatch, ...]) -> None:
            if self.state.text == text and self.state.search is Search.HERE:
                self._set(matches=matches)

        return take

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
