"""The sync centre: the line in words, what waits, was refused, was sent or came, and how far each part is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.screens.office.sync_centre.bundle_panel import BundlePanel
from desktop.ui.screens.office.sync_centre.overview_pane import OverviewPane
from desktop.ui.screens.office.sync_centre.presenter import SyncPresenter, SyncState
from desktop.ui.screens.office.sync_centre.refused_panel import RefusedPanel
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import (
    ActionButton,
    Card,
    Chip,
    DataTable,
    DownloadBar,
    ElidedLabel,
    Emphasis,
    NoticeLine,
    SegmentedTabs,
    TextLabel,
)
from desktop.usecases.line_state import LineState
from desktop.usecases.office import OfficeState
from desktop.usecases.review_sync import HappeningLine, OutboxLine, SyncView

_TABS = ("log", "waiting", "refused", "accepted")
_SIDE_WIDTH = 384
_STATE_WORDS = {"waiting": "Waiting", "accepted": "Sent", "refused": "Not taken"}
_STATE_TONES = {"waiting": Tone.HERE, "accepted": Tone.GOOD, "refused": Tone.WRONG}
_KIND_TONES = {"sent": Tone.GOOD, "received": Tone.HERE, "refused": Tone.WRONG, "failed": Tone.LOOK}
_REASON, _AGE, _STATE = 3, 4, 5

LOG: tuple[Column[HappeningLine], ...] = (
    Column("When", lambda line: line.when, is_quiet=True, width=104),
    Column(
        "", lambda line: line.word, is_chip=True, width=92, tone=lambda line: _KIND_TONES.get(line.kind, Tone.PLAIN)
    ),
    Column("What", lambda line: line.text),
)
CHANGES: tuple[Column[OutboxLine], ...] = (
    Column("No.", lambda line: f"{line.number:,}", is_figure=True, is_quiet=True, width=72),
    Column("When", lambda line: line.when, is_quiet=True, width=118),
    Column("What", lambda line: line.what),
    Column("Why", lambda line: line.reason, is_quiet=True),
    Column("Waits for", lambda line: line.age, is_figure=True, is_quiet=True, width=92),
    Column(
        "State",
        lambda line: _STATE_WORDS.get(line.state, line.state),
        is_chip=True,
        width=104,
        tone=lambda line: _STATE_TONES.get(line.state, Tone.PLAIN),
    ),
)
_EMPTY = {
    "log": ("Nothing happened yet", "What is sent and what comes in is listed here."),
    "waiting": ("Nothing waits to be sent", "What you do while the server does not answer waits here."),
    "refused": ("Nothing was refused", "If the server cannot take a change, it says here why."),
    "accepted": ("Nothing was sent yet", "Changes the server took are listed here for some days."),
}
_CALM = frozenset({LineState.ONLINE})


class SyncPage(OfficePage):
    """The page."""

    def __init__(self, presenter: SyncPresenter) -> None:
        super().__init__("Sync centre")
        self.presenter = presenter
        self._build_head()
        self.verified = NoticeLine(Tone.GOOD, dismiss_text="Noted")
        self.verified.dismissed.connect(lambda: presenter.note(""))
        self.body.addWidget(self.verified)
        self.body.addWidget(self._build_facts())
        self.download = DownloadBar()
        self.download.skipped.connect(presenter.fetch_by_pages)
        self.body.addWidget(self.download)
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(14))
        row.addLayout(self._build_lists(), 1)
        self.overview = OverviewPane(width=_SIDE_WIDTH)
        self.refused = RefusedPanel(presenter, width=_SIDE_WIDTH)
        self.bundle = BundlePanel(presenter.session, width=_SIDE_WIDTH)
        self.bundle.closed.connect(self._show)
        for pane in (self.overview, self.refused, self.bundle):
            row.addWidget(pane)
        self.refused.hide()
        self.bundle.hide()
        self.body.addLayout(row, 1)
        self._shown_names: tuple[str, ...] = ()
        self._shown_rows: object = None
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Look."""
        self.presenter.open()
        self._log_table.setFocus()

    def stop(self) -> None:
        """The window closes: stop what is under way."""
        self.presenter.stop()
        self.bundle.stop()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()

    def save(self) -> None:
        """Send the refused change again."""
        if self.refused.isVisible():
            self.refused.send_again()

    def go_back(self) -> None:
        """Close the bundle, or the refused change."""
        if self.bundle.is_open:
            self.bundle.close_panel()
        else:
            self.presenter.show_refused(None)

    def take_key(self, text: str) -> bool:
        """E writes the refused change otherwise; T tries the server now; G gathers the support bundle."""
        actions = {"e": self.presenter.edit, "t": self.presenter.try_now, "g": self.bundle.open_panel}
        if text in actions:
            actions[text]()
            self._show()
        return text in actions

    def take_frame(self, state: OfficeState) -> None:
        """The connection or a count changed; look again while in sight."""
        del state
        if self.isVisible():
            self.presenter.look()

    # Building ------------------------------------------------------------------------------------------------

    def _build_head(self) -> None:
        presenter = self.presenter
        self._chip = Chip("", has_dot=True)
        self._bundle = ActionButton("Support bundle", key="G")
        self._bundle.clicked.connect(lambda: self.take_key("g"))
        self._switch = ActionButton("Go offline")
        self._switch.clicked.connect(presenter.switch)
        self._compare = ActionButton("Compare now")
        self._compare.clicked.connect(
            lambda: presenter.stop_verifying() if presenter.state.verifying else presenter.verify()
        )
        self._try = ActionButton("Try now", key="T", emphasis=Emphasis.PRIMARY)
        self._try.clicked.connect(presenter.try_now)
        self.head.addWidget(self._chip)
        self.head.addStretch(1)
        for button in (self._bundle, self._switch, self._compare, self._try):
            self.head.addWidget(button)

    def _build_facts(self) -> Card:
        card = Card(padding=Space.L, spacing=Space.XS)
        self._explanation = TextLabel("", TypeRole.BODY_STRONG, wraps=True)
        self._why = TextLabel("", TypeRole.OFFICE, wraps=True)
        self._why.set_tone(Tone.LOOK)
        self._as_of = ElidedLabel("", TypeRole.SUPPORT, Ink.THIRD)
        for label in (self._explanation, self._why, self._as_of):
            card.body.addWidget(label)
        return card

    def _build_lists(self) -> QVBoxLayout:
        self.tabs = SegmentedTabs(("What happened", "Waiting", "Not taken", "Sent"), height=36)
        self.tabs.chosen.connect(lambda place: self.presenter.choose(_TABS[place]))
        self._log: PagedTable[HappeningLine, HappeningLine] = PagedTable(LOG, _same, self)
        self._sent: PagedTable[int, OutboxLine] = PagedTable(CHANGES, self.presenter.lines, self)
        self._log_table, self._sent_table = DataTable("What happened"), DataTable("Changes of this device")
        self._log_table.show_table(self._log)
        self._sent_table.show_table(self._sent)
        self._cards = {True: TableCard(self._log_table), False: TableCard(self._sent_table)}
        self._cards[False].row_selected.connect(self._choose_row)
        column = QVBoxLayout()
        column.setSpacing(current_theme().px(Space.S))
        column.addWidget(self.tabs)
        for card in self._cards.values():
            column.addWidget(card, 1)
        return column

    # Showing -------------------------------------------------------------------------------------------------

    def _choose_row(self, row: int) -> None:
        if self.presenter.state.shown == "refused":
            self.presenter.show_refused(self._sent.id_at(row))

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        self.verified.say(state.verifying or state.told, Tone.HERE if state.verifying else Tone.GOOD)
        self._try.setEnabled(not state.is_trying)
        self._try.set_words("Trying…" if state.is_trying else "Try now")
        self._compare.set_words("Stop comparing" if state.verifying else "Compare now")
        is_refused = state.shown == "refused"
        self.overview.setVisible(not is_refused and not self.bundle.is_open)
        self.refused.setVisible(is_refused and not self.bundle.is_open)
        self.refused.show_state()
        view = state.view
        if view is None:
            return
        self._show_facts(view)
        coming = view.download
        if coming is None:
            self.download.hide()
        else:
            self.download.show_download(coming.title, coming.text, coming.per_mille, may_skip=True)
        self._show_list(state, view)
        self.overview.show_view(view)

    def _show_facts(self, view: SyncView) -> None:
        is_calm = view.line.state in _CALM and not view.line.is_clock_wrong
        self._chip.set_words(view.headline, Tone.PLAIN if is_calm else Tone.LOOK)
        is_off = view.line.state is LineState.SWITCHED_OFF
        self._switch.set_words("Go online" if is_off else "Go offline")
        self._explanation.setText(view.explanation)
        why = " ".join(filter(None, (view.why, view.warning)))
        self._why.setText(why)
        self._why.setVisible(bool(why))
        facts = [f"Complete as of {view.as_of}" if view.as_of else "", f"the oldest waits {view.oldest}"]
        self._as_of.setText(" · ".join(filter(None, facts if view.oldest else facts[:1])))
        self._as_of.setVisible(bool(self._as_of.text()))
        names = (
            "What happened",
            f"Waiting · {view.counts['waiting']:,}",
            f"Not taken · {view.counts['refused']:,}",
            f"Sent · {view.counts['accepted']:,}",
        )
        if names != self._shown_names:
            self.tabs.set_words(names)
            self._shown_names = names

    def _show_list(self, state: SyncState, view: SyncView) -> None:
        self.tabs.choose(_TABS.index(state.shown))
        is_log = state.shown == "log"
        self._show_card(is_log=is_log)
        rows: Sequence[object] = view.happenings if is_log else view.numbers[state.shown]
        if (state.shown, rows) != self._shown_rows:
            if is_log:
                self._log.set_ids(view.happenings)
            else:
                self._sent.set_ids(view.numbers[state.shown])
                self._show_columns(state.shown)
            self._shown_rows = (state.shown, rows)
        elif not is_log:
            self._sent.refresh()
        if rows:
            self._cards[is_log].show_rows()
        else:
            self._cards[is_log].show_empty(*_EMPTY[state.shown])

    def _show_card(self, *, is_log: bool) -> None:
        """Show one of the two tables; the keyboard stays with the list."""
        had_focus = self._cards[not is_log].table.hasFocus()
        self._cards[is_log].show()
        if had_focus:
            self._cards[is_log].table.setFocus()
        self._cards[not is_log].hide()

    def _show_columns(self, shown: str) -> None:
        is_refused = shown == "refused"
        hidden = {0: is_refused, 1: is_refused, _REASON: not is_refused, _AGE: shown != "waiting", _STATE: is_refused}
        for column, is_hidden in hidden.items():
            self._sent_table.setColumnHidden(column, is_hidden)


_Item = TypeVar("_Item")


def _same(rows: Sequence[_Item]) -> Sequence[_Item]:
    """The rows are their own ids: there are a few hundred at most."""
    return rows
