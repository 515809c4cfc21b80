"""The shift: opening with a float, counting by denominations, cash in and out, closing."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.sell import buffer
from desktop.ui.theme.tokens import Tone
from desktop.ui.till.session import TillSession
from desktop.ui.widgets.money_text import amount_text
from desktop.usecases.till_views import CountView, ShiftReport
from shared.cash.denominations import denominations_of
from shared.errors import CounterfoilError
from shared.money import Money, total_of


class Job(StrEnum):
    """What the page is used for; the values are the tabs in their order."""

    COUNT = "count"
    CASH_IN = "paid_in"
    CASH_OUT = "paid_out"
    TO_SAFE = "drop"


class ShiftPresenter(QObject):
    """The shift page, and the page without a shift.

    Attributes:
        float_text: the opening float as typed.
        report: the X report, or the Z report of the shift just closed.
        job: which tab is open.
        pieces: how many of each denomination were counted, as typed, by minor units.
        count: the count as last noted; None after any change.
        cash_text: the amount of a cash movement as typed.
        reason: why cash is moved.

    Signals:
        changed: something above is another one.
        closed: the shift was closed.
    """

    changed = Signal()
    closed = Signal()

    def __init__(self, session: TillSession, *, has_implied_decimals: bool = True) -> None:
        super().__init__(session)
        self.session = session
        self.has_implied_decimals = has_implied_decimals and session.currency.exponent > 0
        self.float_text = ""
        self.report: ShiftReport | None = None
        self.job = Job.COUNT
        self.denominations = denominations_of(session.currency)
        self.pieces: dict[int, str] = {}
        self.count: CountView | None = None
        self.cash_text = ""
        self.reason = ""

    # Opening -------------------------------------------------------------------------------------------------

    def type_float(self, text: str) -> None:
        """The opening float changed."""
        self.float_text = text
        self.changed.emit()

    def open_shift(self) -> None:
        """Open a shift with the float typed; an empty drawer where nothing was typed."""
        amount = self._money(self.float_text or "0")
        if amount is not None:
            self.session.act(lambda till: till.open_shift(amount), lambda _done: self._forget())

    @property
    def open_text(self) -> str:
        """What stands on the green button."""
        if not self.float_text:
            return "Open with an empty drawer"
        return f"Open with {self.shown_figure(self.float_text)}"

    def shown_figure(self, text: str) -> str:
        """A typed amount as it will be taken."""
        if not buffer.is_number(text):
            return text
        return buffer.amount_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)

    # The open shift ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the X report."""
        if self.session.state.shift is not None:
            self.session.ask("shift", lambda till: till.shift_report(), self._take_report)

    def choose_job(self, job: Job) -> None:
        """Another tab."""
        self.job = job
        self.changed.emit()

    def type_pieces(self, denomination: Money, text: str) -> None:
        """So many of a denomination lie in the drawer."""
        self.pieces[denomination.amount] = text
        self.count = None
        self.changed.emit()

    @property
    def counted(self) -> Money:
        """The sum of what was counted."""
        rows = [amount * int(self.pieces.get(amount.amount) or 0) for amount in self.denominations]
        return total_of(rows, self.session.currency)

    def check_count(self) -> None:
        """Note the count; the difference is shown from then on."""
        counts = {
            str(amount): int(self.pieces[amount.amount])
            for amount in self.denominations
            if self.pieces.get(amount.amount)
        }
        self.session.act(lambda till: till.count_shift(counts=counts), self._take_count)

    @property
    def difference(self) -> tuple[str, Tone]:
        """The difference in words, and how they are meant."""
        if self.count is None:
            return "Check the count to see the difference.", Tone.PLAIN
        difference = self.count.difference
        if not difference:
            return "The drawer agrees.", Tone.GOOD
        side = "Short by" if difference.is_negative else "Over by"
        return f"{side} {amount_text(abs(difference), has_symbol=True)}", Tone.LOOK

    def close_shift(self) -> None:
        """Close the shift; its Z report stays in sight."""
        self.session.act(lambda till: till.close_shift(), self._take_closed)

    def type_cash(self, text: str) -> None:
        """The amount of a cash movement changed."""
        self.cash_text = text
        self.changed.emit()

    def type_reason(self, text: str) -> None:
        """The reason of a cash movement changed."""
        self.reason = text
        self.changed.emit()

    def move_cash(self) -> None:
        """Put cash in, or take it out."""
        amount = self._money(self.cash_text)
        kind, reason = self.job, self.reason.strip()
        if amount is not None:
            self.session.act(lambda till: till.cash_movement(kind, amount, reason), lambda _done: self._after_cash())

    def leave(self) -> None:
        """The page is left: the closed shift's report goes out of sight."""
        if self.report is not None and self.report.is_closed:
            self.report = None
            self.changed.emit()

    # Inside --------------------------------------------------------------------------------------------------

    def _money(self, text: str) -> Money | None:
        try:
            return buffer.money_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)
        except CounterfoilError as error:
            self.session.refuse(error.message)
            return None

    def _take_report(self, report: ShiftReport) -> None:
        self.report = report
        self.changed.emit()

    def _take_count(self, count: CountView) -> None:
        self.count = count
        self.load()
        self.changed.emit()

    def _take_closed(self, report: ShiftReport) -> None:
        self._forget()
        self.report = report
        self.changed.emit()
        self.closed.emit()

    def _after_cash(self) -> None:
        self.cash_text, self.reason = "", ""
        self.load()
        self.changed.emit()

    def _forget(self) -> None:
        self.float_text, self.pieces, self.count, self.report = "", {}, None, None
        self.changed.emit()
