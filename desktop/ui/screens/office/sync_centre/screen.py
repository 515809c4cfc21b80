"""The sync centre: the connection in words, what waits, was refused, was sent or came, and how far each part is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.replica.queries.sync_log import ScopePosition
from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import FramedPane, TableCard
from desktop.ui.screens.office.sync_centre.presenter import SyncPresenter, SyncState
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Chip, DataTable, Emphasis, SegmentedTabs, TextLabel
from desktop.usecases.office import OfficeState
from desktop.usecases.review_sync import HappeningLine, SentLine, SyncView

_TABS = ("log", "waiting", "refused", "sent")
_SCOPES_WIDTH = 390
_STATE_WORDS = {"waiting": "Waiting", "accepted": "Sent", "refused": "Not taken"}
_STATE_TONES = {"waiting": Tone.HERE, "accepted": Tone.GOOD, "refused": Tone.WRONG}
_KIND_TONES = {"sent": Tone.GOOD, "received": Tone.HERE, "refused": Tone.WRONG, "failed": Tone.LOOK}

LOG: tuple[Column[HappeningLine], ...] = (
    Column("When", lambda line: line.when, is_quiet=True, width=118),
    Column(
        "", lambda line: line.word, is_chip=True, width=92, tone=lambda line: _KIND_TONES.get(line.kind, Tone.PLAIN)
    ),
    Column("What", lambda line: line.text),
)
SENT: tuple[Column[SentLine], ...] = (
    Column("No.", lambda line: f"{line.number:,}", is_figure=True, is_quiet=True, width=64),
    Column("When", lambda line: line.when, is_quiet=True, width=118),
    Column("What", lambda line: line.what),
    Column("Why", lambda line: line.reason, is_quiet=True),
    Column(
        "State",
        lambda line: _STATE_WORDS.get(line.state, line.state),
        is_chip=True,
        width=104,
        tone=lambda line: _STATE_TONES.get(line.state, Tone.PLAIN),
    ),
)
SCOPES: tuple[Column[ScopePosition], ...] = (
    Column("Part of the shop", lambda scope: scope.title),
    Column("Position", lambda scope: f"{scope.position:,}", is_figure=True, is_quiet=True, width=86),
)
_EMPTY = {
    "log": ("Nothing happened yet", "What is sent and what comes in is listed here."),
    "waiting": ("Nothing waits to be sent", "What you do while the server does not answer waits here."),
    "refused": ("Nothing was refused", "If the server cannot take a change, it says here why."),
    "sent": ("Nothing was sent yet", "Changes the server took are listed here for some days."),
}


class SyncPage(OfficePage):
    """The page."""

    def __init__(self, presenter: SyncPresenter) -> None:
        super().__init__("Sync centre")
        self.presenter = presenter
        theme = current_theme()
        self._chip = Chip("", has_dot=True)
        self._try = ActionButton("Try now", emphasis=Emphasis.PRIMARY)
        self._try.clicked.connect(presenter.try_now)
        self.head.addWidget(self._chip)
        self.head.addStretch(1)
        self.head.addWidget(self._try)
        head = Card(padding=Space.L, spacing=Space.XS)
        self._explanation = TextLabel("", TypeRole.BODY, wraps=True)
        self._as_of = TextLabel("", TypeRole.SUPPORT, Ink.THIRD)
        head.body.addWidget(self._explanation)
        head.body.addWidget(self._as_of)
        self.tabs = SegmentedTabs(("What happened", "Waiting", "Not taken", "Sent"), height=36)
        self.tabs.chosen.connect(lambda place: presenter.choose(_TABS[place]))
        self._log: PagedTable[HappeningLine, HappeningLine] = PagedTable(LOG, _same, self)
        self._sent: PagedTable[SentLine, SentLine] = PagedTable(SENT, _same, self)
        self._log_table, self._sent_table = DataTable("What happened"), DataTable("Changes of this device")
        self._log_table.show_table(self._log)
        self._sent_table.show_table(self._sent)
        self._cards = {True: TableCard(self._log_table), False: TableCard(self._sent_table)}
        left = QVBoxLayout()
        left.setSpacing(theme.px(Space.S))
        left.addWidget(self.tabs)
        for card in self._cards.values():
            left.addWidget(card, 1)
        self._scopes: PagedTable[ScopePosition, ScopePosition] = PagedTable(SCOPES, _same, self)
        scopes = DataTable("How far each part is")
        scopes.show_table(self._scopes)
        pane = FramedPane()
        pane.setFixedWidth(theme.px(_SCOPES_WIDTH))
        pane.body.addWidget(scopes)
        row = QHBoxLayout()
        row.setSpacing(theme.px(14))
        row.addLayout(left, 1)
        row.addWidget(pane)
        self.body.addWidget(head)
        self.body.addLayout(row, 1)
        self._shown_names: tuple[str, ...] = ()
        self._shown_scopes: Sequence[ScopePosition] = ()
        self._shown_rows: object = None
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Look."""
        self.presenter.open()
        self._log_table.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()

    def take_frame(self, state: OfficeState) -> None:
        """The connection or a count changed; look again while in sight."""
        del state
        if self.isVisible():
            self.presenter.look()

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self._try.setEnabled(not state.is_trying)
        self._try.set_words("Trying…" if state.is_trying else "Try now")
        view = state.view
        if view is None:
            return
        self._chip.set_words(view.headline, Tone.PLAIN if view.is_online else Tone.LOOK)
        self._explanation.setText(view.explanation)
        self._as_of.setText(f"What you see is complete as of {view.as_of}." if view.as_of else "")
        names = (
            "What happened",
            f"Waiting · {view.counts['waiting']:,}",
            f"Not taken · {view.counts['refused']:,}",
            f"Sent · {view.counts['accepted']:,}",
        )
        if names != self._shown_names:
            self.tabs.set_names(names)
            self._shown_names = names
        self.tabs.choose(_TABS.index(state.shown))
        self._show_list(state, view)
        if list(view.scopes) != list(self._shown_scopes):
            self._shown_scopes = view.scopes
            self._scopes.set_ids(view.scopes)

    def _show_list(self, state: SyncState, view: SyncView) -> None:
        is_log = state.shown == "log"
        for kind, card in self._cards.items():
            card.setVisible(kind is is_log)
        rows: Sequence[HappeningLine] | Sequence[SentLine]
        if is_log:
            rows = view.happenings
            if rows != self._shown_rows:
                self._log.set_ids(view.happenings)
        else:
            lists = {"waiting": view.waiting, "refused": view.refused, "sent": view.sent}
            rows = lists[state.shown]
            if rows != self._shown_rows:
                self._sent.set_ids(lists[state.shown])
            is_refused = state.shown == "refused"
            for column, is_hidden in ((0, is_refused), (3, not is_refused), (4, is_refused)):
                self._sent_table.setColumnHidden(column, is_hidden)
        self._shown_rows = rows
        card = self._cards[is_log]
        if rows:
            card.show_rows()
        else:
            card.show_empty(*_EMPTY[state.shown])


_Item = TypeVar("_Item")


def _same(rows: Sequence[_Item]) -> Sequence[_Item]:
    """The rows are their own ids: there are a few hundred at most."""
    return rows
