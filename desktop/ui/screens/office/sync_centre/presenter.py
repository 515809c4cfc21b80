"""The sync centre without its widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.review_sync import SyncView
from shared.errors import CounterfoilError


@dataclass(frozen=True, slots=True)
class SyncState:
    """The whole page. ``shown`` is ``waiting``, ``refused``, ``sent`` or ``log``."""

    view: SyncView | None = None
    shown: str = "log"
    problem: str = ""
    is_trying: bool = False


class SyncPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = SyncState()
        self._is_open = False
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

    def look(self) -> None:
        """Read everything again."""
        office = self.session.office
        self.session.ask("sync centre", lambda _desk: office.sync_view(), self._take, self._fail)

    def choose(self, shown: str) -> None:
        """Show another list."""
        self._set(shown=shown)

    def try_now(self) -> None:
        """Try the server now."""
        office = self.session.office
        self._set(is_trying=True)
        self.session.act(lambda _desk: office.sync_now(), lambda _done: self._tried(), self._fail)

    def take_changes(self, _changes: Changes) -> None:
        """Something was sent or came in."""
        if self._is_open:
            self.look()

    def _tried(self) -> None:
        self._set(is_trying=False)
        self.look()

    def _take(self, view: SyncView) -> None:
        self._set(view=view, problem="")

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(problem=failure.message, is_trying=False)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
