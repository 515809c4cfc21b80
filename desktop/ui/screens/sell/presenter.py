"""Selling: what typing, scanning, tiles and function keys do, and what the page shows for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.sell import buffer
from desktop.ui.screens.sell.entry import Entry, EntryKind
from desktop.ui.till.session import TillSession
from desktop.ui.widgets.money_text import amount_text
from desktop.usecases.till import Till
from desktop.usecases.till_state import LineView, TillState
from desktop.usecases.till_views import FoundView, QuickTab
from shared.errors import CounterfoilError
from shared.money import Money

RESULTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to what stands in the find field."""

    text: str
    products: tuple[FoundView, ...]


class SellPresenter(QObject):
    """The selling page.

    Attributes:
        text: what stands in the find field.
        found: the newest answer to it; None while nothing is looked for.
        tabs: quick keys, as last read.
        entry: the number that is being asked for, if any.
        has_implied_decimals: whether ``2000`` means 20.00.

    Signals:
        changed: something above is another one.
        text_replaced: ``text`` was changed by the page, not by typing.
    """

    changed = Signal()
    text_replaced = Signal()

    def __init__(self, session: TillSession, *, has_implied_decimals: bool = True) -> None:
        super().__init__(session)
        self.session = session
        self.has_implied_decimals = has_implied_decimals and session.currency.exponent > 0
        self.text = ""
        self.found: Found | None = None
        self.tabs: tuple[QuickTab, ...] = ()
        self.entry: Entry | None = None

    # What is shown -------------------------------------------------------------------------------------------

    @property
    def exact_text(self) -> str:
        """What stands on the green button."""
        due = self._due()
        return "Exact cash" if due is None else f"Exact cash  {amount_text(abs(due), has_symbol=True)}"

    @property
    def can_pay(self) -> bool:
        """Whether there is something to pay and nothing in the way."""
        state = self.session.state
        return any(not line.is_removed for line in state.lines) and not state.blocks_payment

    @property
    def hint(self) -> str:
        """What a number in the find field would do."""
        if not buffer.is_number(self.text):
            return ""
        amount = buffer.amount_in(self.text, self.session.currency, has_implied_decimals=self.has_implied_decimals)
        return f"As a number: {self.text} with F6 · {amount} cash with F12 · {self.text} % off with F8"

    def load_tabs(self) -> None:
        """Read the quick keys again (at the start, at log-in, after a sync)."""
        self.session.ask("tabs", lambda till: till.quick_tabs(), self._take_tabs)

    # Typing --------------------------------------------------------------------------------------------------

    def type_text(self, text: str) -> None:
        """The find field changed."""
        self.text = text
        _, wanted = buffer.split_prefix(text)
        if not wanted:
            self.found = None
            self.changed.emit()
            return
        self.session.ask("find", lambda till: Found(wanted, till.find(wanted, RESULTS_SHOWN)), self._take_found)
        self.changed.emit()

    def submit(self, chosen: int = 0) -> None:
        """Enter in the find field: take the chosen result, or what was typed as a code."""
        times, wanted = buffer.split_prefix(self.text)
        if not wanted:
            return
        known = self.found.products if self.found is not None and self.found.text == wanted else None

        def take(till: Till) -> LineView:
            products = known if known is not None else till.find(wanted, RESULTS_SHOWN)
            if products:
                variant = products[min(max(chosen, 0), len(products) - 1)].variant_id
                return till.add(variant_id=variant, quantity=times or "1", joins_last=not times)
            return till.scan(wanted)

        self.clear_text()
        self.session.act(take, is_addition=True)

    def add(self, variant_id: uuid.UUID) -> None:
        """A tile or a result was pressed."""
        times, _ = buffer.split_prefix(self.text)
        self.clear_text()
        self.session.act(
            lambda till: till.add(variant_id=variant_id, quantity=times or "1", joins_last=not times), is_addition=True
        )

    def scan(self, code: str) -> None:
        """A code was scanned, whatever had the focus."""
        times, _ = buffer.split_prefix(self.text)
        quantities = {line.id: line.quantity for line in self.session.state.lines}

        def take(till: Till) -> LineView:
            line = till.scan(code)
            if not times:
                return line
            return till.set_quantity(buffer.more_of(line.quantity, quantities.get(line.id), times), line.number)

        self.entry = None
        self.clear_text()
        self.session.act(take, is_addition=True)

    def clear_text(self) -> None:
        """Empty the find field."""
        self.text, self.found = "", None
        self.text_replaced.emit()
        self.changed.emit()

    def step_back(self) -> bool:
        """Escape: close the question, else empty the field, else take note of the refusal. False if nothing to do."""
        if self.entry is not None:
            self.close_entry()
        elif self.text:
            self.clear_text()
        elif self.session.state.refusal or self.session.problem:
            self.session.dismiss()
        else:
            return False
        return True

    # Function keys -------------------------------------------------------------------------------------------

    def quantity(self) -> None:
        """F6: the number typed becomes the selected line's quantity; with none typed it is asked for."""
        self._number_or_ask(EntryKind.QUANTITY)

    def price(self) -> None:
        """F7: the number typed becomes the selected line's price."""
        self._number_or_ask(EntryKind.PRICE)

    def discount(self) -> None:
        """F8: so many per cent off the selected line."""
        self._number_or_ask(EntryKind.DISCOUNT)

    def change_entry(
        self, *, text: str | None = None, is_percent: bool | None = None, is_basket: bool | None = None
    ) -> None:
        """The open question's number or choices changed."""
        if self.entry is None:
            return
        self.entry = Entry(
            self.entry.kind,
            self.entry.subject,
            self.entry.text if text is None else text,
            self.entry.is_percent if is_percent is None else is_percent,
            self.entry.is_basket if is_basket is None else is_basket,
        )
        self.changed.emit()

    def confirm_entry(self) -> None:
        """The open question is answered."""
        entry = self.entry
        if entry is not None and entry.text:
            self._apply(entry)

    def close_entry(self) -> None:
        """Leave the open question unanswered."""
        self.entry = None
        self.changed.emit()

    def exact_cash(self) -> None:
        """F12: the rest in cash, or the amount typed, and done."""
        typed = self.text
        if not typed:
            self.session.act(lambda till: till.exact_cash())
            return
        given = self._money_or_refuse(typed)
        if given is not None:
            self.clear_text()
            self.session.act(lambda till: till.exact_cash(given))

    def remove_line(self) -> None:
        """Del: strike the selected line through."""
        self.session.act(lambda till: till.remove_line())

    def remove_discounts(self) -> None:
        """Shift F8: take the discounts of the selected line back."""
        self.session.act(lambda till: till.remove_discounts())

    def clear_basket(self) -> None:
        """Ctrl Del: give the whole basket up."""
        self.session.act(lambda till: till.clear())

    def select_line(self, line_id: uuid.UUID) -> None:
        """A line was pressed."""
        if line_id != self.session.state.selected_line:
            self.session.act(lambda till: till.select_line(line_id))

    def park(self) -> None:
        """F4: put the basket aside; what stands in the find field becomes its label."""
        label = self.text.strip()
        self.clear_text()
        self.session.act(lambda till: till.park(label))

    def shown_entry_figure(self, text: str) -> str:
        """The number of the open question as it will be taken."""
        entry = self.entry
        if entry is None or not buffer.is_number(text) or entry.kind is EntryKind.QUANTITY:
            return text
        if entry.kind is EntryKind.DISCOUNT and entry.is_percent:
            return f"{text} %"
        return buffer.amount_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)

    # Inside --------------------------------------------------------------------------------------------------

    def _due(self) -> Money | None:
        state = self.session.state
        if not self.can_pay and not state.blocks_payment:
            return None
        if state.remaining is not None and state.tenders:
            return state.remaining
        return state.totals.to_pay if state.totals is not None else None

    def _number_or_ask(self, kind: EntryKind) -> None:
        line = selected_line(self.session.state)
        if line is None:
            self.session.refuse("There is no line to change yet. Scan or find an item first.")
            return
        entry = Entry(kind, f"{line.name} · {line.unit_price} each" if line.unit_price else line.name)
        if buffer.is_number(self.text):
            typed = self.text
            self.clear_text()
            self._apply(entry.typed(typed))
            return
        self.entry = entry
        self.changed.emit()

    def _apply(self, entry: Entry) -> None:
        try:
            self._act_on(entry)
        except CounterfoilError as error:
            self.session.refuse(error.message)
            return
        self.close_entry()

    def _act_on(self, entry: Entry) -> None:
        text = entry.text.replace(",", ".")
        currency = self.session.currency
        implied = self.has_implied_decimals
        if entry.kind is EntryKind.QUANTITY:
            self.session.act(lambda till: till.set_quantity(text))
        elif entry.kind is EntryKind.PRICE:
            price = buffer.unit_price_in(text, currency, has_implied_decimals=implied)
            self.session.act(lambda till: till.set_price(price))
        elif entry.is_percent:
            self.session.act(lambda till: till.discount(percent=text, basket=entry.is_basket))
        else:
            amount = buffer.money_in(text, currency, has_implied_decimals=implied)
            self.session.act(lambda till: till.discount(amount=amount, basket=entry.is_basket))

    def _money_or_refuse(self, text: str) -> Money | None:
        try:
            return buffer.money_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)
        except CounterfoilError as error:
            self.session.refuse(error.message)
            return None

    def _take_found(self, found: Found) -> None:
        _, wanted = buffer.split_prefix(self.text)
        if found.text == wanted:
            self.found = found
            self.changed.emit()

    def _take_tabs(self, tabs: tuple[QuickTab, ...]) -> None:
        if tabs != self.tabs:
            self.tabs = tabs
            self.changed.emit()


def selected_line(state: TillState) -> LineView | None:
    """The line keys act on; None in an empty basket."""
    for line in state.lines:
        if line.id == state.selected_line:
            return line
    standing = [line for line in state.lines if not line.is_removed]
    return standing[-1] if standing else None
