"""The panel beside the levels: what each store has, and the movement to book."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.form import ChoiceField, FieldRow, text_field
from desktop.ui.screens.office.frame.side_panel import SidePanel, section_head
from desktop.ui.screens.office.products.stock_grid import StockGrid
from desktop.ui.screens.office.stock.presenter import StockPresenter, StockState
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Emphasis, NoticeLine, TextLabel
from desktop.usecases.move_stock import MEANING_BY_REASON, SIGN_BY_REASON
from shared.stock import MovementReason

_REASON_WORDS = {
    MovementReason.RECEIPT: "Goods came in",
    MovementReason.WRITE_OFF: "Write off",
    MovementReason.FOUND: "Found again",
    MovementReason.ADJUSTMENT: "Put right by",
    MovementReason.COUNT: "I counted",
}
_MOVEMENTS_SHOWN = 12


class StockPanelView(SidePanel):
    """The panel.

    Signals:
        product_wanted: the product itself is to be shown.
    """

    product_wanted = Signal()

    def __init__(self, presenter: StockPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown_past: object = None
        self._stock = StockGrid(can_move=False)
        self.form.addWidget(self._stock)
        self.form.addWidget(section_head("Move stock"))
        self.booked = NoticeLine(Tone.GOOD)
        self.error = NoticeLine(Tone.WRONG)
        self.form.addWidget(self.booked)
        self.form.addWidget(self.error)
        self._reason = ChoiceField()
        self._reason.set_options([(reason, _REASON_WORDS[reason]) for reason in SIGN_BY_REASON])
        self._reason.picked.connect(lambda reason: presenter.set_draft(reason=reason))
        self._meaning = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self._store = ChoiceField()
        self._store.picked.connect(lambda store: presenter.set_draft(store_id=store))
        self.quantity = text_field("such as 12 or 0.486")
        self.quantity.textEdited.connect(lambda text: presenter.set_draft(quantity=text))
        self.quantity.returnPressed.connect(presenter.book)
        self._note = text_field("delivery note, what broke …")
        self._note.textEdited.connect(lambda text: presenter.set_draft(note=text))
        self._note.returnPressed.connect(presenter.book)
        for label, field in (("Why", self._reason), ("Where", self._store), ("How much", self.quantity)):
            self.form.addWidget(FieldRow(label, field))
        self.form.addWidget(self._meaning)
        self.form.addWidget(FieldRow("Note", self._note))
        self._past_head = section_head("Booked here")
        self._past_box = QWidget()
        self._past = QVBoxLayout(self._past_box)
        self._past.setContentsMargins(0, 0, 0, 0)
        self._past.setSpacing(current_theme().px(Space.XS))
        self.form.addWidget(self._past_head)
        self.form.addWidget(self._past_box)
        self.form.addStretch(1)
        self._add_foot()
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        self.setVisible(state.panel is not None)
        if state.panel is None:
            return
        card = state.panel.card
        name = f"{card.name}, {card.variant_name}" if card.variant_name else card.name
        self.set_head(name, card.sku)
        self._stock.show_stock(state.panel)
        self.booked.say(state.booked)
        self.error.say(state.error)
        own = self._presenter.session.desk().facts.store.id
        self._store.set_options(state.stores)
        self._store.set_value(state.draft.store_id or own)
        self._reason.set_value(state.draft.reason)
        self._meaning.setText(MEANING_BY_REASON[state.draft.reason])
        if self.quantity.text() != state.draft.quantity:
            self.quantity.setText(state.draft.quantity)
        if self._note.text() != state.draft.note:
            self._note.setText(state.draft.note)
        self._book.setEnabled(bool(state.draft.quantity.strip()) and not state.is_booking)
        self._show_past(state)

    def focus_quantity(self) -> None:
        """The keyboard goes to the quantity."""
        self.quantity.setFocus()

    def _show_past(self, state: StockState) -> None:
        if state.past == self._shown_past:
            return
        self._shown_past = state.past
        while (item := self._past.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        movements = [line for line in state.past if line.is_movement][:_MOVEMENTS_SHOWN]
        self._past_head.setVisible(bool(movements))
        self._past_box.setVisible(bool(movements))
        for line in movements:
            row = QWidget()
            cells = QHBoxLayout(row)
            cells.setContentsMargins(0, 0, 0, 0)
            cells.addWidget(TextLabel(line.what, TypeRole.SUPPORT, wraps=True), 1)
            cells.addWidget(TextLabel(line.when, TypeRole.SUPPORT, Ink.THIRD))
            self._past.addWidget(row)

    def _add_foot(self) -> None:
        product = ActionButton("Product")
        product.clicked.connect(self.product_wanted)
        self._book = ActionButton("Book it", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self._book.clicked.connect(self._presenter.book)
        self.foot.addWidget(product)
        self.foot.addStretch(1)
        self.foot.addWidget(self._book)
