"""The shift page: the drawer counted by denominations, cash in and out, and closing; its report is on the paper."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from desktop.ui.screens.shift.presenter import Job, ShiftPresenter
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    Emphasis,
    NoticeLine,
    NumericPad,
    SegmentedTabs,
    TextLabel,
    amount_text,
)
from desktop.ui.widgets.figure_field import FigureField
from desktop.usecases.till_state import ShiftView

_JOBS = (Job.COUNT, Job.CASH_IN, Job.CASH_OUT, Job.TO_SAFE)
_JOB_NAMES = ("Count the drawer", "Cash in", "Cash out", "To the safe")
_JOB_BUTTONS = {Job.CASH_IN: "Put cash in", Job.CASH_OUT: "Take cash out", Job.TO_SAFE: "Bring to the safe"}


class ShiftScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: ShiftPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        self._head = PageHead("Shift")
        self._head.left.connect(self.left)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        self._tabs = SegmentedTabs(_JOB_NAMES)
        self._tabs.chosen.connect(lambda index: presenter.choose_job(_JOBS[index]))
        self._body = QStackedWidget()
        self._body.addWidget(self._build_count())
        self._body.addWidget(self._build_cash())
        self._body.addWidget(self._build_closed())
        for widget in (self._head, self.notice, self._tabs):
            column.addWidget(widget)
        column.addWidget(self._body, 1)
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        shift = presenter.session.state.shift
        is_closed = presenter.report is not None and presenter.report.is_closed
        self._show_head(shift, is_closed=is_closed)
        self.notice.say(presenter.session.state.refusal or presenter.session.problem)
        self._tabs.setVisible(not is_closed)
        self._tabs.choose(_JOBS.index(presenter.job))
        self._body.setCurrentIndex(2 if is_closed else 0 if presenter.job is Job.COUNT else 1)
        self._show_count()
        self._show_cash()

    def focus_first(self) -> None:
        """The keyboard starts where something is typed."""
        if self._body.currentIndex() == 2:
            self._done.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._presenter.job is Job.COUNT:
            next(iter(self.cells.values())).setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.cash.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_head(self, shift: ShiftView | None, *, is_closed: bool) -> None:
        report = self._presenter.report
        if is_closed and report is not None:
            self._head.set_words(f"Shift {report.number} is closed", report.business_date, "go on")
        elif shift is not None:
            detail = f"since {shift.opened_at} · float {amount_text(shift.opening_float)}"
            self._head.set_words(f"Shift {shift.number}", detail, "back to the sale")

    def _build_count(self) -> QWidget:
        theme = current_theme()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        card = Card(padding=Space.L, spacing=Space.S)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(Space.XXL))
        grid.setVerticalSpacing(theme.px(Space.S))
        self.cells: dict[int, FigureField] = {}
        amounts = self._presenter.denominations
        rows = -(-len(amounts) // 2)
        for place, amount in enumerate(amounts):
            cell = FigureField(
                amount_text(amount, has_symbol=True), allows_point=False, height=Target.TILL - 2, role=TypeRole.AMOUNT
            )
            cell.edited.connect(lambda text, of=amount: self._presenter.type_pieces(of, text))
            cell.submitted.connect(lambda of=place: self._go_on_from(of))
            self.cells[amount.amount] = cell
            grid.addWidget(cell, place % rows, place // rows)
        card.body.addLayout(grid)
        card.body.addStretch(1)
        column.addWidget(card, 1)
        column.addWidget(self._build_sums())
        column.addLayout(self._build_count_foot())
        return page

    def _build_sums(self) -> Card:
        theme = current_theme()
        card = Card(padding=Space.L, spacing=Space.XS, ground="surface")
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.M))
        self._counted = TextLabel("", TypeRole.TITLE)
        self._difference = TextLabel("", TypeRole.BODY_STRONG, Ink.SECOND)
        row.addWidget(TextLabel("Counted", TypeRole.BODY, Ink.SECOND))
        row.addWidget(self._counted)
        row.addStretch(1)
        row.addWidget(self._difference)
        card.body.addLayout(row)
        return card

    def _build_count_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.S + 2))
        self._check = ActionButton(
            "Check the count", layout=ButtonLayout.SPREAD, role=TypeRole.GO, least_height=Target.GO
        )
        self._check.clicked.connect(self._presenter.check_count)
        self._close = ActionButton(
            "Close the shift",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._close.clicked.connect(self._presenter.close_shift)
        row.addWidget(self._check, 3)
        row.addWidget(self._close, 4)
        return row

    def _build_cash(self) -> QWidget:
        theme = current_theme()
        presenter = self._presenter
        card = Card(padding=Space.XL, spacing=Space.M)
        self.cash = FigureField("Amount", shown=presenter.shown_figure)
        self.cash.edited.connect(presenter.type_cash)
        pad = NumericPad("00" if presenter.has_implied_decimals else ".")
        pad.pressed.connect(self.cash.press)
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("What for: change from the bank, window cleaner …")
        self.reason.setMinimumHeight(theme.px(Target.TILL))
        self.reason.textEdited.connect(presenter.type_reason)
        self.reason.returnPressed.connect(presenter.move_cash)
        self.cash.submitted.connect(self.reason.setFocus)
        self._move = ActionButton(
            "",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._move.clicked.connect(presenter.move_cash)
        card.body.addWidget(self.cash)
        card.body.addWidget(pad, 1)
        card.body.addWidget(self.reason)
        card.body.addWidget(self._move)
        return card

    def _build_closed(self) -> QWidget:
        card = Card(padding=Space.HUGE, spacing=Space.M)
        self._closed_words = TextLabel("", TypeRole.TITLE, wraps=True)
        self._closed_parked = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        self._done = ActionButton(
            "Done",
            key="Enter",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._done.clicked.connect(self.left)
        card.body.addStretch(1)
        card.body.addWidget(self._closed_words)
        card.body.addWidget(self._closed_parked)
        card.body.addStretch(2)
        card.body.addWidget(self._done)
        return card

    def _show_count(self) -> None:
        presenter = self._presenter
        for amount, cell in self.cells.items():
            cell.set_buffer(presenter.pieces.get(amount, ""))
        self._counted.setText(amount_text(presenter.counted, has_symbol=True))
        words, tone = presenter.difference
        self._difference.setText(words)
        self._difference.set_tone(tone)
        self._close.setEnabled(presenter.count is not None)

    def _show_cash(self) -> None:
        presenter = self._presenter
        self.cash.set_buffer(presenter.cash_text)
        if self.reason.text() != presenter.reason:
            self.reason.setText(presenter.reason)
        self._move.set_words(_JOB_BUTTONS.get(presenter.job, ""))
        self._move.setEnabled(bool(presenter.cash_text and presenter.reason.strip()))
        report = presenter.report
        if report is not None and report.is_closed:
            words = "The drawer agreed to the last coin."
            if report.difference is None:
                words = "The drawer was not counted."
            elif report.difference:
                side = "short" if report.difference.is_negative else "over"
                words = f"The drawer was {side} by {amount_text(abs(report.difference), has_symbol=True)}."
            self._closed_words.setText(words)
            parked = f"{report.parked} parked, to be taken up in a later shift." if report.parked else ""
            self._closed_parked.setText(parked)

    def _go_on_from(self, place: int) -> None:
        cells = list(self.cells.values())
        if place + 1 < len(cells):
            cells[place + 1].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self._presenter.check_count()
