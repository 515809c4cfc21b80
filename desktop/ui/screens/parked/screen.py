"""The page of parked sales."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.screens.parked.presenter import ParkedPresenter
from desktop.ui.theme import current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import Card, EmptyState, NoticeLine, amount_text
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.till_views import ParkedView


class ParkedScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: ParkedPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(current_theme().px(14))
        self._head = PageHead("Parked sales")
        self._head.left.connect(self.left)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.session.dismiss)
        card = Card(padding=6, spacing=0)
        self.list = RowList("Parked sales")
        self.list.opened.connect(presenter.recall)
        self._empty = EmptyState(
            "Nothing is parked",
            "Park a sale with F4 when a customer has to fetch something; any till here can take it up.",
        )
        card.body.addWidget(self.list, 1)
        card.body.addWidget(self._empty, 1)
        column.addWidget(self._head)
        column.addWidget(self.notice)
        column.addWidget(card, 1)
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        parked = self._presenter.parked or ()
        state = self._presenter.session.state
        self.notice.say(state.refusal or self._presenter.session.problem)
        self._head.set_words("Parked sales", "Enter takes one up" if parked else "")
        self.list.setVisible(bool(parked))
        self._empty.setVisible(not parked)
        self.list.show_rows([_row(sale) for sale in parked], max(self.list.currentIndex().row(), 0))

    def focus_first(self) -> None:
        """The keyboard starts on the newest."""
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)


def _row(sale: ParkedView) -> RowView:
    title = sale.label or f"Sale of {sale.parked_at}"
    return RowView(
        key=sale.id,
        title=title,
        subtitle=f"{sale.pieces} · parked {sale.parked_at} by {sale.parked_by}",
        figure=amount_text(sale.total),
    )
