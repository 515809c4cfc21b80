"""The customer page: a field for name, number, phone or card, and who answers it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.customer.presenter import CustomerPresenter
from desktop.ui.theme import Space, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import ActionButton, Card, EmptyState, NoticeLine, SearchField
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.till_views import CustomerMatch


class CustomerScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: CustomerPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        head = PageHead("Customer")
        head.left.connect(self.left)
        self.find_field = SearchField(
            "Name, number, phone, or scan the card", key="F3", height=60, role=TypeRole.LINE, is_quiet=False
        )
        self.find_field.text_edited.connect(presenter.type_text)
        self.find_field.submitted.connect(self._submit)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        card = Card(padding=6, spacing=0)
        self.list = RowList("Customers found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.opened.connect(presenter.choose)
        self.find_field.moved.connect(self.list.step)
        self._empty = EmptyState("", "")
        card.body.addWidget(self.list, 1)
        card.body.addWidget(self._empty, 1)
        self._nobody = ActionButton("Sell without a customer", least_height=48)
        self._nobody.clicked.connect(lambda: presenter.choose(None))
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, theme.px(Space.HAIR))
        foot.addStretch(1)
        foot.addWidget(self._nobody)
        for widget in (head, self.find_field, self.notice):
            column.addWidget(widget)
        column.addWidget(card, 1)
        column.addLayout(foot)
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        presenter = self._presenter
        if self.find_field.edit.text() != presenter.text:
            self.find_field.edit.setText(presenter.text)
        self.notice.say(presenter.session.state.refusal or presenter.session.problem)
        self.list.setVisible(bool(presenter.matches))
        self._empty.setVisible(not presenter.matches)
        if presenter.text.strip():
            text = presenter.text.strip()
            self._empty.set_words(f"Nobody known as “{text}”", "Enter sells to that card number all the same.")
        else:
            self._empty.set_words("Who is buying?", "Type a name, a number or a phone, or scan the customer's card.")
        self.list.show_rows([_row(match) for match in presenter.matches], max(self.list.currentIndex().row(), 0))
        self._nobody.setVisible(presenter.session.state.customer is not None)

    def text_target(self) -> QWidget:
        """The field of this page."""
        return self.find_field.edit

    def _submit(self, _text: str) -> None:
        self._presenter.submit(self.list.currentIndex().row())

    def focus_first(self) -> None:
        """The keyboard starts in the field."""
        self.find_field.edit.setFocus(Qt.FocusReason.OtherFocusReason)


def _row(match: CustomerMatch) -> RowView:
    return RowView(
        key=match.number,
        title=match.name,
        subtitle=" · ".join(part for part in (match.number, match.phone) if part),
        note=f"{match.points:,} points" if match.points else "",
    )
