"""The till's sync centre without its widgets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.ui.executor import Executor
from desktop.ui.till.session import TillSession
from desktop.usecases import repair_refused, review_sync
from desktop.usecases.desk import Desk
from desktop.usecases.line_state import LineState
from desktop.usecases.review_sync import OutboxLine, SyncView
from desktop.usecases.support_bundle import Bundle, save
from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase
from shared.errors import CounterfoilError, UserError
from shared.permissions import Permission, is_allowed

LINES_SHOWN = 200
"""Of what waits; the oldest first. The till shows what matters, the office shows all."""


@dataclass(frozen=True, slots=True)
class TillSyncState:
    """The whole page.

    Attributes:
        lines: the list in sight; nobody's while nobody is logged in.
        shown: ``waiting``, ``refused`` or ``log``.
        chosen: the refused change that is being seen to.
        may_manage: whether whoever is logged in may send again, set aside, and switch the line.
        bundle: what a support bundle would hold, shown before it is written.
        at_work: what is under way, in words; empty while nothing is.
    """

    view: SyncView | None = None
    lines: tuple[OutboxLine, ...] = ()
    shown: str = "waiting"
    chosen: OutboxLine | None = None
    may_manage: bool = False
    is_known: bool = False
    bundle: Bundle | None = None
    at_work: str = ""
    is_verifying: bool = False
    told: str = ""
    problem: str = ""


class SyncPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()
    _step = Signal(str)

    def __init__(
        self, session: TillSession, sync_now: Callable[[], None], support: Callable[[], Bundle] | None
    ) -> None:
        super().__init__(session)
        self.session = session
        self.state = TillSyncState()
        self._sync_now = sync_now
        self._support = support
        self._line = Executor("till-sync", self)
        self._cancelled = threading.Event()
        self._step.connect(lambda words: self._set(at_work=words) if self.state.is_verifying else None)

    def open(self) -> None:
        """The page came into sight."""
        self._set(told="", problem="", chosen=None, bundle=None, shown="")
        self.look()

    def stop(self) -> None:
        """The window closes: nothing is compared any more."""
        self._cancelled.set()
        self._line.close()

    def wait_until_idle(self) -> None:
        """Let events run until nothing is under way; for tests and pictures."""
        self._line.wait_until_idle()

    def look(self) -> None:
        """Read everything again."""
        shown = self.state.shown
        self.session.ask("sync centre", lambda till: _read(till, shown), self._take, self._fail)

    def choose_list(self, shown: str) -> None:
        """Show another list."""
        self._set(shown=shown, chosen=None)
        self.look()

    def choose(self, number: object) -> None:
        """See to one refused change."""
        chosen = next((line for line in self.state.lines if line.number == number), None)
        if chosen is not None and chosen.state == "refused":
            self._set(chosen=chosen, told="", problem="")

    def step_back(self) -> bool:
        """Close what is open on the page; whether anything was."""
        is_open = self.state.chosen is not None or self.state.bundle is not None
        self._set(chosen=None, bundle=None, problem="")
        return is_open

    def try_now(self) -> None:
        """Try the server now; whoever may switch the line goes online by it."""
        if self.state.may_manage:
            self.session.act(lambda till: review_sync.try_now(till.station), lambda _done: self.look())
        self._sync_now()
        self._set(told="Asking the server.", problem="")

    def switch(self) -> None:
        """Take the till offline, or online again."""
        view = self.state.view
        is_off = view is not None and view.line.state is LineState.SWITCHED_OFF
        self._act(lambda till: review_sync.switch(till.station, is_online=is_off), "")

    def fetch_by_pages(self) -> None:
        """Give up the file that is coming; the rows come by pages."""
        self._act(lambda till: review_sync.fetch_by_pages(till.station), "The rest comes by pages.")

    def verify(self) -> None:
        """Compare with the server; pressed again, stop."""
        if self.state.is_verifying:
            self._cancelled.set()
            return
        self._cancelled.clear()
        self._set(is_verifying=True, at_work="Comparing with the server…", told="", problem="")

        def work() -> str:
            return review_sync.verify_now(self.session.station, self._tell, self._cancelled)

        self._line.submit(work, self._done, self._not_done)

    def send_again(self) -> None:
        """Send the chosen refused change again."""
        chosen = self.state.chosen
        if chosen is not None:
            self._act(
                lambda till: repair_refused.send_again(Desk.at(till.station), chosen.number),
                f"{chosen.what}: sent again.",
            )

    def set_aside(self, reason: str) -> None:
        """Set the chosen refused change aside."""
        chosen = self.state.chosen
        if chosen is not None:
            self._act(
                lambda till: repair_refused.set_aside(Desk.at(till.station), chosen.number, reason),
                f"{chosen.what}: set aside.",
            )

    def gather(self) -> None:
        """Gather the support bundle and show what would go in."""
        if self._support is None:
            self._set(problem="Use counterfoil support-bundle on this till.")
            return
        self._set(at_work="Gathering the support bundle…", told="", problem="")
        self._line.submit(self._support, lambda bundle: self._set(bundle=bundle, at_work=""), self._not_done)

    def save_bundle(self, folder: Path) -> None:
        """Write the bundle that is shown."""
        bundle = self.state.bundle
        if bundle is not None:
            path = folder / bundle.file_name
            self._line.submit(lambda: save(bundle, path), lambda done: self._done(f"Saved: {done}"), self._not_done)

    def note(self) -> None:
        """Somebody took note."""
        self._set(told="", problem="")

    # Inside --------------------------------------------------------------------------------------------------

    def _tell(self, what: str, rows: int) -> None:
        self._step.emit(f"Comparing {what}" + (f" · {rows:,} rows" if rows else "") + "…")

    def _act(self, work: Callable[[Till], object], told: str) -> None:
        def allowed(till: Till) -> object:
            Desk.at(till.station).require(Permission.MANAGE_SYNC)
            return work(till)

        def take(_done: object) -> None:
            self._set(chosen=None, told=told, problem="")
            self.look()

        self.session.act(allowed, take, self._fail)

    def _done(self, told: str) -> None:
        self._set(is_verifying=False, at_work="", bundle=None, told=told, problem="")
        self.look()

    def _not_done(self, failure: CounterfoilError) -> None:
        is_wanted = isinstance(failure, UserError) and failure.code == "verify_cancelled"
        words = {"told": failure.message} if is_wanted else {"problem": failure.message}
        self._set(is_verifying=False, at_work="", **words)

    def _take(self, found: tuple[SyncView, tuple[OutboxLine, ...], str]) -> None:
        view, lines, shown = found
        state = self.session.state
        is_known = state.phase not in (Phase.LOGGED_OUT, Phase.NOT_ENROLLED)
        self._set(
            view=view,
            lines=lines if is_known else (),
            shown=shown,
            is_known=is_known,
            may_manage=is_known and is_allowed(state.user_role, Permission.MANAGE_SYNC),
        )

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()


def _read(till: Till, shown: str) -> tuple[SyncView, tuple[OutboxLine, ...], str]:
    """The view, the lines of the list in sight, and which list that is (the one that needs somebody, at first)."""
    station = till.station
    view = review_sync.show_sync(station)
    numbers = view.numbers
    shown = shown or ("refused" if numbers["refused"] else "waiting" if numbers["waiting"] else "log")
    wanted = numbers.get(shown, ())[:LINES_SHOWN]
    return view, tuple(line for line in review_sync.outbox_lines(station, wanted) if line is not None), shown
