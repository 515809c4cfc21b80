"""The customers page without its widgets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.replica.queries.customer_list import CustomerRow
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.browse_customers import (
    CustomerList,
    CustomerPanel,
    customer_lines,
    list_customers,
    show_customer,
)
from desktop.usecases.desk import Desk
from desktop.usecases.edit_customer import create_customer, edit_customer
from desktop.usecases.same_person import PairView, compare_by_hand, decide_pair, join_by_hand
from shared.customers.same_person import AliasState
from shared.errors import CounterfoilError


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """What stands in the fields, as typed."""

    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    may_send_offers: bool = False


@dataclass(frozen=True, slots=True)
class CustomersState:
    """The whole page; ``panel`` None with a draft: a new customer; ``pair``: two profiles are compared.

    While ``is_joining`` the open customer waits for the other profile, which is the next one chosen.
    """

    text: str = ""
    ids: Sequence[uuid.UUID] = ()
    total: int = 0
    is_loading: bool = True
    problem: str = ""
    panel: CustomerPanel | None = None
    draft: CustomerDraft | None = None
    origin: CustomerDraft | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    panel_notice: str = ""
    is_saving: bool = False
    pair: PairView | None = None
    is_joining: bool = False

    @property
    def is_dirty(self) -> bool:
        """Whether anything typed is not saved yet."""
        return self.draft is not None and self.draft != self.origin


class CustomersPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
        rows_changed: rows have the same order but other cells.
    """

    changed = Signal()
    rows_changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = CustomersState()
        self._desk: Desk | None = None
        session.data_changed.connect(self.take_changes)

    def open(self) -> None:
        """The page came into sight."""
        self._desk = self.session.desk()
        self.look()

    def look(self) -> None:
        """Read the list again."""
        text = self.state.text
        self._set(is_loading=not self.state.ids)
        self.session.ask("customers", lambda desk: list_customers(desk, text), self._take_list, self._fail)

    def set_text(self, text: str) -> None:
        """Filter by what is typed."""
        self._set(text=text)
        self.look()

    def rows(self, ids: Sequence[uuid.UUID]) -> Sequence[CustomerRow | None]:
        """One page of cells, at most 128 rows, read at once."""
        return [None] * len(ids) if self._desk is None else customer_lines(self._desk, ids)

    def show(self, customer_id: uuid.UUID) -> None:
        """Open one customer, or put them beside the one they are to be joined with.

        Refused while another one has unsaved changes.
        """
        panel = self.state.panel
        if self.state.is_joining and panel is not None:
            self._put_beside(panel.card.id, customer_id)
            return
        if (panel is None or panel.card.id != customer_id) and not self.blocks_leaving():
            self._set(pair=None)
            self.session.ask("customer", lambda desk: show_customer(desk, customer_id), self._take_panel, self._fail)

    def begin_join(self) -> None:
        """The open customer has another profile that nobody proposed: whoever is chosen next is put beside them."""
        if self.state.panel is not None and not self.blocks_leaving():
            self._set(is_joining=True, pair=None, panel_notice="")

    def stop_joining(self) -> bool:
        """Nobody is to be joined after all; whether somebody was."""
        was = self.state.is_joining
        self._set(is_joining=False, panel_notice="" if was else self.state.panel_notice)
        return was

    def compare(self) -> None:
        """Compare the open profile with the one that may be the same person; again: with the next one."""
        panel = self.state.panel
        if panel is None or not panel.pairs or self.blocks_leaving():
            return
        shown = self.state.pair
        at = next((n for n, pair in enumerate(panel.pairs) if shown is not None and pair.id == shown.id), -1)
        self._set(pair=panel.pairs[(at + 1) % len(panel.pairs)], is_joining=False, panel_notice="")

    def close_pair(self) -> bool:
        """Back to the customer; whether a pair was open."""
        had = self.state.pair is not None
        self._set(pair=None)
        return had

    def decide_pair(self, state: AliasState) -> None:
        """Say whether the two that are compared are one person."""
        pair = self.state.pair
        if pair is None or self.state.is_saving or (pair.is_new and state is not AliasState.MERGED):
            return
        self._set(is_saving=True)

        def decide(desk: Desk) -> Changes:
            if pair.is_new:
                return join_by_hand(desk, pair.stays_id, pair.joins_id)
            return decide_pair(desk, pair.id, state)

        self.session.act(decide, lambda _done: self._decided(), self._refuse)

    def make_new(self) -> None:
        """Begin a new customer."""
        if not self.blocks_leaving():
            fresh = CustomerDraft()
            self._set(panel=None, draft=fresh, origin=fresh, errors={}, panel_notice="", pair=None, is_joining=False)

    def close_panel(self) -> None:
        """Close the panel; refused while it has unsaved changes."""
        if not self.blocks_leaving():
            self._set(panel=None, draft=None, origin=None, errors={}, panel_notice="", is_joining=False)

    def undo(self) -> None:
        """Give up what was typed."""
        if self.state.panel is None:
            self._set(draft=None, origin=None, errors={}, panel_notice="")
        else:
            self._set(draft=self.state.origin, errors={}, panel_notice="")

    def blocks_leaving(self) -> bool:
        """Whether unsaved changes hold the panel; says so in it."""
        if self.state.is_dirty:
            self._set(panel_notice="Save or undo your changes here first.")
        return self.state.is_dirty

    def set_field(self, name: str, value: Any) -> None:
        """A field was changed by hand."""
        if self.state.draft is not None:
            errors = {key: text for key, text in self.state.errors.items() if key != name}
            self._set(draft=replace(self.state.draft, **{name: value}), errors=errors, panel_notice="")

    def save(self) -> None:
        """Save the draft."""
        draft, origin, panel = self.state.draft, self.state.origin, self.state.panel
        if draft is None or origin is None or self.state.is_saving:
            return
        names = [each.name for each in fields(CustomerDraft)]
        if panel is None:
            values = {name: getattr(draft, name) for name in names}
            self._set(is_saving=True)
            self.session.act(lambda desk: create_customer(desk, values), self._take_created, self._refuse)
            return
        changes = {name: getattr(draft, name) for name in names if getattr(draft, name) != getattr(origin, name)}
        if changes:
            customer_id = panel.card.id
            self._set(is_saving=True)
            self.session.act(
                lambda desk: edit_customer(desk, customer_id, changes), lambda _done: self._saved(), self._refuse
            )

    def take_changes(self, changes: Changes) -> None:
        """Customers changed, here or by sync."""
        if self._desk is None or not changes.touches("customer", "customer_alias"):
            return
        self.look()
        self.rows_changed.emit()
        if self.state.panel is not None and not self.state.is_dirty:
            customer_id = self.state.panel.card.id
            self.session.ask("customer", lambda desk: show_customer(desk, customer_id), self._take_panel, self._fail)

    def _take_list(self, found: CustomerList) -> None:
        self._set(ids=found.ids, total=found.total, is_loading=False, problem="")

    def _take_panel(self, panel: CustomerPanel) -> None:
        card = panel.card
        draft = CustomerDraft(card.name, card.email, card.phone, card.note, card.may_send_offers)
        shown = self.state.pair
        unsaid = shown if shown is not None and shown.is_new else None
        pair = None if shown is None else next((each for each in panel.pairs if each.id == shown.id), unsaid)
        self._set(panel=panel, draft=draft, origin=draft, errors={}, panel_notice="", is_saving=False, pair=pair)

    def _take_created(self, created: tuple[uuid.UUID, Changes]) -> None:
        self._set(is_saving=False, draft=None, origin=None)
        self.session.data_changed.emit(created[1])
        self.show(created[0])

    def _decided(self) -> None:
        """Read the person again: they may have another profile now, or one less."""
        self._set(is_saving=False, is_joining=False)
        if self.state.panel is not None:
            customer_id = self.state.panel.card.id
            self.session.ask("customer", lambda desk: show_customer(desk, customer_id), self._take_panel, self._fail)

    def _put_beside(self, first: uuid.UUID, second: uuid.UUID) -> None:
        """Compare the open customer with somebody; not with themselves, which is only the row the list stands at."""

        def take(pair: PairView) -> None:
            if self.state.is_joining:
                self._set(pair=pair, panel_notice="")

        def refuse(failure: CounterfoilError) -> None:
            self._set(pair=None, panel_notice=failure.message)

        if first != second:
            self.session.ask("pair", lambda desk: compare_by_hand(desk, first, second), take, refuse)

    def _saved(self) -> None:
        self._set(is_saving=False, origin=self.state.draft, errors={}, panel_notice="")

    def _refuse(self, failure: CounterfoilError) -> None:
        name = {"customer_name_missing": "name", "email_invalid": "email"}.get(failure.code, "")
        if name:
            self._set(is_saving=False, errors={**self.state.errors, name: failure.message})
        else:
            self._set(is_saving=False, panel_notice=failure.message)

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_loading=False, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
