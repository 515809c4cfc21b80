"""The stock page without its widgets: which rows, the open product, and the movement being typed."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.replica.queries.stock_list import StockFilter, StockShown, StockSort
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.browse_history import HistoryLine, show_history
from desktop.usecases.browse_products import ProductPanel, show_product
from desktop.usecases.browse_stock import StockLine, StockList, list_stock, list_stores, stock_lines
from desktop.usecases.desk import Desk
from desktop.usecases.move_stock import WORDS_BY_REASON, CountSheet, NewMovement, begin_count, move_stock
from desktop.usecases.office_words import parse_quantity, quantity_text
from shared.errors import CounterfoilError, UserError
from shared.stock import MovementReason

ALL_STORES = "all"


@dataclass(frozen=True, slots=True)
class MovementDraft:
    """The movement as typed. ``store_id`` None: the store this desk stands in."""

    reason: MovementReason = MovementReason.RECEIPT
    quantity: str = ""
    note: str = ""
    store_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class StockState:
    """The whole page. ``booked`` says what was just booked; ``error`` why something was not."""

    wanted: StockFilter | None = None
    sort: StockSort = StockSort.NAME
    is_descending: bool = False
    positions: Sequence[int] = ()
    negative: int = 0
    is_loading: bool = True
    is_ready: bool = True
    problem: str = ""
    stores: tuple[tuple[uuid.UUID, str], ...] = ()
    panel: ProductPanel | None = None
    past: tuple[HistoryLine, ...] = ()
    draft: MovementDraft = MovementDraft()
    error: str = ""
    booked: str = ""
    is_booking: bool = False


class StockPresenter(QObject):
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
        self.state = StockState()
        self._desk: Desk | None = None
        self._sheet: CountSheet | None = None
        session.data_changed.connect(self.take_changes)

    def open(self) -> None:
        """The page came into sight."""
        self._desk = self.session.desk()
        if self.state.wanted is None:
            self._set(wanted=StockFilter(self._desk.facts.store.id))
        self.session.ask("stores of stock", list_stores, lambda stores: self._set(stores=stores), self._fail)
        self.look()

    def look(self) -> None:
        """Read the list again."""
        wanted, sort, is_descending = self.state.wanted, self.state.sort, self.state.is_descending
        if wanted is None:
            return
        self._set(is_loading=not self.state.positions)
        self.session.ask(
            "stock",
            lambda desk: list_stock(desk, wanted, sort, is_descending=is_descending),
            self._take_list,
            self._fail,
        )

    def set_filter(self, key: str, value: Hashable | None) -> None:
        """Set one filter: text, store or shown."""
        if self.state.wanted is None:
            return
        changes: dict[str, dict[str, Any]] = {
            "text": {"text": str(value or "")},
            "store": {"store_id": None if value == ALL_STORES else value},
            "shown": {"shown": value or StockShown.ALL},
        }
        self._set(wanted=replace(self.state.wanted, **changes[key]))
        self.look()

    def sort_by(self, key: str) -> None:
        """Sort by a column; the same again turns it round."""
        sort = StockSort(key)
        self._set(sort=sort, is_descending=not self.state.is_descending if sort is self.state.sort else False)
        self.look()

    def rows(self, positions: Sequence[int]) -> Sequence[StockLine | None]:
        """One page of cells, at most 128 rows, read at once."""
        if self._desk is None or self.state.wanted is None:
            return [None] * len(positions)
        return stock_lines(self._desk, positions, self.state.wanted.store_id)

    def show(self, variant_id: uuid.UUID) -> None:
        """Open one product."""
        panel = self.state.panel
        if panel is None or panel.card.variant_id != variant_id:
            self._set(draft=replace(self.state.draft, quantity="", note=""), error="", booked="")
            self._ask_panel(variant_id)
            self._begin_count(variant_id)

    def close_panel(self) -> None:
        """Close the panel."""
        self._set(panel=None, error="", booked="")

    def set_draft(self, **values: Any) -> None:
        """Something about the movement was typed or chosen."""
        draft = replace(self.state.draft, **values)
        before = self.state.draft
        if draft != before:
            self._set(draft=draft, error="", booked="")
        panel = self.state.panel
        if panel is not None and (draft.reason, draft.store_id) != (before.reason, before.store_id):
            self._begin_count(panel.card.variant_id)

    def book(self) -> None:
        """Book the movement."""
        panel, draft = self.state.panel, self.state.draft
        if panel is None or self.state.is_booking:
            return
        try:
            quantity = parse_quantity(draft.quantity)
        except UserError as error:
            self._set(error=error.message)
            return
        movement = NewMovement(panel.card.variant_id, quantity, draft.reason, draft.store_id, draft.note, self._sheet)
        self._set(is_booking=True, error="", booked="")
        self.session.act(lambda desk: move_stock(desk, movement), self._take_booked, self._refuse)

    def take_changes(self, changes: Changes) -> None:
        """Rows changed, here or by sync."""
        if self.state.wanted is None or not changes:
            return
        if changes.touches("product"):
            self.look()
        elif changes.touches("stock_level", "stock_movement"):
            self.rows_changed.emit()
        if self.state.panel is not None and changes.touches("product", "stock_level", "stock_movement"):
            self._ask_panel(self.state.panel.card.variant_id)

    def _begin_count(self, variant_id: uuid.UUID) -> None:
        """Whoever counts begins now: what is sold until the figure is typed changes nothing about it."""
        self._sheet = None
        draft = self.state.draft
        if draft.reason is MovementReason.COUNT:
            self.session.ask(
                "count", lambda desk: begin_count(desk, variant_id, draft.store_id), self._take_sheet, self._fail
            )

    def _take_sheet(self, sheet: CountSheet) -> None:
        self._sheet = sheet

    def _ask_panel(self, variant_id: uuid.UUID) -> None:
        def read(desk: Desk) -> tuple[ProductPanel, tuple[HistoryLine, ...]]:
            panel = show_product(desk, variant_id)
            return panel, show_history(desk, panel.card.product_id, variant_id)

        self.session.ask("stock panel", read, self._take_panel, self._fail)

    def _take_list(self, found: StockList) -> None:
        is_same_order = found.positions == self.state.positions
        self._set(
            positions=found.positions,
            negative=found.negative,
            is_ready=found.is_ready,
            is_loading=False,
            problem="",
        )
        if is_same_order:
            self.rows_changed.emit()

    def _take_panel(self, found: tuple[ProductPanel, tuple[HistoryLine, ...]]) -> None:
        self._set(panel=found[0], past=found[1])

    def _take_booked(self, _changes: Changes) -> None:
        draft = self.state.draft
        if self.state.panel is not None:
            self._begin_count(self.state.panel.card.variant_id)
        amount = quantity_text(parse_quantity(draft.quantity))
        words = f"{WORDS_BY_REASON[draft.reason]} {amount}."
        self._set(is_booking=False, booked=words, draft=replace(draft, quantity="", note=""))

    def _refuse(self, failure: CounterfoilError) -> None:
        self._set(is_booking=False, error=failure.message)

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_loading=False, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
