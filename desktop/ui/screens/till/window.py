"""The till's window: the bar at the top, the paper at the side, one page beside it; no dialog ever."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.scanner import ScannerFilter, ScannerSettings
from desktop.ui.screens.basket.screen import BasketStrip
from desktop.ui.screens.customer.screen import CustomerScreen
from desktop.ui.screens.help.screen import HelpScreen
from desktop.ui.screens.login.screen import LoginScreen
from desktop.ui.screens.parked.screen import ParkedScreen
from desktop.ui.screens.payment.screen import PaymentScreen
from desktop.ui.screens.receipt.screen import ReceiptPaper, ReceiptScreen
from desktop.ui.screens.returns.blind_screen import BlindReturnScreen
from desktop.ui.screens.returns.screen import ReturnsScreen
from desktop.ui.screens.sell.screen import SellScreen
from desktop.ui.screens.shift.open_screen import OpenShiftScreen
from desktop.ui.screens.shift.screen import ShiftScreen
from desktop.ui.screens.sync.screen import SyncScreen
from desktop.ui.screens.till.conductor import TillConductor
from desktop.ui.screens.till.header import HeaderBar
from desktop.ui.screens.till.pages import Page, shows_paper
from desktop.ui.screens.till.parts import TillParts
from desktop.ui.screens.till.shortcuts import Shortcuts
from desktop.ui.theme import Space, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.session import TillSession

_REFRESH_MS = 2_000
_PAPER_PER_MILLE = 406
_PAPER_LEAST, _PAPER_MOST = 420, 640
_FULL_PAGES = (Page.LOGIN, Page.OPEN_SHIFT)


class TillWindow(QWidget):
    """The window.

    Attributes:
        session: the till as the pages see it.
        conductor: the pages' presenters, and the way between them.
        screens: the pages' widgets.
        scanner: the filter that tells scans from typing; installed on the application while the window is open.
    """

    def __init__(
        self,
        session: TillSession,
        parts: TillParts,
        scanner: ScannerSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.conductor = TillConductor(session, parts, self)
        self._parts = parts
        self.setWindowTitle("Counterfoil")
        self.setProperty("ground", "bench")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = current_theme()
        self.setMinimumSize(theme.px(1024), theme.px(680))
        self._build()
        self.shortcuts = Shortcuts(self, self.conductor.handlers())
        self.scanner = ScannerFilter(scanner, text_target=self._text_target, parent=self)
        self._connect()
        self._show_page()
        self._show_state()

    # Putting together ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        conductor = self.conductor
        self.sell_screen = SellScreen(conductor.sell)
        self.screens: dict[Page, PageWidget] = {
            Page.LOGIN: LoginScreen(conductor.login),
            Page.OPEN_SHIFT: OpenShiftScreen(conductor.shift),
            Page.SELL: self.sell_screen,
            Page.PAYMENT: PaymentScreen(conductor.payment),
            Page.RECEIPT: ReceiptScreen(conductor.receipt),
            Page.RETURNS: ReturnsScreen(conductor.returns),
            Page.BLIND_RETURN: BlindReturnScreen(conductor.blind),
            Page.CUSTOMER: CustomerScreen(conductor.customer),
            Page.PARKED: ParkedScreen(conductor.parked),
            Page.SHIFT: ShiftScreen(conductor.shift),
            Page.SYNC: SyncScreen(conductor.sync),
            Page.HELP: HelpScreen(),
        }
        self.header = HeaderBar(self._parts.now_text)
        self._whole = QStackedWidget()
        self._whole.addWidget(self._build_split())
        for page in _FULL_PAGES:
            self._whole.addWidget(self.screens[page])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._whole, 1)

    def _build_split(self) -> QWidget:
        theme = current_theme()
        self.basket = BasketStrip()
        self.paper = ReceiptPaper()
        self._papers = QStackedWidget()
        self._papers.addWidget(self.basket)
        self._papers.addWidget(self.paper)
        self._pages = QStackedWidget()
        for page, screen in self.screens.items():
            if page not in _FULL_PAGES:
                self._pages.addWidget(screen)
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
        return split

    def _connect(self) -> None:
        session, conductor = self.session, self.conductor
        session.changed.connect(self._show_state)
        session.accepted.connect(self._parts.sounds.accepted)
        session.refused.connect(self._parts.sounds.refused)
        conductor.page_changed.connect(self._show_page)
        conductor.focus_wanted.connect(self._focus_page)
        conductor.quit_wanted.connect(self.close)
        conductor.shift.changed.connect(self._show_paper)
        handlers = conductor.handlers()
        self.header.locked.connect(handlers["logout"])
        self.header.shift_pressed.connect(handlers["shift"])
        self.header.sync_pressed.connect(handlers["sync_centre"])
        self.basket.line_chosen.connect(conductor.sell.select_line)
        self.basket.customer_pressed.connect(handlers["customer"])
        self.sell_screen.action_pressed.connect(lambda name: handlers[name]())
        self.sell_screen.line_stepped.connect(self._step_line)
        for screen in self.screens.values():
            screen.left.connect(conductor.step_back)
        self.scanner.scanned.connect(conductor.take_scan)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self.scanner)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(session.refresh)
        self._timer.start()

    # Showing -------------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        state = self.session.state
        self.header.show_state(state)
        self.basket.show_state(state)
        self.screens[self.conductor.page].refresh()
        self._show_paper()

    def _show_page(self) -> None:
        page = self.conductor.page
        screen = self.screens[page]
        screen.refresh()
        self.shortcuts.enable_for(page)
        if page in _FULL_PAGES:
            self._whole.setCurrentWidget(screen)
        else:
            self._whole.setCurrentIndex(0)
            self._pages.setCurrentWidget(screen)
        self._show_paper()
        self._focus_page()

    def _show_paper(self) -> None:
        page, state = self.conductor.page, self.session.state
        report = self.conductor.shift.report if page is Page.SHIFT else None
        receipt = state.receipt if page is Page.RECEIPT else None
        self._papers.setVisible(shows_paper(state, page) or report is not None)
        if report is not None:
            self.paper.show_text(report.text)
        elif receipt is not None:
            self.paper.show_text(receipt.text)
        self._papers.setCurrentIndex(1 if report is not None or receipt is not None else 0)

    def _focus_page(self) -> None:
        self.screens[self.conductor.page].focus_first()

    def _text_target(self) -> QWidget | None:
        """Where typing goes while the focus is on something that takes no text."""
        return self.screens[self.conductor.page].text_target() if self.isActiveWindow() else None

    def _step_line(self, by: int) -> None:
        line = self.basket.step_line(by)
        if line is not None:
            self.conductor.sell.select_line(line)

    # Events --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes a step back on every page."""
        if event.key() == Qt.Key.Key_Escape:
            self.conductor.step_back()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The keyboard starts where the open page starts."""
        super().showEvent(event)
        self._focus_page()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The paper keeps its share of the width."""
        super().resizeEvent(event)
        theme = current_theme()
        share = self.width() * _PAPER_PER_MILLE // 1_000
        self._papers.setFixedWidth(max(theme.px(_PAPER_LEAST), min(theme.px(_PAPER_MOST), share)))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop listening to keys and time."""
        self._timer.stop()
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self.scanner)
        self._parts.sounds.close()
        self.conductor.sync.stop()
        self.conductor.customer.stop()
        super().closeEvent(event)
