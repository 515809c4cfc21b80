"""The sync centre without its widgets."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.ui.executor import Executor
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases import repair_refused
from desktop.usecases.line_state import LineState
from desktop.usecases.refused_fields import RefusedField, refused_fields, written_changes
from desktop.usecases.review_sync import OutboxLine, SyncView, fetch_by_pages, switch, verify_now
from shared.errors import CounterfoilError
from shared.permissions import Permission


@dataclass(frozen=True, slots=True)
class SyncState:
    """The whole page.

    Attributes:
        shown: the list in sight: ``log`` or a state of the outbox.
        chosen: the refused change in the panel.
        fields: what of it can be written otherwise; empty until it is asked for.
        verifying: what is being compared, in words; empty while nothing is.
        told: a good outcome, in a sentence.
    """

    view: SyncView | None = None
    shown: str = "log"
    problem: str = ""
    told: str = ""
    is_trying: bool = False
    chosen: OutboxLine | None = None
    fields: tuple[RefusedField, ...] = ()
    verifying: str = ""


class SyncPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()
    _step = Signal(str)

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = SyncState()
        self._is_open = False
        self._line = Executor("sync-centre", self)
        self._cancelled = threading.Event()
        self._step.connect(self._take_step)
        session.data_changed.connect(self.take_changes)

    def open(self) -> None:
        """The page came into sight."""
        if not self._is_open:
            self._is_open = True
            counts = self.session.state
            self._set(shown="refused" if counts.refused else "waiting" if counts.waiting else "log")
        self.look()

    def close(self) -> None:
        """The page went out of sight."""
        self._is_open = False

    def stop(self) -> None:
        """The window closes: nothing is compared any more."""
        self._cancelled.set()
        self._line.close()

    def look(self) -> None:
        """Read everything again."""
        office = self.session.office
        self.session.ask("sync centre", lambda _desk: office.sync_view(), self._take, self._fail)

    def lines(self, numbers: Sequence[int]) -> list[OutboxLine | None]:
        """A page of a list."""
        return self.session.office.outbox_lines(numbers)

    def choose(self, shown: str) -> None:
        """Show another list."""
        self._set(shown=shown, chosen=None, fields=())

    def try_now(self) -> None:
        """Try the server now."""
        office = self.session.office
        self._set(is_trying=True, told="")
        self.session.act(lambda _desk: office.sync_now(), lambda _done: self._tried(), self._fail)

    def fetch_by_pages(self) -> None:
        """Give up the file that is coming; the rows come by pages."""
        station = self.session.office.station

        def work(desk: Any) -> None:
            desk.require(Permission.MANAGE_SYNC)
            fetch_by_pages(station)

        self.session.act(work, lambda _done: self.look(), self._fail)

    def switch(self) -> None:
        """Take the device offline, or online again."""
        station = self.session.office.station
        view = self.state.view
        is_off = view is not None and view.line.state is LineState.SWITCHED_OFF

        def work(desk: Any) -> None:
            desk.require(Permission.MANAGE_SYNC)
            switch(station, is_online=is_off)

        self.session.act(work, lambda _done: self.look(), self._fail)

    # Comparing -----------------------------------------------------------------------------------------------

    def verify(self) -> None:
        """Compare everything with the server, on a worker of its own."""
        if self.state.verifying:
            return
        station = self.session.office.station
        self._cancelled.clear()
        self._set(verifying="Comparing with the server…", told="", problem="")

        def tell(what: str, rows: int) -> None:
            self._step.emit(f"Comparing {what}" + (f" · {rows:,} rows looked at" if rows else "") + "…")

        self._line.submit(lambda: verify_now(station, tell, self._cancelled), self._verified, self._not_verified)

    def stop_verifying(self) -> None:
        """Not any more."""
        self._cancelled.set()

    def wait_until_verified(self) -> None:
        """Let events run until the comparison is over; for tests and pictures."""
        self._line.wait_until_idle()

    # Refused changes -----------------------------------------------------------------------------------------

    def show_refused(self, number: int | None) -> None:
        """Open one refused change in the panel."""
        lines = [] if number is None else self.lines([number])
        self._set(chosen=lines[0] if lines else None, fields=())

    def edit(self) -> None:
        """Ask for what can be written otherwise."""
        chosen = self.state.chosen
        if chosen is not None:
            self.session.ask(
                "refused",
                lambda desk: refused_fields(desk, chosen.number),
                lambda fields: self._set(fields=fields),
                self._fail,
            )

    def send_again(self, texts: Mapping[str, str] | None = None) -> None:
        """Send the refused change again, with what was typed in its fields."""
        chosen = self.state.chosen
        if chosen is None:
            return

        def work(desk: Any) -> Changes:
            written = written_changes(desk, chosen.number, texts) if texts else {}
            return repair_refused.edit_and_send(desk, chosen.number, written)

        self.session.act(work, lambda _done: self._seen_to(f"{chosen.what}: sent again."), self._fail)

    def set_aside(self, reason: str) -> None:
        """Decide that it is not wanted any more."""
        chosen = self.state.chosen
        if chosen is not None:
            self.session.act(
                lambda desk: repair_refused.set_aside(desk, chosen.number, reason),
                lambda _done: self._seen_to(f"{chosen.what}: set aside."),
                self._fail,
            )

    # Inside --------------------------------------------------------------------------------------------------

    def take_changes(self, _changes: Changes) -> None:
        """Something was sent or came in."""
        if self._is_open:
            self.look()

    def note(self, told: str) -> None:
        """Say a sentence on the page; empty takes it away."""
        self._set(told=told, problem="")

    def _seen_to(self, told: str) -> None:
        self._set(chosen=None, fields=(), told=told, problem="")
        self.look()

    def _verified(self, told: str) -> None:
        self._set(verifying="", told=told)
        self.look()

    def _not_verified(self, failure: CounterfoilError) -> None:
        is_wanted = failure.code == "verify_cancelled"
        self._set(verifying="", problem="" if is_wanted else failure.message, told=failure.message if is_wanted else "")

    def _take_step(self, words: str) -> None:
        if self.state.verifying:
            self._set(verifying=words)

    def _tried(self) -> None:
        self._set(is_trying=False)
        self.look()

    def _take(self, view: SyncView) -> None:
        chosen = self.state.chosen
        is_gone = chosen is not None and chosen.number not in view.numbers["refused"]
        self._set(view=view, **({"chosen": None, "fields": ()} if is_gone else {}))

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(problem=failure.message, is_trying=False)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
