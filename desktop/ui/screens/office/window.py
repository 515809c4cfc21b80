"""The office window: sidebar, top bar, one page at a time, and the keys that are the same on every page."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.replica.changes import Changes
from desktop.ui.screens.office.conflicts.presenter import ConflictsPresenter
from desktop.ui.screens.office.conflicts.screen import ConflictsPage
from desktop.ui.screens.office.customers.presenter import CustomersPresenter
from desktop.ui.screens.office.customers.screen import CustomersPage
from desktop.ui.screens.office.devices.presenter import DevicesPresenter
from desktop.ui.screens.office.devices.screen import DevicesPage
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.sidebar import Sidebar
from desktop.ui.screens.office.frame.top_bar import FindResults, TopBar
from desktop.ui.screens.office.help import HelpPage
from desktop.ui.screens.office.importing.presenter import ImportPresenter
from desktop.ui.screens.office.importing.screen import ImportPage
from desktop.ui.screens.office.login import OfficeLogin
from desktop.ui.screens.office.navigation import PAGES, PageName
from desktop.ui.screens.office.products.presenter import ProductsPresenter
from desktop.ui.screens.office.products.screen import ProductsPage
from desktop.ui.screens.office.sales.presenter import SalesPresenter
from desktop.ui.screens.office.sales.screen import SalesPage
from desktop.ui.screens.office.session import OfficeSession
from desktop.ui.screens.office.stock.presenter import StockPresenter
from desktop.ui.screens.office.stock.screen import StockPage
from desktop.ui.screens.office.sync_centre.presenter import SyncPresenter
from desktop.ui.screens.office.sync_centre.screen import SyncPage
from desktop.usecases.find_anything import Hit, HitKind
from desktop.usecases.office import Office
from shared.permissions import is_allowed

REFRESH_MS = 2_000
_FIRST_PAGE = PageName.PRODUCTS
_PLAIN_KEYS = ("M", "K", "1", "2", "3", "R", "U", "J", "X", "T", "P", "G", "C", "E", "L", "D")


class OfficeWindow(QMainWindow):
    """The window.

    Attributes:
        session: the desk behind it.
        pages: every page by its name.
    """

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.setWindowTitle("Counterfoil · Office")
        self.setMinimumSize(1024, 640)
        self.session = OfficeSession(office, self)
        self._root = QStackedWidget()
        self.setCentralWidget(self._root)
        self.login = OfficeLogin(self.session)
        self.login.entered.connect(self._enter)
        self._desk = QWidget()
        self._root.addWidget(self.login)
        self._root.addWidget(self._desk)
        self._build_pages()
        self._build_frame()
        self._build_keys()
        self.session.changed.connect(self._show_frame)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.session.refresh)
        if office.is_logged_in:
            self._enter()

    def open_page(self, name: PageName) -> None:
        """Go to a page, unless the one in sight has unsaved changes."""
        if name not in self._allowed():
            return
        self._show_page(self.pages[name])
        self.sidebar.choose(self._page_name())

    def show_variant(self, variant_id: uuid.UUID) -> None:
        """Show one product."""
        self.open_page(PageName.PRODUCTS)
        self.products.show_variant(variant_id)

    def take_changes(self, changes: Changes) -> None:
        """Rows came down by sync: pages read again what they show. Called on the UI thread."""
        self.session.data_changed.emit(changes)
        self.session.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Not with unsaved changes; then stop the workers."""
        if not self._page().may_leave():
            event.ignore()
            return
        self._timer.stop()
        self.sync.stop()
        self.devices.presenter.stop()
        self.session.close()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what was found under its field."""
        super().resizeEvent(event)
        self.top_bar.place_results()

    # Building ----------------------------------------------------------------------------------------------------

    def _build_pages(self) -> None:
        session = self.session
        self.products = ProductsPage(ProductsPresenter(session))
        self.stock = StockPage(StockPresenter(session))
        self.sales = SalesPage(SalesPresenter(session))
        self.customers = CustomersPage(CustomersPresenter(session))
        self.conflicts = ConflictsPage(ConflictsPresenter(session))
        self.sync = SyncPage(SyncPresenter(session))
        self.devices = DevicesPage(DevicesPresenter(session))
        self.importing = ImportPage(ImportPresenter(session))
        self.help = HelpPage()
        self.pages: dict[PageName, OfficePage] = {
            PageName.PRODUCTS: self.products,
            PageName.STOCK: self.stock,
            PageName.SALES: self.sales,
            PageName.CUSTOMERS: self.customers,
            PageName.CONFLICTS: self.conflicts,
            PageName.SYNC: self.sync,
            PageName.DEVICES: self.devices,
        }
        self._stack = QStackedWidget()
        for page in (*self.pages.values(), self.importing, self.help):
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(self.pages[_FIRST_PAGE])
        self._before_help: OfficePage = self.products
        self.products.move_wanted.connect(self._move_stock)
        self.products.import_wanted.connect(lambda: self._show_page(self.importing))
        self.importing.left.connect(lambda: self.open_page(PageName.PRODUCTS))
        self.stock.product_wanted.connect(self.show_variant)

    def _build_frame(self) -> None:
        results = FindResults(self._desk)
        self.top_bar = TopBar(self.session, results)
        self.top_bar.hit_opened.connect(self._open_hit)
        self.top_bar.lock_wanted.connect(self.lock)
        self.top_bar.sync_wanted.connect(lambda: self.open_page(PageName.SYNC))
        self.sidebar = Sidebar(())
        self.sidebar.chosen.connect(self.open_page)
        row = QHBoxLayout(self._desk)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addWidget(self._stack, 1)
        row.addWidget(self.sidebar)
        row.addLayout(column, 1)

    def _build_keys(self) -> None:
        keys: list[tuple[str, Callable[[], None]]] = [
            ("Ctrl+K", self.top_bar.focus_find),
            ("Ctrl+F", self.top_bar.focus_find),
            ("F1", self.toggle_help),
            ("F5", lambda: self._page().refresh()),
            ("N", lambda: self._page().make_new()),
            ("Ctrl+N", lambda: self._page().make_new()),
            ("Ctrl+S", lambda: self._page().save()),
            ("Ctrl+Z", lambda: self._page().undo()),
            ("Ctrl+L", self.lock),
            ("Esc", self.go_back),
        ]
        keys += [(entry.key, _opening(self, entry.name)) for entry in PAGES]
        keys += [(key, _typing(self, key.lower())) for key in _PLAIN_KEYS]
        for key, action in keys:
            shortcut = QShortcut(QKeySequence(key), self._desk)
            shortcut.activated.connect(action)

    # What keys do ------------------------------------------------------------------------------------------------

    def toggle_help(self) -> None:
        """F1: the sheet of keys, and back."""
        if self._stack.currentWidget() is self.help:
            self._show_page(self._before_help)
            return
        self._before_help = self._page()
        self._show_page(self.help)

    def go_back(self) -> None:
        """Esc: put away what was found, the help sheet, or whatever the page has open."""
        if self.top_bar.close_results():
            self.top_bar.find_field.clear()
            self._page().setFocus()
        elif self._stack.currentWidget() is self.help:
            self.toggle_help()
        else:
            self._page().go_back()

    def lock(self) -> None:
        """Ctrl+L: nobody works here until somebody logs in; what was not saved stays as it is typed."""
        self._timer.stop()
        self.session.log_out()
        self.login.read_people()
        self._root.setCurrentWidget(self.login)

    def type_key(self, text: str) -> None:
        """A plain key outside a text field goes to the page."""
        self._page().take_key(text)

    # Inside ------------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        self.session.read_state()
        self._root.setCurrentWidget(self._desk)
        self.sidebar.set_entries([entry for entry in PAGES if entry.name in self._allowed()])
        self._show_frame()
        self._page().open()
        self.sidebar.choose(self._page_name())
        self._timer.start()

    def _allowed(self) -> frozenset[PageName]:
        user = self.session.office.station.user
        role = "" if user is None else user.role
        return frozenset(entry.name for entry in PAGES if is_allowed(role, entry.permission))

    def _page(self) -> OfficePage:
        page = self._stack.currentWidget()
        assert isinstance(page, OfficePage)
        return page

    def _page_name(self) -> PageName:
        page = self._page()
        return next((name for name, each in self.pages.items() if each is page), PageName.PRODUCTS)

    def _show_page(self, page: OfficePage) -> None:
        if page is self._page():
            return
        if not self._page().may_leave():
            return
        self.top_bar.close_results()
        self._stack.setCurrentWidget(page)
        page.open()

    def _show_frame(self) -> None:
        state = self.session.state
        self.top_bar.show_state(state)
        self.sidebar.set_badges({PageName.CONFLICTS: state.conflicts, PageName.SYNC: state.refused})
        self.sync.take_frame(state)

    def _open_hit(self, hit: Hit) -> None:
        if hit.kind is HitKind.PAGE and hit.name:
            self.open_page(PageName(hit.name))
        elif hit.kind is HitKind.PRODUCT and hit.target is not None:
            self.show_variant(hit.target)
        elif hit.kind is HitKind.CUSTOMER and hit.target is not None:
            self.open_page(PageName.CUSTOMERS)
            self.customers.show_customer(hit.target)
        elif hit.kind is HitKind.RECEIPT:
            self.open_page(PageName.SALES)
            self.sales.show_receipt(hit.name)

    def _move_stock(self, variant_id: uuid.UUID) -> None:
        self.open_page(PageName.STOCK)
        self.stock.show_variant(variant_id)


def _opening(window: OfficeWindow, name: PageName) -> Callable[[], None]:
    return lambda: window.open_page(name)


def _typing(window: OfficeWindow, text: str) -> Callable[[], None]:
    return lambda: window.type_key(text)
