"""The panel beside the list: fields, price with the day it holds from, margin, stock per store, barcodes, history."""

from __future__ import annotations

import datetime as dt
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.form import ChoiceField, DayField, FactRow, FieldRow, text_field
from desktop.ui.screens.office.frame.side_panel import SidePanel, section_head
from desktop.ui.screens.office.products.presenter import ProductsPresenter
from desktop.ui.screens.office.products.state import Draft, ProductsState
from desktop.ui.screens.office.products.stock_grid import StockGrid
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Emphasis, NoticeLine, TextLabel
from desktop.usecases.browse_products import STATE_WORDS, ProductPanel, code_lines
from desktop.usecases.edit_product import KINDS, STATES
from desktop.usecases.link_barcode import code_warning
from shared.quantity import Unit

_KIND_WORDS = {"goods": "Goods, kept in stock", "service": "Service, no stock"}
_UNIT_WORDS = {"piece": "Piece", "kg": "Kilogram", "l": "Litre", "m": "Metre", "m2": "Square metre", "h": "Hour"}


class ProductPanelView(SidePanel):
    """The panel.

    Signals:
        move_wanted: stock of this product is to be moved.
    """

    move_wanted = Signal()

    def __init__(self, presenter: ProductsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown_attributes: tuple[str, ...] | None = None
        self._fields: dict[str, QLineEdit] = {}
        self._choices: dict[str, ChoiceField] = {}
        self._rows: dict[str, FieldRow] = {}
        self.notice = NoticeLine(Tone.LOOK)
        self.form.addWidget(self.notice)
        self._add_text("name", "Name")
        self._add_text("sku", "Code")
        self._add_text("barcode", "Barcode", "scan or type it")
        self._add_choice("category_id", "Category")
        self._add_choice("tax_category_id", "Tax")
        self._add_price()
        self._margin = FactRow("Margin")
        self._low = FactRow("30-day low")
        self._next = FactRow("Coming")
        for fact in (self._margin, self._low, self._next):
            self.form.addWidget(fact)
        self._attributes = QVBoxLayout()
        self._attributes.setSpacing(current_theme().px(Space.S))
        self.form.addLayout(self._attributes)
        self._stock = StockGrid()
        self._stock.move_wanted.connect(self.move_wanted)
        self.form.addWidget(self._stock)
        self._codes = _CodeList(presenter)
        self.form.addWidget(self._codes)
        self._more = section_head("More")
        self.form.addWidget(self._more)
        self._add_text("cost", "Cost", "without tax")
        self._add_choice("state", "State")
        self._add_choice("kind", "Kind")
        self._add_choice("unit", "Sold by")
        self._add_text("brand", "Brand")
        self._add_text("variant_name", "Variant", "Large, Blue …")
        self._add_description()
        self._new_attribute = text_field("New attribute, such as Scent")
        self._new_attribute.setAccessibleName("New attribute")
        self._new_attribute.returnPressed.connect(self._name_attribute)
        self.form.addWidget(self._new_attribute)
        self._history = _HistoryList()
        self.form.addWidget(self._history)
        self.form.addStretch(1)
        self._add_foot()
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        draft = state.draft
        self.setVisible(draft is not None)
        if draft is None:
            return
        self._refresh_head(state, draft)
        for name, field in self._fields.items():
            _show_text(field, str(getattr(draft, name)))
        self._refresh_choices(state, draft)
        for name, row in self._rows.items():
            row.error.say(state.errors.get(name, ""))
        today = self._today()
        self._from.show_day(draft.price_from or today, today)
        self._from.setVisible(not state.is_new)
        self._margin.say(state.margin, state.margin_detail)
        self._margin.strong.set_tone(Tone.WRONG if state.is_loss else Tone.GOOD)
        panel = state.panel
        low, _, rest = (panel.low if panel else "").partition(" on ")
        self._low.say(low, f"on {rest}" if rest else "")
        self._next.say("", panel.next_price if panel else "")
        self._refresh_attributes(draft)
        self._stock.show_stock(panel)
        self._codes.show_codes(panel)
        self._history.show_history(state)
        self._rows["barcode"].setVisible(state.is_new)
        self._place_code(is_first=state.is_new)
        if self._description.toPlainText() != draft.description:
            self._description.setPlainText(draft.description)

    def focus_first(self) -> None:
        """The keyboard goes to the name."""
        self.scroll_to_top()
        self._fields["name"].setFocus()

    def focus_price(self) -> None:
        """The keyboard goes to the price."""
        self._fields["price"].setFocus()
        self._fields["price"].selectAll()

    def _refresh_head(self, state: ProductsState, draft: Draft) -> None:
        if state.panel is None:
            self.set_head("New product", "Name and code are needed, the rest can follow")
        else:
            card = state.panel.card
            name = f"{card.name}, {card.variant_name}" if card.variant_name else card.name
            self.set_head(name, " · ".join(filter(None, (card.sku, state.panel.changed))))
        self.notice.say(state.panel_notice)
        is_dirty = state.is_dirty or state.is_new
        self._save.setEnabled(is_dirty and not state.is_saving)
        self._save.set_words("Saving…" if state.is_saving else ("Make it" if state.is_new else "Save"))
        self._undo.setEnabled(is_dirty)
        self._history_button.setVisible(not state.is_new)
        del draft

    def _refresh_choices(self, state: ProductsState, draft: Draft) -> None:
        offered = {
            "category_id": ((None, "None"), *state.choices.categories),
            "tax_category_id": ((None, "None"), *state.choices.taxes),
            "state": tuple((each, STATE_WORDS[each]) for each in STATES),
            "kind": tuple((each, _KIND_WORDS[each]) for each in KINDS),
            "unit": tuple((str(each), _UNIT_WORDS.get(str(each), str(each))) for each in Unit),
        }
        for name, choice in self._choices.items():
            choice.set_options(offered[name])
            choice.set_value(getattr(draft, name))

    def _refresh_attributes(self, draft: Draft) -> None:
        names = tuple(name for name, _ in draft.attributes)
        if names != self._shown_attributes:
            self._shown_attributes = names
            while (item := self._attributes.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            for name in names:
                field = text_field()
                field.textEdited.connect(partial(self._presenter.set_attribute, name))
                self._attributes.addWidget(FieldRow(name, field))
        for place, (_, value) in enumerate(draft.attributes):
            item = self._attributes.itemAt(place)
            row = None if item is None else item.widget()
            editor = None if row is None else row.findChild(QLineEdit)
            if editor is not None:
                _show_text(editor, value)

    def _place_code(self, *, is_first: bool) -> None:
        """A new product needs its code at once; later it stands with what is seldom changed."""
        row, head = self._rows["sku"], self._rows["name"] if is_first else self._more
        place = self.form.indexOf(head) + 1
        if self.form.indexOf(row) != place:
            self.form.removeWidget(row)
            self.form.insertWidget(self.form.indexOf(head) + 1, row)

    def _name_attribute(self) -> None:
        self._presenter.set_attribute(self._new_attribute.text(), "")
        self._new_attribute.clear()

    def _add_text(self, name: str, label: str, placeholder: str = "") -> None:
        field = text_field(placeholder)
        field.textEdited.connect(partial(self._presenter.set_field, name))
        self._fields[name] = field
        self._rows[name] = FieldRow(label, field)
        self.form.addWidget(self._rows[name])

    def _add_choice(self, name: str, label: str) -> None:
        choice = ChoiceField()
        choice.picked.connect(partial(self._presenter.set_field, name))
        self._choices[name] = choice
        self._rows[name] = FieldRow(label, choice)
        self.form.addWidget(self._rows[name])

    def _add_price(self) -> None:
        field = text_field()
        field.textEdited.connect(partial(self._presenter.set_field, "price"))
        self._fields["price"] = field
        self._from = DayField("from", "Price from")
        self._from.picked.connect(partial(self._presenter.set_field, "price_from"))
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(current_theme().px(Space.XS))
        row.addWidget(field, 1)
        row.addWidget(self._from)
        self._rows["price"] = FieldRow("Price", both)
        both.setFocusProxy(field)
        field.setAccessibleName("Price")
        self.form.addWidget(self._rows["price"])

    def _add_description(self) -> None:
        self._description = QPlainTextEdit()
        self._description.setFont(current_theme().font(TypeRole.OFFICE))
        self._description.setAccessibleName("Description")
        self._description.setPlaceholderText("Description")
        self._description.setTabChangesFocus(True)
        self._description.setFixedHeight(current_theme().px(84))
        self._description.textChanged.connect(
            lambda: self._presenter.set_field("description", self._description.toPlainText())
        )
        self.form.addWidget(self._description)

    def _add_foot(self) -> None:
        self._history_button = ActionButton("History")
        self._history_button.clicked.connect(self._presenter.toggle_history)
        self._undo = ActionButton("Undo")
        self._undo.clicked.connect(self._presenter.undo)
        self._save = ActionButton("Save", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self._save.clicked.connect(self._presenter.save)
        self.foot.addWidget(self._history_button)
        self.foot.addStretch(1)
        self.foot.addWidget(self._undo)
        self.foot.addWidget(self._save)

    def _today(self) -> dt.date:
        return self._presenter.session.desk().today()


class _CodeList(QWidget):
    """The barcodes, each to be unlinked, and a field to link another one."""

    def __init__(self, presenter: ProductsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(current_theme().px(Space.XS))
        column.addWidget(section_head("Barcodes"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        column.addLayout(self._lines)
        self._field = text_field("Scan or type another one")
        self._field.setAccessibleName("Another barcode")
        self._field.returnPressed.connect(self._link)
        self._field.textEdited.connect(self._warn)
        self._warning = TextLabel("", TypeRole.SUPPORT, wraps=True)
        self._warning.set_tone(Tone.LOOK)
        column.addWidget(self._field)
        column.addWidget(self._warning)

    def show_codes(self, panel: ProductPanel | None) -> None:
        """Show the codes of the open variant; nothing while a new product is made."""
        self.setVisible(panel is not None)
        codes = code_lines(panel.card) if panel is not None else ()
        if codes == self._shown:
            return
        self._shown = codes
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for barcode_id, words in codes:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(TextLabel(words, TypeRole.OFFICE), 1)
            unlink = ActionButton("Unlink", emphasis=Emphasis.QUIET, least_height=28, role=TypeRole.SUPPORT)
            unlink.setAccessibleName(f"Unlink {words}")
            unlink.clicked.connect(partial(self._presenter.remove_code, barcode_id))
            row.addWidget(unlink)
            self._lines.addWidget(line)

    def _warn(self, text: str) -> None:
        self._warning.setText(code_warning(text))

    def _link(self) -> None:
        self._presenter.add_code(self._field.text())
        self._field.clear()
        self._warning.setText("")


class _HistoryList(QWidget):
    """What is known of the past, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(current_theme().px(Space.S))
        self._shown: object = None

    def show_history(self, state: ProductsState) -> None:
        """Show it, or nothing while it was not asked for."""
        self.setVisible(state.history is not None)
        if state.history == self._shown:
            return
        self._shown = state.history
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if state.history is None:
            return
        self._column.addWidget(section_head("History"))
        for line in state.history or ():
            self._column.addWidget(TextLabel(line.what, TypeRole.SUPPORT_STRONG, wraps=True))
            self._column.addWidget(TextLabel(f"{line.when} · {line.who}", TypeRole.SUPPORT, Ink.THIRD, wraps=True))
        if not state.history:
            self._column.addWidget(TextLabel("Nothing is known of its past here.", TypeRole.SUPPORT, Ink.THIRD))


def _show_text(field: QLineEdit, text: str) -> None:
    if field.text() != text:
        field.setText(text)
