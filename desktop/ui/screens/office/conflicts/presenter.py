"""The conflicts page without its widgets: the inbox, the open entry, what is written for it, and what is selected."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.replica.queries.inbox_list import Shown
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.decide_conflict import (
    Choice,
    Decided,
    decide_many,
    entries_like,
    keep_as_it_is,
    restore_loser,
    take_value,
)
from desktop.usecases.desk import Desk
from desktop.usecases.review_inbox import EntryLine, EntryView, InboxView, list_inbox, show_entry
from desktop.usecases.same_person import decide_pair
from shared.customers.same_person import AliasState
from shared.errors import CounterfoilError
from shared.sync.decision import EntryState, Take

_TOUCHING = ("inbox_entry", "product", "price", "customer", "customer_alias")
_PAIR_WORDS = {
    AliasState.MERGED: "One person. Undo brings both profiles back.",
    AliasState.KEPT_APART: "Two people.",
    AliasState.UNDONE: "Two people again, as they were.",
}


@dataclass(frozen=True, slots=True)
class ConflictsState:
    """The whole page. ``decided`` says what was just decided; ``selected`` is what many keys work on at once."""

    inbox: InboxView | None = None
    entry: EntryView | None = None
    written: str = ""
    shown: Shown = Shown.OPEN
    selected: frozenset[uuid.UUID] = frozenset()
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
        shown = self.state.shown
        self.session.ask("inbox", lambda desk: list_inbox(desk, shown), self._take_list, self._fail)

    def choose(self, shown: Shown) -> None:
        """Look at other entries."""
        if shown is not self.state.shown:
            self._set(shown=shown, selected=frozenset(), decided="")
            self.look()

    def toggle(self, entry_id: uuid.UUID) -> None:
        """Select one entry, or not any more; a note of an automatic merge has nothing to decide."""
        if any(line.id == entry_id and not line.is_note for line in self._lines()):
            self._set(selected=self.state.selected ^ {entry_id})

    def toggle_open(self) -> None:
        """The same with the entry that is open."""
        if self.state.entry is not None:
            self.toggle(self.state.entry.id)

    def select_all(self) -> None:
        """Select everything that is shown and can be decided; again: nothing."""
        every = frozenset(line.id for line in self._lines() if not line.is_note)
        self._set(selected=frozenset() if self.state.selected == every else every)

    def select_like(self, same: str) -> None:
        """Select what is about the same ``thing``, by the same ``person`` or of the same ``kind`` as the open entry."""
        if self.state.entry is None:
            return
        entry_id = self.state.entry.id
        self.session.ask(
            "like",
            lambda desk: entries_like(desk, entry_id, same),
            self._select_more,
            self._fail,
        )

    def _select_more(self, ids: list[uuid.UUID]) -> None:
        shown = {line.id for line in self._lines()}
        self._set(selected=self.state.selected | (shown & set(ids)))

    def clear_selection(self) -> bool:
        """Select nothing; whether anything was."""
        had = bool(self.state.selected)
        self._set(selected=frozenset())
        return had

    def decide_selected(self, choice: Choice) -> None:
        """Decide everything that is selected alike."""
        ids = sorted(self.state.selected)
        if not ids or self.state.is_deciding:
            return
        self._set(is_deciding=True, error="", decided="")
        self.session.act(lambda desk: decide_many(desk, ids, choice), self._decided_many, self._refuse)

    def open_next(self) -> None:
        """Open the next entry that needs somebody, from the open one on and round again."""
        lines = self._lines()
        at = next((n for n, line in enumerate(lines) if self.state.entry and line.id == self.state.entry.id), -1)
        behind = [*lines[at + 1 :], *lines[: max(at, 0)]]
        following = next((line for line in behind if line.state is EntryState.NEEDS_YOU), None)
        if following is not None:
            self.show(following.id)

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
        if entry is None or side is None:
            return
        entry_id = entry.id
        self._decide(lambda desk: take_value(desk, entry_id, take), f"“{side.text}” stands.")

    def restore(self) -> None:
        """Let the side stand that does not: of everything selected, else of the open entry."""
        if self.state.selected:
            self.decide_selected(Choice.LOSER)
            return
        entry = self.state.entry
        if entry is None or not entry.can_restore:
            return
        entry_id = entry.id
        lost = next(side for side in entry.sides if side.take in (Take.MINE, Take.THEIRS) and not side.stands)
        self._decide(lambda desk: restore_loser(desk, entry_id), f"“{lost.text}” stands again.")

    def take_number(self, number: int) -> None:
        """Take the first, second or third value, as the keys 1, 2 and 3 do."""
        entry = self.state.entry
        take = entry.sides[number - 1].take if entry is not None and 0 < number <= len(entry.sides) else None
        if take is not None:
            self.take(take)

    def decide_pair(self, state: AliasState) -> None:
        """Say whether the two profiles of the open entry are one person."""
        pair = None if self.state.entry is None else self.state.entry.pair
        if pair is not None:
            self._decide(lambda desk: decide_pair(desk, pair.id, state), _PAIR_WORDS[state])

    def save_written(self) -> None:
        """Let the written value stand."""
        entry, written = self.state.entry, self.state.written
        if entry is None or entry.written is None:
            return
        entry_id = entry.id
        self._decide(lambda desk: take_value(desk, entry_id, Take.OTHER, written), f"“{written.strip()}” stands.")

    def keep(self) -> None:
        """Keep what stands, of everything selected or of the open entry; it is done then."""
        if self.state.selected:
            self.decide_selected(Choice.KEEP)
            return
        entry = self.state.entry
        if entry is None or entry.is_note:
            return
        if entry.pair is not None:
            self.decide_pair(AliasState.KEPT_APART)
            return
        entry_id = entry.id
        self._decide(lambda desk: keep_as_it_is(desk, entry_id), "Kept as it is.")

    def take_changes(self, changes: Changes) -> None:
        """Entries or what they are about changed, here or by sync."""
        if self._is_open and changes.touches(*_TOUCHING):
            self.look()
            if self.state.entry is not None:
                self._ask_entry(self.state.entry.id)

    def _lines(self) -> tuple[EntryLine, ...]:
        return () if self.state.inbox is None else self.state.inbox.lines

    def _decide(self, intention: Callable[[Desk], Changes], words: str) -> None:
        if self.state.is_deciding:
            return
        self._set(is_deciding=True, error="", decided="")
        self.session.act(intention, lambda _done: self._decided(words), self._refuse)

    def _decided_many(self, done: Decided) -> None:
        self.session.data_changed.emit(done.changes)
        words = "1 entry decided." if done.decided == 1 else f"{done.decided:,} entries decided."
        if done.left:
            words += f" {done.left:,} could not be decided so and stay as they were."
        self._set(selected=frozenset(), is_deciding=False, decided=words)

    def _ask_entry(self, entry_id: uuid.UUID) -> None:
        self._wanted = entry_id
        self.session.ask("entry", lambda desk: show_entry(desk, entry_id), self._take_entry, self._fail)

    def _take_list(self, inbox: InboxView) -> None:
        self._set(inbox=inbox, is_loading=False, problem="")
        ids = [line.id for line in inbox.lines]
        self._set(selected=self.state.selected & frozenset(ids))
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
