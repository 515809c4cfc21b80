"""The sales page without its widgets: which sales, their sum, and the open receipt."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.replica.changes import Changes
from desktop.replica.queries.sales_list import SalesFilter
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases.browse_sales import SaleLineView, SalesView, list_sales, sale_lines, show_receipt
from desktop.usecases.browse_stock import list_stores
from desktop.usecases.desk import Desk
from desktop.usecases.till_views import SoldView
from shared.errors import CounterfoilError

_WEEK_DAYS = 7
_MONTH_DAYS = 30
SPANS = (("today", "Today"), ("week", "The last 7 days"), ("month", "The last 30 days"))


@dataclass(frozen=True, slots=True)
class SalesState:
    """The whole page. ``span`` is one of ``SPANS`` or empty for all that is here."""

    wanted: SalesFilter = field(default_factory=SalesFilter)
    span: str = ""
    ids: Sequence[uuid.UUID] = ()
    sum_words: str = ""
    is_loading: bool = True
    problem: str = ""
    stores: tuple[tuple[uuid.UUID, str], ...] = ()
    receipt: SoldView | None = None


class SalesPresenter(QObject):
    """Holds the page's state.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = SalesState()
        self._desk: Desk | None = None
        session.data_changed.connect(self.take_changes)

    def open(self) -> None:
        """The page came into sight."""
        self._desk = self.session.desk()
        self.session.ask("stores of sales", list_stores, lambda stores: self._set(stores=stores), self._fail)
        self.look()

    def look(self) -> None:
        """Read the list again."""
        wanted = self.state.wanted
        self._set(is_loading=not self.state.ids)
        self.session.ask("sales", lambda desk: list_sales(desk, wanted), self._take_list, self._fail)

    def set_filter(self, key: str, value: Hashable | None) -> None:
        """Set one filter: text, store, kind or span."""
        span = str(value or "") if key == "span" else self.state.span
        changes: dict[str, dict[str, Any]] = {
            "text": {"text": str(value or "")},
            "store": {"store_id": value},
            "kind": {"kind": str(value or "")},
            "span": {"first_day": self._first_day(span), "last_day": None},
        }
        self._set(span=span, wanted=replace(self.state.wanted, **changes[key]))
        self.look()

    def rows(self, ids: Sequence[uuid.UUID]) -> Sequence[SaleLineView | None]:
        """One page of cells, at most 128 rows, read at once."""
        return [None] * len(ids) if self._desk is None else sale_lines(self._desk, ids)

    def show(self, number: str) -> None:
        """Open a receipt."""
        if self.state.receipt is None or self.state.receipt.number != number:
            station = self.session.office.station
            self.session.ask("receipt", lambda _desk: show_receipt(station, number), self._take_receipt, self._fail)

    def close_panel(self) -> None:
        """Close the receipt."""
        self._set(receipt=None)

    def take_changes(self, changes: Changes) -> None:
        """Sales came in."""
        if self._desk is not None and changes.touches("sale"):
            self.look()

    def _first_day(self, span: str) -> dt.date | None:
        if self._desk is None or not span:
            return None
        back = {"today": 0, "week": _WEEK_DAYS - 1, "month": _MONTH_DAYS - 1}[span]
        return self._desk.today() - dt.timedelta(days=back)

    def _take_list(self, found: SalesView) -> None:
        self._set(ids=found.ids, sum_words=found.sum_words, is_loading=False, problem="")

    def _take_receipt(self, receipt: SoldView) -> None:
        self._set(receipt=receipt, problem="")

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_loading=False, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
