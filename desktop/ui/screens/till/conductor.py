"""Leads through the till: which page is open, and what each action of the table does on it. Free of widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.customer.presenter import CustomerPresenter
from desktop.ui.screens.login.presenter import LoginPresenter
from desktop.ui.screens.parked.presenter import ParkedPresenter
from desktop.ui.screens.payment.presenter import PaymentPresenter
from desktop.ui.screens.receipt.presenter import ReceiptPresenter
from desktop.ui.screens.returns.blind_presenter import BlindReturnPresenter
from desktop.ui.screens.returns.presenter import ReturnsPresenter
from desktop.ui.screens.sell.presenter import SellPresenter
from desktop.ui.screens.shift.presenter import ShiftPresenter
from desktop.ui.screens.sync.presenter import SyncPresenter
from desktop.ui.screens.till.pages import Page, page_for
from desktop.ui.screens.till.parts import TillParts
from desktop.ui.till.session import TillSession
from desktop.usecases.till_state import Phase
from shared.errors import UserError

_SCAN_REFUSALS = {
    Page.LOGIN: "Log in first, then scan.",
    Page.OPEN_SHIFT: "Open a shift first, then scan.",
}


class TillConductor(QObject):
    """Holds the pages' presenters and moves between them.

    Attributes:
        page: the page that is open.
        sell, payment, receipt, returns, blind, customer, parked, shift, sync, login: the pages' presenters.

    Signals:
        page_changed: another page is open.
        focus_wanted: the keyboard should go to where the page starts.
        quit_wanted: the window should close.
    """

    page_changed = Signal()
    focus_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, session: TillSession, parts: TillParts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        implied = parts.has_implied_decimals
        self.session = session
        self._parts = parts
        self.sell = SellPresenter(session, has_implied_decimals=implied)
        self.payment = PaymentPresenter(session, has_implied_decimals=implied)
        self.receipt = ReceiptPresenter(session, parts.receipts)
        self.returns = ReturnsPresenter(session)
        self.blind = BlindReturnPresenter(session, has_implied_decimals=implied)
        self.customer = CustomerPresenter(session)
        self.parked = ParkedPresenter(session)
        self.shift = ShiftPresenter(session, has_implied_decimals=implied)
        self.sync = SyncPresenter(session, parts.sync_now, parts.support)
        self.login = LoginPresenter(session, parts.people)
        self._wanted = Page.SELL
        self._under_help = Page.SELL
        self._phase = session.state.phase
        self.page = page_for(session.state, self._wanted)
        session.changed.connect(self._follow)
        for signal in (self.customer.chosen, self.parked.recalled, self.returns.returned, self.blind.returned):
            signal.connect(lambda: self.go_to(Page.SELL))
        self._enter()

    # Pages ---------------------------------------------------------------------------------------------------

    def go_to(self, page: Page) -> None:
        """Open a page, as far as the till's phase allows."""
        if page not in (Page.HELP, Page.SYNC):
            self._under_help = page
        self._wanted = page
        self._settle()
        self.focus_wanted.emit()

    def step_back(self) -> None:
        """Escape: undo the smallest thing on the page, else go back to the sale."""
        if self.page is Page.HELP or (self.page is Page.SYNC and not self.sync.step_back()):
            self.go_to(self._under_help)
        elif self.page is Page.SYNC:
            self.focus_wanted.emit()
        elif self.page is Page.SELL:
            self.sell.step_back()
            self.focus_wanted.emit()
        elif self.page is Page.RECEIPT:
            self.receipt.next_sale()
        elif self.session.state.refusal or self.session.problem:
            self.session.dismiss()
        elif self.page is Page.LOGIN:
            self.login.type_pin("")
        else:
            self.shift.leave()
            self.go_to(Page.SELL)

    def open_named(self, name: str) -> None:
        """Open a page by its name, as its key would (``sell``, ``payment``, ``shift`` …).

        Raises:
            UserError: ``page_unknown``.
        """
        if name not in set(Page):
            known = ", ".join(Page)
            raise UserError("page_unknown", f"There is no page “{name}”. Use one of: {known}.", page=name)
        keys = {
            Page.PAYMENT: "tender",
            Page.RETURNS: "return",
            Page.BLIND_RETURN: "blind_return",
            Page.CUSTOMER: "customer",
            Page.SHIFT: "shift",
            Page.HELP: "help",
            Page.SYNC: "sync_centre",
            Page.LOGIN: "logout",
        }
        page = Page(name)
        if page is Page.PARKED:
            self._list_parked()
        elif page in keys:
            self.handlers()[keys[page]]()

    def take_scan(self, code: str) -> None:
        """A code was scanned, whatever had the focus."""
        refusal = _SCAN_REFUSALS.get(self.page)
        if self.session.state.phase is Phase.NO_SHIFT:
            refusal = _SCAN_REFUSALS[Page.OPEN_SHIFT]
        if refusal is not None:
            self.session.refuse(refusal)
        elif self.page is Page.RETURNS:
            self.returns.find(code)
        elif self.page is Page.BLIND_RETURN:
            self.blind.submit_code(code)
        elif self.page is Page.CUSTOMER:
            self.customer.choose(code)
        else:
            if self.page is not Page.SELL:
                self.go_to(Page.SELL)
            self.sell.scan(code)

    # Actions -------------------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What each action of the table with a key does here; a test holds the two together."""
        sell = self.sell
        return {
            "help": self._toggle_help,
            "find": self._find,
            "customer": lambda: self._open_with_text(Page.CUSTOMER, self.customer.open),
            "look_up_customer": self._look_up_customer,
            "park": lambda: self._on_sale(sell.park),
            "recall": self._recall,
            "quantity": lambda: self._on_sale(sell.quantity),
            "price": lambda: self._on_sale(sell.price),
            "discount": lambda: self._on_sale(sell.discount),
            "remove_discounts": lambda: self._on_sale(sell.remove_discounts),
            "remove": lambda: self._on_sale(sell.remove_line),
            "clear": lambda: self._on_sale(sell.clear_basket),
            "tender": self._tender,
            "remove_tender": self.payment.remove_last_tender,
            "exact_cash": self._exact_cash,
            "return": lambda: self._open_with_text(Page.RETURNS, self.returns.open),
            "blind_return": lambda: self._open_with_text(Page.BLIND_RETURN, self.blind.open),
            "receipt": lambda: self._open_with_text(Page.RETURNS, self.returns.open),
            "print_copy": self.receipt.print_copy,
            "logout": self._lock,
            "shift": self._open_shift,
            "sync": self._sync_now,
            "sync_centre": self._toggle_sync,
            "quit": self.quit_wanted.emit,
        }

    def _on_sale(self, do: Callable[[], None]) -> None:
        if self.page is not Page.SELL:
            self.go_to(Page.SELL)
        do()

    def _open_with_text(self, page: Page, open_page: Callable[[str], None]) -> None:
        typed = self.sell.text if self.page is Page.SELL else ""
        self.sell.clear_text()
        self.session.forget_problem()
        open_page(typed)
        self.go_to(page)

    def _look_up_customer(self) -> None:
        """Ask the chain for what is typed, or for the card that the basket has and this till does not know."""
        if self.page is not Page.CUSTOMER:
            self._open_with_text(Page.CUSTOMER, self.customer.open)
            customer = self.session.state.customer
            if not self.customer.state.text.strip() and customer is not None and not customer.is_known:
                self.customer.type_text(customer.number)
        self.customer.look_up()

    def _toggle_help(self) -> None:
        self.go_to(self._under_help if self.page is Page.HELP else Page.HELP)

    def _toggle_sync(self) -> None:
        if self.page is Page.SYNC:
            self.go_to(self._under_help)
            return
        self.sync.open()
        self.go_to(Page.SYNC)

    def _sync_now(self) -> None:
        if self.page is Page.SYNC:
            self.sync.try_now()
        else:
            self._parts.sync_now()

    def _find(self) -> None:
        if self.page is Page.RECEIPT:
            self.receipt.next_sale()
        self.sell.close_entry()
        self.go_to(Page.SELL)

    def _recall(self) -> None:
        state = self.session.state
        if state.parked == 1 and not state.lines:
            self._on_sale(lambda: self.session.act(lambda till: till.recall()))
            return
        self._list_parked()

    def _list_parked(self) -> None:
        self.session.forget_problem()
        self.parked.load()
        self.go_to(Page.PARKED)

    def _tender(self) -> None:
        if not any(not line.is_removed for line in self.session.state.lines):
            self.session.refuse("There is nothing to pay yet. Scan or find an item first.")
            return
        typed = self.sell.text
        self.sell.clear_text()
        self.session.forget_problem()
        self.payment.open(typed)
        self.go_to(Page.PAYMENT)

    def _exact_cash(self) -> None:
        if self.page is Page.PAYMENT:
            self.payment.take()
        elif self.page is Page.RETURNS:
            self.returns.pay_out()
        elif self.page is Page.BLIND_RETURN:
            self.blind.pay_out()
        elif self.page is not Page.RECEIPT:
            self._on_sale(self.sell.exact_cash)

    def _open_shift(self) -> None:
        if self.session.state.shift is not None:
            self.session.forget_problem()
            self.shift.load()
            self.go_to(Page.SHIFT)

    def _lock(self) -> None:
        if self.session.state.phase is not Phase.LOGGED_OUT:
            self.session.act(lambda till: till.logout())

    # Following the till --------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """The till is in another state: a page that no longer fits is left."""
        phase, before = self.session.state.phase, self._phase
        self._phase = phase
        if phase is Phase.DONE and before is not Phase.DONE:
            self._wanted = self._under_help = Page.SELL
        if before in (Phase.LOGGED_OUT, Phase.NOT_ENROLLED) and phase is not before:
            self._wanted = self._under_help = Page.PAYMENT if phase is Phase.PAYING else Page.SELL
            self.sell.load_tabs()
        self._settle()

    def _settle(self) -> None:
        page = page_for(self.session.state, self._wanted)
        if page is Page.SHIFT and self.session.state.phase is Phase.NO_SHIFT and self.shift.report is None:
            page = Page.OPEN_SHIFT
        if page is not self.page:
            self.page = page
            self._enter()
            self.page_changed.emit()

    def _enter(self) -> None:
        if self.page is Page.LOGIN:
            self.login.open()
        if self.page is Page.SELL:
            self.sell.load_tabs()
