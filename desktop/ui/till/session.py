"""The till as its screens see it: the newest state, and one way to do something off the UI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.ui.executor import Executor
from desktop.usecases.station import Station
from desktop.usecases.till import Till
from desktop.usecases.till_state import TillState
from shared.errors import CounterfoilError
from shared.money import Currency, currency

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """What an intention gave, and the state right after it."""

    state: TillState
    answer: T


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why an intention was refused, and the state right after it."""

    state: TillState
    failure: CounterfoilError


class TillSession(QObject):
    """Holds the newest ``TillState`` and runs intentions one after the other on the executor's thread.

    Attributes:
        state: the newest state.
        problem: what the last intention was refused for, in words; empty once one succeeds or it is dismissed. What
            ``state.refusal`` says already is not said twice.

    Signals:
        changed: ``state`` or ``problem`` is another one.
        accepted: something was scanned or added.
        refused: an intention was refused.
    """

    changed = Signal()
    accepted = Signal()
    refused = Signal()

    def __init__(self, till: Till, executor: Executor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._till = till
        self._executor = executor
        self.state = till.state()
        self.problem = ""

    @property
    def station(self) -> Station:
        """What stands behind the till, for work on a worker of its own that leaves basket and person alone."""
        return self._till.station

    @property
    def currency(self) -> Currency:
        """The store's currency."""
        return currency(self.state.currency)

    def act(
        self,
        intention: Callable[[Till], T],
        on_done: Callable[[T], None] | None = None,
        on_failed: Callable[[CounterfoilError], None] | None = None,
        *,
        is_addition: bool = False,
    ) -> None:
        """Do something; the state is read again afterwards whatever happened.

        Args:
            intention: called with the till on the worker; one or few of its methods.
            on_done: called on the UI thread with its answer, after ``changed``.
            on_failed: called with a refusal in place of putting it into ``problem``.
            is_addition: it puts goods into the basket: success is said by ``accepted``.
        """

        def work() -> _Done[T] | _Refused:
            try:
                answer = intention(self._till)
            except CounterfoilError as error:
                return _Refused(self._till.state(), error)
            return _Done(self._till.state(), answer)

        def deliver(outcome: _Done[T] | _Refused) -> None:
            self.state = outcome.state
            if isinstance(outcome, _Refused):
                self._refuse(outcome.failure, on_failed)
                return
            self.problem = ""
            self.changed.emit()
            if is_addition:
                self.accepted.emit()
            if on_done is not None:
                on_done(outcome.answer)

        self._executor.submit(work, deliver)

    def ask(
        self,
        subject: str,
        question: Callable[[Till], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[CounterfoilError], None] | None = None,
    ) -> None:
        """Ask something that changes nothing; of one subject only the newest question is answered."""
        self._executor.submit_newest(subject, lambda: question(self._till), on_done, on_failed or self._show_problem)

    def refresh(self) -> None:
        """Read the state again if nothing else is going on; for the clock and the connection chip."""
        if not self._executor.is_busy:
            self.ask("state", lambda till: till.state(), self._take_state)

    def dismiss(self) -> None:
        """Take note of the standing refusal and problem."""
        if self.state.refusal:
            self.act(lambda till: till.dismiss())
        elif self.problem:
            self.problem = ""
            self.changed.emit()

    def forget_problem(self) -> None:
        """Another page opens: what was refused on the last one is over; a standing refusal of the till stays."""
        if self.problem:
            self.problem = ""
            self.changed.emit()

    def refuse(self, message: str) -> None:
        """Refuse something on the screen's own account, in the same place and with the same tone."""
        self.problem = message
        self.changed.emit()
        self.refused.emit()

    def _take_state(self, state: TillState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()

    def _refuse(self, failure: CounterfoilError, on_failed: Callable[[CounterfoilError], None] | None) -> None:
        if on_failed is not None:
            self.changed.emit()
            on_failed(failure)
        else:
            self._show_problem(failure)
        self.refused.emit()

    def _show_problem(self, failure: CounterfoilError) -> None:
        self.problem = "" if failure.message == self.state.refusal else failure.message
        self.changed.emit()
