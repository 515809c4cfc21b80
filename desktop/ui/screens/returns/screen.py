"""The returns page: the receipt's number, its lines with how much comes back, and paying out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui.screens.returns.presenter import REFUND_METHODS, ReturnsPresenter
from desktop.ui.theme import Ink, Space, Target, Tone, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    ElidedLabel,
    Emphasis,
    EmptyState,
    NoticeLine,
    SearchField,
    SegmentedTabs,
    TextLabel,
    amount_text,
    rule,
)
from desktop.usecases.till_views import SoldLineView
from shared.payments.methods import PAYMENT_METHODS


class ReturnsScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: ReturnsPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        self._head = PageHead("Return")
        self._head.left.connect(self.left)
        self.find_field = SearchField(
            "Receipt number, typed or scanned", key="Ins", height=60, role=TypeRole.LINE, is_quiet=False
        )
        self.find_field.text_edited.connect(presenter.type_number)
        self.find_field.submitted.connect(presenter.find)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        for widget in (self._head, self.find_field, self.notice):
            column.addWidget(widget)
        column.addWidget(self._build_lines(), 1)
        column.addLayout(self._build_foot())
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        sold = presenter.sold
        self.notice.say(presenter.session.state.refusal or presenter.session.problem)
        if self.find_field.edit.text() != presenter.number:
            self.find_field.edit.setText(presenter.number)
        self._head.set_words("Return", "" if sold is None else f"{sold.number} · {sold.store_name} · {sold.sold_at}")
        self._empty.setVisible(sold is None)
        self._area.setVisible(sold is not None)
        self._show_lines(() if sold is None else sold.lines)
        refund = presenter.refund
        self._pay.set_words("Pay out" if refund is None else f"Pay out {amount_text(refund, has_symbol=True)}")
        self._pay.setEnabled(refund is not None)
        self._all.setEnabled(sold is not None)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.find_field.edit

    def focus_first(self) -> None:
        """The keyboard starts in the field."""
        self.find_field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F12 pays out."""
        if event.key() == Qt.Key.Key_F12 and self._pay.isEnabled():
            self._presenter.pay_out()
            return
        super().keyPressEvent(event)

    def _build_lines(self) -> Card:
        card = Card(padding=6, spacing=0)
        self._empty = EmptyState(
            "Find the receipt", "Scan its barcode or type its number; then choose what comes back.", icon="receipt"
        )
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("ground", "clear")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._area.setWidget(inner)
        self._rows: dict[int, _ReturnRow] = {}
        self._shown: tuple[SoldLineView, ...] = ()
        card.body.addWidget(self._empty, 1)
        card.body.addWidget(self._area, 1)
        return card

    def _build_foot(self) -> QHBoxLayout:
        theme = current_theme()
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.S + 2))
        presenter = self._presenter
        self._methods = SegmentedTabs([PAYMENT_METHODS[code].name for code in REFUND_METHODS], height=48)
        self._methods.chosen.connect(lambda index: presenter.choose_method(REFUND_METHODS[index]))
        self._all = ActionButton("All of it", role=TypeRole.BODY_STRONG, least_height=Target.TILL)
        self._all.clicked.connect(presenter.choose_all)
        self._pay = ActionButton(
            "Pay out",
            key="F12",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._pay.clicked.connect(presenter.pay_out)
        row.addWidget(self._all)
        row.addWidget(self._methods)
        row.addStretch(1)
        row.addWidget(self._pay, 4)
        return row

    def _show_lines(self, lines: tuple[SoldLineView, ...]) -> None:
        if lines != self._shown:
            self._shown = lines
            for row in self._rows.values():
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self._rows = {line.number: _ReturnRow(line, self._presenter) for line in lines}
            for place, row in enumerate(self._rows.values()):
                self._column.insertWidget(place, row)
        for number, row in self._rows.items():
            row.show_chosen(self._presenter.chosen.get(number, "0"))


class _ReturnRow(QWidget):
    """One line of the receipt: what it is, how much of it comes back."""

    def __init__(self, line: SoldLineView, presenter: ReturnsPresenter) -> None:
        super().__init__()
        theme = current_theme()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(Space.L), theme.px(Space.S), theme.px(Space.L), theme.px(Space.S))
        row.setSpacing(theme.px(Space.S))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(line.name, TypeRole.LINE))
        unit = "" if line.unit == "piece" else f" {line.unit}"
        may = presenter.may_return(line)
        rest = f"{line.returnable}{unit} may come back" if may else "came back already"
        words.addWidget(
            ElidedLabel(f"{line.quantity}{unit} at {line.unit_price} · {rest}", TypeRole.SUPPORT, Ink.THIRD)
        )
        row.addLayout(words, 1)
        less = ActionButton("−", role=TypeRole.PAD, least_height=Target.TILL)
        more = ActionButton("+", role=TypeRole.PAD, least_height=Target.TILL)
        less.setAccessibleName(f"Less of {line.name}")
        more.setAccessibleName(f"More of {line.name}")
        less.clicked.connect(lambda: presenter.step(line, -1))
        more.clicked.connect(lambda: presenter.step(line, 1))
        self._is_chosen = False
        self._chosen = TextLabel("0", TypeRole.AMOUNT, Ink.THIRD)
        self._chosen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._chosen.setMinimumWidth(theme.px(56))
        for button in (less, more):
            button.setMinimumWidth(theme.px(Target.MONEY))
        for widget in (less, self._chosen, more):
            widget.setEnabled(may)
            row.addWidget(widget)
        amount = TextLabel(amount_text(line.total), TypeRole.AMOUNT, Ink.STRONG if may else Ink.THIRD)
        amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        amount.setMinimumWidth(theme.px(92))
        row.addWidget(amount)
        whole.addLayout(row)
        whole.addWidget(rule())

    def show_chosen(self, quantity: str) -> None:
        """Show how much comes back."""
        self._chosen.setText(quantity)
        is_chosen = quantity != "0"
        if is_chosen != self._is_chosen:
            self._is_chosen = is_chosen
            self._chosen.set_tone(Tone.HERE if is_chosen else None)
