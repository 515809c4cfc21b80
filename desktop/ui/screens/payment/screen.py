"""The payment page: methods, what was paid so far, the amount with its pad, likely notes, change, and the way on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.ui.screens.payment.presenter import (
    FIRST_METHODS,
    KEY_BY_METHOD,
    MORE_KEY,
    PaymentPresenter,
    Suggestion,
)
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    ElidedLabel,
    Emphasis,
    MoneyLabel,
    NoticeLine,
    NumericPad,
    TextLabel,
    amount_text,
)
from desktop.ui.widgets.figure_field import FigureField
from desktop.usecases.till_state import TenderView
from shared.money import Money
from shared.payments.methods import PAYMENT_METHODS

_RARE_METHODS = ("account", "bank_transfer", "cheque")
_SUGGESTIONS = 4


class PaymentScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: PaymentPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        head = PageHead("Payment", "back to the sale")
        head.left.connect(self.left)
        self.notice = NoticeLine(dismiss_text="Noted", dismiss_key="Esc")
        self.notice.dismissed.connect(presenter.session.dismiss)
        column.addWidget(head)
        column.addWidget(self.notice)
        column.addLayout(self._build_methods())
        column.addWidget(self._build_taken())
        column.addLayout(self._build_middle(), 1)
        column.addLayout(self._build_foot())
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        state = presenter.session.state
        self.notice.say(state.refusal or presenter.session.problem)
        for code, button in self._methods.items():
            button.setChecked(code == presenter.method.code)
            button.setVisible((code in FIRST_METHODS) is not presenter.has_more)
        self._more.setChecked(presenter.has_more)
        self._show_taken(state.tenders)
        self.field.set_label(presenter.field_label)
        self.field.set_buffer(presenter.text)
        self.field.set_suggestion(amount_text(abs(presenter.remaining)))
        self._show_suggestions(presenter.suggestions)
        self._show_change()
        self._take.set_words(presenter.take_text)
        self._take.setEnabled(presenter.amount is not None and not state.blocks_payment)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.field

    def focus_first(self) -> None:
        """Bring the keyboard to the amount."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters choose a method."""
        if event.text() and self._presenter.press_key(event.text()):
            event.accept()
            return
        super().keyPressEvent(event)

    def _build_methods(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(current_theme().px(Space.S))
        self._methods: dict[str, ActionButton] = {}
        for place, code in enumerate((*FIRST_METHODS, *_RARE_METHODS)):
            button = ActionButton(
                PAYMENT_METHODS[code].name, key=KEY_BY_METHOD[code], role=TypeRole.BODY_STRONG, least_height=54
            )
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, method=code: self._choose(method))
            self._methods[code] = button
            grid.addWidget(button, 0, place % len(FIRST_METHODS))
        self._more = ActionButton("More…", key=MORE_KEY, role=TypeRole.BODY_STRONG, least_height=54)
        self._more.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._more.clicked.connect(self._presenter.show_more)
        self._more.setCheckable(True)
        grid.addWidget(self._more, 0, len(FIRST_METHODS))
        for column in range(len(FIRST_METHODS) + 1):
            grid.setColumnStretch(column, 1)
        return grid

    def _build_taken(self) -> QWidget:
        self._taken = Card(padding=Space.L, spacing=Space.S, ground="surface")
        self._taken.hide()
        self._taken_rows: list[QWidget] = []
        self._taken_shown: tuple[tuple[TenderView, ...], Money] | None = None
        return self._taken

    def _build_middle(self) -> QHBoxLayout:
        theme = current_theme()
        presenter = self._presenter
        left = QVBoxLayout()
        left.setSpacing(theme.px(Space.S + 2))
        self.field = FigureField("Cash given", shown=presenter.shown_figure)
        self.field.edited.connect(presenter.type_amount)
        self.field.submitted.connect(presenter.take)
        self.pad = NumericPad("00" if presenter.has_implied_decimals else ".")
        self.pad.pressed.connect(self.field.press)
        left.addWidget(self.field)
        left.addWidget(self.pad, 1)
        right = QVBoxLayout()
        right.setSpacing(theme.px(Space.S + 1))
        self._suggestions = [self._suggestion_button(number) for number in range(_SUGGESTIONS)]
        for button in self._suggestions:
            right.addWidget(button, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.L))
        row.addLayout(left, 6)
        row.addLayout(right, 5)
        return row

    def _build_foot(self) -> QHBoxLayout:
        theme = current_theme()
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.S + 2))
        change = Card(padding=0, ground="raised")
        change.setFixedHeight(theme.px(Target.GO))
        inner = QHBoxLayout()
        inner.setContentsMargins(theme.px(Space.XL), 0, theme.px(Space.XL), 0)
        self._change_label = TextLabel("Change", TypeRole.GO)
        self._change = MoneyLabel(TypeRole.CHANGE)
        inner.addWidget(self._change_label)
        inner.addWidget(self._change, 1)
        change.body.addLayout(inner)
        self._take = ActionButton(
            "",
            key="F12",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._take.clicked.connect(self._presenter.take)
        row.addWidget(change, 3)
        row.addWidget(self._take, 4)
        return row

    def _suggestion_button(self, number: int) -> ActionButton:
        button = ActionButton("", layout=ButtonLayout.SPREAD, role=TypeRole.GO, least_height=Target.MONEY)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        button.clicked.connect(lambda: self._press_suggestion(number))
        return button

    def _choose(self, method: str) -> None:
        self._presenter.choose_method(method)
        self.focus_first()

    def _press_suggestion(self, number: int) -> None:
        suggestions = self._presenter.suggestions
        if number < len(suggestions):
            self._presenter.take_exactly(suggestions[number].amount)
            self.focus_first()

    def _show_suggestions(self, suggestions: tuple[Suggestion, ...]) -> None:
        for number, button in enumerate(self._suggestions):
            is_used = number < len(suggestions)
            button.setVisible(is_used)
            if is_used:
                button.set_words(suggestions[number].label, amount_text(abs(suggestions[number].amount)))

    def _show_taken(self, tenders: tuple[TenderView, ...]) -> None:
        shown = (tenders, self._presenter.remaining)
        if shown == self._taken_shown:
            return
        self._taken_shown = shown
        self._taken.setVisible(bool(tenders))
        for old in self._taken_rows:
            self._taken.body.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._taken_rows = [self._tender_row(tender) for tender in tenders]
        if tenders:
            self._taken_rows.append(_amount_row("Still to pay", "", amount_text(self._presenter.remaining)))
        for row in self._taken_rows:
            self._taken.body.addWidget(row)
            row.show()

    def _tender_row(self, tender: TenderView) -> QWidget:
        give_back = ActionButton("Give back", emphasis=Emphasis.QUIET, least_height=28)
        give_back.setAccessibleName(f"Give back {tender.label} {tender.amount}")
        give_back.clicked.connect(lambda: self._presenter.remove_tender(tender.number))
        return _amount_row(tender.label, tender.detail, amount_text(tender.amount), give_back)

    def _show_change(self) -> None:
        presenter = self._presenter
        if presenter.left_after and presenter.text:
            self._change_label.setText("Left")
            self._change.set_amount(presenter.left_after)
        else:
            self._change_label.setText("Change")
            self._change.set_text(amount_text(presenter.change) if presenter.change is not None else "–")


def _amount_row(label: str, detail: str, amount: str, button: ActionButton | None = None) -> QWidget:
    theme = current_theme()
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(theme.px(Space.S))
    line.addWidget(TextLabel(label, TypeRole.BODY, Ink.STRONG if detail or button else Ink.THIRD))
    line.addWidget(ElidedLabel(detail, TypeRole.BODY, Ink.THIRD), 1)
    if button is not None:
        line.addWidget(button)
    line.addWidget(TextLabel(amount, TypeRole.BODY_STRONG))
    return row
