"""The panel in which two profiles are compared, in place of the customer's own."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.ui.screens.office.customers.pair import PairCard
from desktop.ui.screens.office.customers.presenter import CustomersPresenter
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Emphasis, NoticeLine, TextLabel

_WIDTH = 600


class PairPanel(QWidget):
    """The panel."""

    def __init__(self, presenter: CustomersPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        theme = current_theme()
        self.setFixedWidth(theme.px(_WIDTH))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(Space.M))
        head = Card(padding=Space.L, spacing=Space.XS)
        self._reason = TextLabel("", TypeRole.BODY, Ink.THIRD, wraps=True)
        head.body.addWidget(TextLabel("Same person?", TypeRole.HEADING))
        head.body.addWidget(self._reason)
        self.notice = NoticeLine(Tone.LOOK)
        self.card = PairCard()
        self.card.wanted.connect(presenter.decide_pair)
        close = ActionButton("Close", key="Esc", emphasis=Emphasis.QUIET)
        close.clicked.connect(presenter.close_pair)
        for widget in (head, self.notice, self.card):
            column.addWidget(widget)
        column.addWidget(close)
        column.addStretch(1)
        self.hide()
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        self.setVisible(state.pair is not None)
        if state.pair is not None:
            self._reason.setText(state.pair.reason)
            self.card.show_pair(state.pair, is_busy=state.is_saving)
            self.notice.say(state.panel_notice)
