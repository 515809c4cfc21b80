"""The bar that appears when entries are selected: what can be done with all of them, and what else is like them."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from desktop.ui.screens.office.conflicts.presenter import ConflictsPresenter
from desktop.ui.theme import Ink, Space, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Emphasis, TextLabel
from desktop.usecases.decide_conflict import Choice

_LIKE = (("Thing", "T", "thing"), ("Person", "P", "person"), ("Kind", "G", "kind"))


class BulkBar(Card):
    """The bar."""

    def __init__(self, presenter: ConflictsPresenter) -> None:
        super().__init__(padding=Space.XS, spacing=0)
        self._presenter = presenter
        row = QHBoxLayout()
        row.setContentsMargins(current_theme().px(Space.S), 0, 0, 0)
        row.setSpacing(current_theme().px(Space.XS))
        self._words = TextLabel("", TypeRole.BODY_STRONG)
        row.addWidget(self._words)
        row.addSpacing(current_theme().px(Space.M))
        row.addWidget(TextLabel("Add of the same", TypeRole.SUPPORT, Ink.THIRD))
        for words, key, same in _LIKE:
            button = ActionButton(words, key=key, emphasis=Emphasis.QUIET)
            button.clicked.connect(lambda _checked=False, same=same: presenter.select_like(same))
            row.addWidget(button)
        row.addStretch(1)
        self.clear = ActionButton("Clear", key="Esc", emphasis=Emphasis.QUIET)
        self.clear.clicked.connect(presenter.clear_selection)
        self.keep = ActionButton("Keep as they are", key="K")
        self.keep.clicked.connect(lambda: presenter.decide_selected(Choice.KEEP))
        self.restore = ActionButton("Restore losers", key="R", emphasis=Emphasis.PRIMARY)
        self.restore.clicked.connect(lambda: presenter.decide_selected(Choice.LOSER))
        for button in (self.clear, self.keep, self.restore):
            row.addWidget(button)
        self.body.addLayout(row)
        presenter.changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        self.setVisible(bool(state.selected))
        self._words.setText(f"{len(state.selected):,} selected")
        for button in (self.keep, self.restore):
            button.setEnabled(not state.is_deciding)
