"""A file that is coming: what it is, how far, and a way to do without it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.ui.theme import Ink, Space, Target, TypeRole, current_theme
from desktop.ui.widgets.buttons import ActionButton
from desktop.ui.widgets.card import Card
from desktop.ui.widgets.text import TextLabel

_WHOLE = 1_000


class DownloadBar(Card):
    """The bar; hidden while nothing comes.

    Signals:
        skipped: somebody wants to do without the file.
    """

    skipped = Signal()

    def __init__(self, *, least_height: int = Target.OFFICE, parent: QWidget | None = None) -> None:
        super().__init__(padding=Space.L, spacing=Space.S, parent=parent)
        theme = current_theme()
        self.title = TextLabel("", TypeRole.BODY_STRONG)
        self.text = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self.skip = ActionButton("By pages instead", least_height=least_height)
        self.skip.clicked.connect(self.skipped)
        words = QVBoxLayout()
        words.setSpacing(theme.px(Space.HAIR))
        words.addWidget(self.title)
        words.addWidget(self.text)
        row = QHBoxLayout()
        row.setSpacing(theme.px(Space.L))
        row.addLayout(words, 1)
        row.addWidget(self.skip)
        self.bar = QProgressBar()
        self.bar.setRange(0, _WHOLE)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.px(Space.S))
        self.body.addLayout(row)
        self.body.addWidget(self.bar)
        self.hide()

    def show_download(self, title: str, text: str, per_mille: int, *, may_skip: bool) -> None:
        """Show how far it is."""
        self.title.setText(title)
        self.text.setText(text)
        self.bar.setValue(per_mille)
        self.bar.setAccessibleName(title)
        self.skip.setVisible(may_skip and per_mille < _WHOLE)
        self.show()
