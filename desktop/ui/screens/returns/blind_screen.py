"""The page for a return without a receipt: find the product, say how many and at what price, pay out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.returns.blind_presenter import BlindReturnPresenter
from desktop.ui.screens.returns.presenter import REFUND_METHODS
from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
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
    NumericPad,
    SearchField,
    SegmentedTabs,
    TextLabel,
)
from desktop.ui.widgets.figure_field import FigureField
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.till_views import FoundView
from shared.payments.methods import PAYMENT_METHODS


class BlindReturnScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: BlindReturnPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        head = PageHead("Return without a receipt")
        head.left.connect(self.left)
        self.find_field = SearchField(
            "What comes back: name, code or barcode", key="Shift Ins", height=60, role=TypeRole.LINE, is_quiet=False
        )
        self.find_field.text_edited.connect(presenter.type_text)
        self.find_field.submitted.connect(self._submit)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        for widget in (head, self.find_field, self.notice):
            column.addWidget(widget)
        column.addWidget(self._build_results(), 1)
        column.addWidget(self._build_chosen(), 1)
        column.addLayout(self._build_foot())
        presenter.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        product = presenter.product
        self.notice.say(presenter.session.state.refusal or presenter.session.problem)
        if self.find_field.edit.text() != presenter.text:
            self.find_field.edit.setText(presenter.text)
        is_choosing = product is None or bool(presenter.text.strip())
        self._results.setVisible(is_choosing)
        self._chosen.setVisible(not is_choosing)
        self.list.setVisible(bool(presenter.products))
        self._empty.setVisible(not presenter.products)
        self.list.show_rows([_row(found) for found in presenter.products], max(self.list.currentIndex().row(), 0))
        if product is not None:
            self._name.setText(product.name)
            self._sku.setText(product.sku)
            self.price.set_suggestion(product.price)
        self.quantity.set_buffer(presenter.quantity)
        self.price.set_buffer(presenter.price)
        self._pay.set_words(presenter.pay_text)
        self._pay.setEnabled(product is not None)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.find_field.edit

    def focus_first(self) -> None:
        """The keyboard starts in the field."""
        self.find_field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_results(self) -> Card:
        self._results = Card(padding=6, spacing=0)
        self.list = RowList("Products found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.opened.connect(self._choose)
        self.find_field.moved.connect(self.list.step)
        self._empty = EmptyState("What comes back?", "Scan it or find it by name; then say how many.", icon="return")
        self._results.body.addWidget(self.list, 1)
        self._results.body.addWidget(self._empty, 1)
        return self._results

    def _build_chosen(self) -> Card:
        theme = current_theme()
        presenter = self._presenter
        self._chosen = Card(padding=Space.XL, spacing=Space.M)
        self._name = ElidedLabel("", TypeRole.TITLE)
        self._sku = TextLabel("", TypeRole.BODY, Ink.THIRD)
        self.quantity = FigureField("How many", role=TypeRole.PAD, height=Target.MONEY)
        self.quantity.set_suggestion("1")
        self.quantity.edited.connect(presenter.type_quantity)
        self.price = FigureField("Price each", shown=presenter.shown_price, role=TypeRole.PAD, height=Target.MONEY)
        self.price.edited.connect(presenter.type_price)
        self.price.submitted.connect(presenter.pay_out)
        self.quantity.submitted.connect(self.price.setFocus)
        fields = QHBoxLayout()
        fields.setSpacing(theme.px(Space.M))
        fields.addWidget(self.quantity)
        fields.addWidget(self.price)
        pad = NumericPad(".")
        pad.pressed.connect(self._press)
        self._chosen.body.addWidget(self._name)
        self._chosen.body.addWidget(self._sku)
        self._chosen.body.addLayout(fields)
        self._chosen.body.addWidget(pad, 1)
        return self._chosen

    def _build_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.S + 2))
        presenter = self._presenter
        methods = SegmentedTabs([PAYMENT_METHODS[code].name for code in REFUND_METHODS], height=48)
        methods.chosen.connect(lambda index: presenter.choose_method(REFUND_METHODS[index]))
        self._pay = ActionButton(
            "Pay out",
            key="F12",
            layout=ButtonLayout.SPREAD,
            role=TypeRole.GO,
            least_height=Target.GO,
            emphasis=Emphasis.PRIMARY,
        )
        self._pay.clicked.connect(presenter.pay_out)
        row.addWidget(methods)
        row.addStretch(1)
        row.addWidget(self._pay, 4)
        return row

    def _submit(self, _text: str) -> None:
        self._presenter.submit(self.list.currentIndex().row())

    def _choose(self, key: object) -> None:
        for product in self._presenter.products:
            if product.variant_id == key:
                self._presenter.choose(product)
                self.quantity.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def _press(self, key: str) -> None:
        (self.price if self.price.hasFocus() else self.quantity).press(key)


def _row(product: FoundView) -> RowView:
    return RowView(key=product.variant_id, title=product.name, subtitle=product.sku, figure=product.price)
