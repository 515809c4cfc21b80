"""The customers page: the list, the panel of one customer, and two profiles side by side."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout

from desktop.replica.queries.customer_list import CustomerRow
from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.customers.pair_panel import PairPanel
from desktop.ui.screens.office.customers.presenter import CustomersPresenter, CustomersState
from desktop.ui.screens.office.frame.form import FactRow, FieldRow, text_field
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.side_panel import SidePanel, section_head
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, DataTable, Emphasis, NoticeLine, SearchField, TextLabel
from desktop.usecases.same_person import PairView
from shared.customers.same_person import AliasState

COLUMNS: tuple[Column[CustomerRow], ...] = (
    Column("Name", lambda row: row.name, secondary=lambda row: row.number),
    Column("E-mail", lambda row: row.email, is_quiet=True),
    Column("Phone", lambda row: row.phone, is_quiet=True, width=166),
    Column("Home store", lambda row: row.store_name, is_quiet=True, width=140),
    Column("Points", lambda row: f"{row.points:,}" if row.points else "", is_figure=True, width=76),
)
_FIELDS = (("name", "Name", ""), ("email", "E-mail", ""), ("phone", "Phone", ""), ("note", "Note", ""))


class CustomersPage(OfficePage):
    """The page."""

    def __init__(self, presenter: CustomersPresenter) -> None:
        super().__init__("Customers")
        self.presenter = presenter
        theme = current_theme()
        self.head.addStretch(1)
        self._new = ActionButton("New customer", key="N", emphasis=Emphasis.PRIMARY)
        self._new.clicked.connect(self.make_new)
        self.head.addWidget(self._new)
        self.find_field = SearchField("Name, number, e-mail or phone", height=32)
        self.find_field.setFixedWidth(theme.px(280))
        self.find_field.text_edited.connect(presenter.set_text)
        self.find_field.submitted.connect(self._to_table)
        self.find_field.moved.connect(self._to_table)
        self.model: PagedTable[uuid.UUID, CustomerRow] = PagedTable(COLUMNS, presenter.rows, self)
        self.table = DataTable("Customers")
        self.table.show_table(self.model)
        self.card = TableCard(
            self.table, empty_step="New customer", empty_icon="customer", room_by_column={1: 460, 2: 560, 3: 720}
        )
        self.card.row_selected.connect(self._choose_row)
        self.card.step_taken.connect(self.make_new)
        self.panel = CustomerPanelView(presenter)
        self.panel.join.clicked.connect(self.begin_join)
        self.table.row_opened.connect(self._open_row)
        row = QHBoxLayout()
        row.setSpacing(theme.px(14))
        row.addWidget(self.card, 1)
        row.addWidget(self.panel)
        self.pair = PairPanel(presenter)
        row.addWidget(self.pair)
        column = QVBoxLayout()
        column.setSpacing(theme.px(Space.M))
        self.joining = NoticeLine(Tone.HERE)
        column.addWidget(self.find_field)
        column.addWidget(self.joining)
        column.addLayout(row, 1)
        self.body.addLayout(column, 1)
        self._shown_ids: object = None
        presenter.changed.connect(self._show)
        presenter.rows_changed.connect(self.model.refresh)

    def open(self) -> None:
        """Look at the customers."""
        self.presenter.open()
        self.table.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()
        self.model.refresh()

    def show_customer(self, customer_id: uuid.UUID) -> None:
        """Open one customer, as the find field leads here."""
        self.presenter.show(customer_id)

    def make_new(self) -> None:
        """Begin a new customer."""
        self.presenter.make_new()
        self.panel.focus_first()

    def begin_join(self) -> None:
        """Choose the other profile of the open customer: in the list, or find it first."""
        self.presenter.begin_join()
        if self.presenter.state.is_joining:
            self.find_field.edit.setFocus()
            self.find_field.edit.selectAll()

    def save(self) -> None:
        """Save the panel."""
        self.presenter.save()

    def undo(self) -> None:
        """Give up what was typed."""
        self.presenter.undo()

    def go_back(self) -> None:
        """Close the comparison, or the panel."""
        if not self.presenter.close_pair() and not self.presenter.stop_joining():
            self.presenter.close_panel()
        self.table.setFocus()

    def take_key(self, text: str) -> bool:
        """C compares two profiles, J joins with another; M merges them, K keeps them apart, U undoes a merge."""
        presenter = self.presenter
        keys: dict[str, Callable[[], None]] = {
            "c": presenter.compare,
            "j": self.begin_join,
            "m": lambda: presenter.decide_pair(AliasState.MERGED),
            "k": lambda: presenter.decide_pair(AliasState.KEPT_APART),
            "u": lambda: presenter.decide_pair(AliasState.UNDONE),
        }
        if text in keys:
            keys[text]()
        return text in keys

    def may_leave(self) -> bool:
        """Not with unsaved changes."""
        return not self.presenter.blocks_leaving()

    def _to_table(self, _how: object) -> None:
        self.table.setFocus()

    def _open_row(self, _row: int) -> None:
        if not self.presenter.state.is_joining:
            self.panel.focus_first()

    def _choose_row(self, row: int) -> None:
        customer_id = self.model.id_at(row)
        if customer_id is not None:
            self.presenter.show(customer_id)

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        name = state.panel.card.name if state.panel is not None else ""
        is_choosing = state.is_joining and state.pair is None
        self.joining.say(f"Choose the other profile of {name} in the list. Esc gives up." if is_choosing else "")
        self._new.set_emphasis(Emphasis.PLAIN if state.is_dirty or state.pair is not None else Emphasis.PRIMARY)
        shown = len(state.ids)
        self.set_count("" if state.is_loading else f"{shown:,} of {state.total:,}" if state.text else f"{shown:,}")
        if state.ids is not self._shown_ids:
            self._shown_ids = state.ids
            with QSignalBlocker(self.table):
                self.model.set_ids(state.ids)
        if state.is_loading:
            self.card.show_loading()
        elif state.ids:
            self.card.show_rows()
        elif state.text:
            self.card.show_empty("Nobody fits that", "Type less, or make a new customer.")
        else:
            self.card.show_empty("No customers yet", "Make the first one here or at a till.")


class CustomerPanelView(SidePanel):
    """The panel of one customer."""

    def __init__(self, presenter: CustomersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.notice = NoticeLine(Tone.LOOK)
        self.form.addWidget(self.notice)
        self._fields: dict[str, QLineEdit] = {}
        self._rows: dict[str, FieldRow] = {}
        for name, label, placeholder in _FIELDS:
            field = text_field(placeholder)
            field.textEdited.connect(partial(presenter.set_field, name))
            self._fields[name] = field
            self._rows[name] = FieldRow(label, field)
            self.form.addWidget(self._rows[name])
        self._offers = QCheckBox("May get offers by e-mail")
        self._offers.setAccessibleName("May get offers by e-mail")
        self._offers.setFont(current_theme().font(TypeRole.OFFICE))
        self._offers.clicked.connect(partial(presenter.set_field, "may_send_offers"))
        self.form.addWidget(self._offers)
        self._points = FactRow("Points")
        self._bought = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self.form.addWidget(self._points)
        self.form.addWidget(self._bought)
        self.same_person = TextLabel("", TypeRole.OFFICE, wraps=True)
        self.compare = ActionButton("Compare", key="C")
        self.compare.clicked.connect(presenter.compare)
        self.join = ActionButton("Join with…", key="J")
        self._same_head = section_head("Same person?")
        buttons = QHBoxLayout()
        buttons.setSpacing(current_theme().px(Space.S))
        buttons.addWidget(self.compare)
        buttons.addWidget(self.join)
        buttons.addStretch(1)
        self.form.addWidget(self._same_head)
        self.form.addWidget(self.same_person)
        self.form.addLayout(buttons)
        self.form.addStretch(1)
        self._undo = ActionButton("Undo")
        self._undo.clicked.connect(presenter.undo)
        self._save = ActionButton("Save", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self._save.clicked.connect(presenter.save)
        self.foot.addStretch(1)
        self.foot.addWidget(self._undo)
        self.foot.addWidget(self._save)
        self.hide()
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state: CustomersState = self._presenter.state
        self.setVisible(state.draft is not None and state.pair is None)
        if state.draft is None:
            return
        panel = state.panel
        self.set_head(
            panel.card.name if panel else "New customer", panel.card.number if panel else "The number follows"
        )
        self.notice.say(state.panel_notice)
        for name, field in self._fields.items():
            if field.text() != getattr(state.draft, name):
                field.setText(getattr(state.draft, name))
            self._rows[name].error.say(state.errors.get(name, ""))
        self._offers.setChecked(state.draft.may_send_offers)
        self._points.say(f"{panel.card.points:,}" if panel else "")
        self._bought.setText(panel.bought if panel else "")
        pairs = panel.pairs if panel else ()
        for widget in (self.same_person, self.compare):
            widget.setVisible(bool(pairs))
        for widget in (self._same_head, self.join):
            widget.setVisible(panel is not None)
        self.join.setEnabled(not state.is_joining)
        self.same_person.setText("\n".join(_pair_words(pair, panel.card.id) for pair in pairs) if panel else "")
        is_dirty = state.is_dirty or panel is None
        self._save.setEnabled(is_dirty and not state.is_saving)
        self._undo.setEnabled(is_dirty)

    def focus_first(self) -> None:
        """The keyboard goes to the name."""
        self._fields["name"].setFocus()


def _pair_words(pair: PairView, shown: uuid.UUID) -> str:
    """What the pair says of whoever is not shown, such as ``Perhaps also Béatrix Quill (HS1-0007).`` on a card."""
    other = pair.joins if pair.stays_id == shown else pair.stays
    number = next((line.joins if pair.stays_id == shown else line.stays for line in pair.lines[1:2]), "")
    named = f"{other} ({number})" if number else other
    match pair.state:
        case AliasState.PROPOSED:
            return f"Perhaps also {named}."
        case AliasState.MERGED:
            return f"Merged with {named}."
        case _:
            return f"Not {named}."
