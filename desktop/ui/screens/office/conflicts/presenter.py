"""The conflicts page without its widgets: the inbox, the open entry, and what is written for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.decide_conflict import keep_as_it_is, take_value
from desktop.usecases.review_inbox import EntryView, InboxView, list_inbox, show_entry
from shared.errors import CounterfoilError
from shared.sync.decision import EntryState, Take

_TOUCHING = ("inbox_entry", "product", "price", "customer")


@dataclass(frozen=True, slots=True)
class ConflictsState:
    """The whole page. ``decided`` says what was just decided."""

    inbox: InboxView | None = None
    entry: EntryView | None = None
    written: str = ""
    with_decided: bool = False
    is_loading: bool = True
    problem: str = ""
    error: str = ""
    decided: str = ""
    is_deciding: bool = False

    @property
    def can_save_written(self) -> bool:
        """Whether a value is written that may be saved."""
        return self.entry is not None and self.entry.written is not None and bool(self.written.strip())


class ConflictsPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = ConflictsState()
        self._is_open = False
        self._wanted: uuid.UUID | None = None
        session.data_changed.connect(self.take_changes)

    def open(self) -> None:
        """The page came into sight."""
        self._is_open = True
        self.look()

    def look(self) -> None:
        """Read the inbox again."""
        with_decided = self.state.with_decided
        self.session.ask("inbox", lambda desk: list_inbox(desk, with_decided=with_decided), self._take_list, self._fail)

    def toggle_decided(self) -> None:
        """Show what was decided too, or hide it again."""
        self._set(with_decided=not self.state.with_decided)
        self.look()

    def show(self, entry_id: uuid.UUID) -> None:
        """Open one entry."""
        if self.state.entry is None or self.state.entry.id != entry_id:
            self._ask_entry(entry_id)

    def write(self, text: str) -> None:
        """Another value is typed."""
        self._set(written=text, error="")

    def take(self, take: Take) -> None:
        """Let one of the values stand."""
        entry = self.state.entry
        side = None if entry is None else next((each for each in entry.sides if each.take is take), None)
        if entry is None or side is None or self.state.is_deciding:
            return
        entry_id = entry.id
        self._set(is_deciding=True, error="", decided="")
        self.session.act(
            lambda desk: take_value(desk, entry_id, take),
            lambda _done: self._decided(f"“{side.text}” stands."),
            self._refuse,
        )

    def take_number(self, number: int) -> None:
        """Take the first, second or third value, as the keys 1, 2 and 3 do."""
        entry = self.state.entry
        if entry is not None and 0 < number <= len(entry.sides):
            self.take(entry.sides[number - 1].take)

    def save_written(self) -> None:
        """Let the written value stand."""
        entry, written = self.state.entry, self.state.written
        if entry is None or entry.written is None or self.state.is_deciding:
            return
        entry_id = entry.id
        self._set(is_deciding=True, error="", decided="")
        self.session.act(
            lambda desk: take_value(desk, entry_id, Take.OTHER, written),
            lambda _done: self._decided(f"“{written.strip()}” stands."),
            self._refuse,
        )

    def keep(self) -> None:
        """Keep what stands; the entry is done."""
        entry = self.state.entry
        if entry is None or self.state.is_deciding:
            return
        entry_id = entry.id
        self._set(is_deciding=True, error="", decided="")
        self.session.act(
            lambda desk: keep_as_it_is(desk, entry_id), lambda _done: self._decided("Kept as it is."), self._refuse
        )

    def take_changes(self, changes: Changes) -> None:
        """Entries or what they are about changed, here or by sync."""
        if self._is_open and changes.touches(*_TOUCHING):
            self.look()
            if self.state.entry is not None:
                self._ask_entry(self.state.entry.id)

    def _ask_entry(self, entry_id: uuid.UUID) -> None:
        self._wanted = entry_id
        self.session.ask("entry", lambda desk: show_entry(desk, entry_id), self._take_entry, self._fail)

    def _take_list(self, inbox: InboxView) -> None:
        self._set(inbox=inbox, is_loading=False, problem="")
        ids = [line.id for line in inbox.lines]
        if self.state.entry is not None and self.state.entry.id not in ids:
            self._set(entry=None)
        if self._wanted not in ids:
            self._wanted = None
        if self.state.entry is None and self._wanted is None and ids:
            self._ask_entry(ids[0])

    def _take_entry(self, entry: EntryView) -> None:
        is_same = self.state.entry is not None and self.state.entry.id == entry.id
        written = self.state.written if is_same else (entry.written or "")
        self._set(entry=entry, written=written, error="" if not is_same else self.state.error)

    def _decided(self, words: str) -> None:
        """Say so, and go on with the next one that needs somebody."""
        self._set(is_deciding=False, decided=words)
        entry, inbox = self.state.entry, self.state.inbox
        if entry is None or inbox is None:
            return
        waiting = [line.id for line in inbox.lines if line.state is EntryState.NEEDS_YOU and line.id != entry.id]
        others = [line.id for line in inbox.lines if line.id != entry.id]
        self._set(entry=None)
        self._wanted = None
        if waiting or others:
            self._ask_entry((waiting or others)[0])
        self.look()

    def _refuse(self, failure: CounterfoilError) -> None:
        self._set(is_deciding=False, error=failure.message)

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_loading=False, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
