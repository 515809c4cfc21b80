"""The till's window: the bar at the top, the paper at the side, one page beside it; no dialog ever."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.screens.basket.screen import BasketStrip
from desktop.ui.screens.customer.presenter import CustomerPresenter
from desktop.ui.screens.customer.screen import CustomerScreen
from desktop.ui.screens.help.screen import HelpScreen
from desktop.ui.screens.login.presenter import LoginPresenter
from desktop.ui.screens.login.screen import LoginScreen
from desktop.ui.screens.parked.presenter import ParkedPresenter
from desktop.ui.screens.parked.screen import ParkedScreen
from desktop.ui.screens.payment.presenter import PaymentPresenter
from desktop.ui.screens.payment.screen import PaymentScreen
from desktop.ui.screens.receipt.presenter import ReceiptPresenter
from desktop.ui.screens.receipt.screen import ReceiptPaper, ReceiptScreen
from desktop.ui.screens.returns.presenter import ReturnsPresenter
from desktop.ui.screens.returns.screen import ReturnsScreen
from desktop.ui.screens.sell.presenter import SellPresenter
from desktop.ui.screens.sell.screen import SellScreen
from desktop.ui.screens.shift.open_screen import OpenShiftScreen
from desktop.ui.screens.shift.presenter import ShiftPresenter
from desktop.ui.screens.shift.screen import ShiftScreen
from desktop.ui.screens.till.header import HeaderBar
from desktop.ui.screens.till.pages import Page, page_for, shows_paper
from desktop.ui.screens.till.parts import TillParts
from desktop.ui.screens.till.session import TillSession
from desktop.ui.screens.till.shortcuts import Shortcuts
from desktop.ui.theme import Space, current_theme
from desktop.usecases.till_state import Phase

_REFRESH_MS = 2_000
_PAPER_PERCENT = 40.6
_PAPER_LEAST, _PAPER_MOST = 420, 640
_FULL_PAGES = (Page.LOGIN, Page.OPEN_SHIFT)


class TillWindow(QWidget):
    """The window.

    Attributes:
        session: the till as the pages see it.
        page: the page that is open.
        sell, payment, receipt, returns, customer, parked, shift, login: the pages' presenters.
        screens: the pages' widgets.
    """

    def __init__(self, session: TillSession, parts: TillParts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._parts = parts
        self._wanted = Page.SELL
        self._before_help = Page.SELL
        self.page = Page.SELL
        implied = parts.has_implied_decimals
        self.sell = SellPresenter(session, has_implied_decimals=implied)
        self.payment = PaymentPresenter(session, has_implied_decimals=implied)
        self.receipt = ReceiptPresenter(session, parts.receipts)
        self.returns = ReturnsPresenter(session)
        self.customer = CustomerPresenter(session)
        self.parked = ParkedPresenter(session)
        self.shift = ShiftPresenter(session, has_implied_decimals=implied)
        self.login = LoginPresenter(session, parts.people)
        self._build()
        self.shortcuts = Shortcuts(self, self._handlers())
        self._connect()
        self.sell.load_tabs()
        self._show()
        self._enter_page()

    # Putting together ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle("Counterfoil")
        self.setProperty("ground", "bench")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        theme = current_theme()
        self.setMinimumSize(theme.px(1024), theme.px(680))
        self.header = HeaderBar(self._parts.now_text)
        self.screens: dict[Page, QWidget] = {
            Page.LOGIN: LoginScreen(self.login),
            Page.OPEN_SHIFT: OpenShiftScreen(self.shift),
            Page.SELL: SellScreen(self.sell),
            Page.PAYMENT: PaymentScreen(self.payment),
            Page.RECEIPT: ReceiptScreen(self.receipt),
            Page.RETURNS: ReturnsScreen(self.returns),
            Page.CUSTOMER: CustomerScreen(self.customer),
            Page.PARKED: ParkedScreen(self.parked),
            Page.SHIFT: ShiftScreen(self.shift),
            Page.HELP: HelpScreen(),
        }
        self._pages = QStackedWidget()
        for page, screen in self.screens.items():
            if page not in _FULL_PAGES:
                self._pages.addWidget(screen)
        self.basket = BasketStrip()
        self.paper = ReceiptPaper()
        self._papers = QStackedWidget()
        self._papers.addWidget(self.basket)
        self._papers.addWidget(self.paper)
        bench = QWidget()
        beside = QVBoxLayout(bench)
        beside.setContentsMargins(theme.px(Space.XXL), theme.px(Space.L), theme.px(18), theme.px(Space.L))
        beside.addWidget(self._pages)
        split = QWidget()
        row = QHBoxLayout(split)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._papers)
        row.addWidget(bench, 1)
        self._split = split
        self._whole = QStackedWidget()
        self._whole.addWidget(split)
        for page in _FULL_PAGES:
            self._whole.addWidget(self.screens[page])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._whole, 1)

    def _connect(self) -> None:
        session = self.session
        session.changed.connect(self._show)
        session.accepted.connect(self._parts.sounds.accepted)
        session.refused.connect(self._parts.sounds.refused)
        self.header.locked.connect(self._lock)
        self.header.shift_pressed.connect(self._open_shift_page)
        self.header.sync_pressed.connect(self._parts.sync_now)
        self.basket.line_chosen.connect(self.sell.select_line)
        self.basket.customer_pressed.connect(self._open_customer)
        sell = self.screens[Page.SELL]
        if isinstance(sell, SellScreen):
            sell.action_pressed.connect(self.do)
        for page in (Page.PAYMENT, Page.RETURNS, Page.CUSTOMER, Page.PARKED, Page.HELP, Page.SHIFT):
            self.screens[page].left.connect(self.step_back)  # type: ignore[attr-defined]
        self.shift.changed.connect(self._show_paper)
        self.customer.chosen.connect(lambda: self.go_to(Page.SELL))
        self.parked.recalled.connect(lambda: self.go_to(Page.SELL))
        self.returns.returned.connect(lambda: self.go_to(Page.SELL))
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(session.refresh)
        self._timer.start()

    def _handlers(self) -> dict[str, Callable[[], None]]:
        """What each action of the table with a key does here; a test holds the two together."""
        return {
            "help": self._toggle_help,
            "find": self._open_find,
            "customer": self._open_customer,
            "park": self._park,
            "recall": self._recall,
            "quantity": lambda: self._on_sale(self.sell.quantity),
            "price": lambda: self._on_sale(self.sell.price),
            "discount": lambda: self._on_sale(self.sell.discount),
            "remove_discounts": lambda: self._on_sale(self.sell.remove_discounts),
            "remove": self.sell.remove_line,
            "clear": lambda: self._on_sale(self.sell.clear_basket),
            "tender": self._open_payment,
            "remove_tender": self.payment.remove_last_tender,
            "exact_cash": self._exact_cash,
            "return": self._open_returns,
            "blind_return": self._open_blind_return,
            "receipt": self._open_returns,
            "print_copy": self.receipt.print_copy,
            "logout": self._lock,
            "shift": self._open_shift_page,
            "sync": self._parts.sync_now,
            "quit": lambda: self._quit(),
        }
