"""The customer page: a field for name, number, phone or card, and who answers it, here or in the whole chain."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.actions import ACTIONS
from desktop.ui.screens.customer.presenter import CustomerPresenter, CustomerState, Search
from desktop.ui.screens.help.presenter import cap_of
from desktop.ui.theme import Space, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import ActionButton, Card, EmptyState, NoticeLine, SearchField
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.choose_customer import may_be_card
from desktop.usecases.till_views import CustomerMatch

_CHAIN = ACTIONS["look_up_customer"]
_FROM_CHAIN = "Found in the chain · Enter sells to them"


class CustomerScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: CustomerPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        self._head = PageHead("Customer")
        self._head.left.connect(self.left)
        self.find_field = SearchField(
            "Name, number, phone, or scan the card", key="F3", height=60, role=TypeRole.LINE, is_quiet=False
        )
        self.find_field.text_edited.connect(presenter.type_text)
        self.find_field.submitted.connect(self._submit)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        for widget in (self._head, self.find_field, self.notice):
            column.addWidget(widget)
        column.addWidget(self._build_list(), 1)
        column.addLayout(self._build_foot())
        presenter.changed.connect(self.refresh)

    def _build_list(self) -> QWidget:
        card = Card(padding=6, spacing=0)
        self.list = RowList("Customers found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.opened.connect(self._presenter.choose)
        self.find_field.moved.connect(self.list.step)
        self._empty = EmptyState("", "")
        card.body.addWidget(self.list, 1)
        card.body.addWidget(self._empty, 1)
        return card

    def _build_foot(self) -> QHBoxLayout:
        self.chain = ActionButton(_CHAIN.text, key=cap_of(_CHAIN.key), least_height=48)
        self.chain.clicked.connect(self._presenter.look_up)
        self._nobody = ActionButton("Sell without a customer", least_height=48)
        self._nobody.clicked.connect(lambda: self._presenter.choose(None))
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, current_theme().px(Space.HAIR))
        foot.addWidget(self.chain)
        foot.addStretch(1)
        foot.addWidget(self._nobody)
        return foot

    def refresh(self) -> None:
        """Show what the presenter says now."""
        session, state = self._presenter.session, self._presenter.state
        if self.find_field.edit.text() != state.text:
            self.find_field.edit.setText(state.text)
        self._head.set_words("Customer", _FROM_CHAIN if state.search is Search.FOUND else "")
        self.notice.say(session.state.refusal or session.problem)
        self.list.setVisible(bool(state.matches))
        self._empty.setVisible(not state.matches)
        self._empty.set_words(*_empty_words(state, is_online=session.state.connection.is_online))
        self.list.show_rows([_row(match) for match in state.matches], max(self.list.currentIndex().row(), 0))
        self.chain.setEnabled(bool(state.text.strip()) and state.search is not Search.ASKING)
        self._nobody.setVisible(session.state.customer is not None)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.find_field.edit

    def _submit(self, _text: str) -> None:
        self._presenter.submit(self.list.currentIndex().row())

    def focus_first(self) -> None:
        """The keyboard starts in the field."""
        self.find_field.edit.setFocus(Qt.FocusReason.OtherFocusReason)


def _empty_words(state: CustomerState, *, is_online: bool) -> tuple[str, str]:
    """What stands where nobody is listed: what was asked, what it gave, and the next step."""
    text = state.text.strip()
    if not text:
        return "Who is buying?", "Type a name, a number or a phone, or scan the customer's card."
    by_card = "Enter sells to that number all the same." if may_be_card(text) else ""
    if state.search is Search.ASKING:
        return f"Asking the whole chain for “{text}”…", "Esc goes back to the sale; selling waits for nothing."
    if state.search is Search.FAILED:
        what, _, remedy = state.told.partition(". ")
        return what.removesuffix("."), f"{remedy} {by_card}".strip()
    elsewhere = "Another store may know them." if is_online else "Offline, the rest of the chain cannot be asked."
    return f"Nobody known here as “{text}”", f"{by_card} {elsewhere}".strip()


def _row(match: CustomerMatch) -> RowView:
    return RowView(
        key=match.id,
        title=match.name or match.number,
        subtitle=" · ".join(part for part in (match.number, match.phone) if part),
        note=f"{match.points:,} points" if match.points else "",
    )
