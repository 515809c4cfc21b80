"""The conflicts page: the inbox at the left; at the right the entry, its values, a line to write another, its past."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from desktop.replica.queries.inbox_list import Shown
from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.conflicts.bulk_bar import BulkBar
from desktop.ui.screens.office.conflicts.entry_list import EntryList
from desktop.ui.screens.office.conflicts.presenter import ConflictsPresenter, ConflictsState
from desktop.ui.screens.office.conflicts.sides import SideRow
from desktop.ui.screens.office.customers.pair import PairCard
from desktop.ui.screens.office.frame.form import text_field
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Chip, DataTable, Emphasis, EmptyState, NoticeLine, TextLabel
from desktop.ui.widgets.tabs import SegmentedTabs
from desktop.usecases.review_inbox import EntryView, InboxView, PastLine
from shared.customers.same_person import AliasState
from shared.sync.decision import EntryState

_LIST_WIDTH = 346
_TABS: tuple[tuple[Shown, str], ...] = (
    (Shown.OPEN, "Open"),
    (Shown.NEEDS_YOU, "Needs you"),
    (Shown.SETTLED, "Settled by a rule"),
    (Shown.MERGED, "Merged automatically"),
    (Shown.DECIDED, "Decided"),
)
_EMPTY = {
    Shown.OPEN: ("Nothing needs you", "When two people change the same field, both values wait here for you."),
    Shown.NEEDS_YOU: ("Nothing needs you", "What only a person can decide waits here."),
    Shown.SETTLED: ("Nothing was settled", "Where a rule chose between two values, the other can be had back here."),
    Shown.MERGED: ("Nothing was merged", "Edits that met without contradicting each other are noted here for 90 days."),
    Shown.DECIDED: ("Nothing was decided yet", "What somebody decided is kept here, and can be decided otherwise."),
}
_PAST_HEIGHT = 96
PAST: tuple[Column[PastLine], ...] = (
    Column("When", lambda line: line.when, is_quiet=True, width=132),
    Column("Who, where", lambda line: line.who, width=180),
    Column("What", lambda line: line.what),
)


class ConflictsPage(OfficePage):
    """The page."""

    def __init__(self, presenter: ConflictsPresenter) -> None:
        super().__init__("Conflicts")
        self.presenter = presenter
        theme = current_theme()
        self._needing = Chip("", Tone.LOOK)
        self._settled = Chip("")
        self.head.addWidget(self._needing)
        self.head.addWidget(self._settled)
        self.head.addStretch(1)
        self.tabs = SegmentedTabs(_tab_names(None), height=32)
        self.tabs.setAccessibleName("Which entries")
        self.tabs.chosen.connect(lambda index: presenter.choose(_TABS[index][0]))
        self._tab_names = _tab_names(None)
        self.bulk = BulkBar(presenter)
        self.list = EntryList()
        self.list.chosen.connect(presenter.show)
        self.list.toggled.connect(presenter.toggle)
        self.list.all_wanted.connect(presenter.select_all)
        pane = FramedPane()
        pane.setFixedWidth(theme.px(_LIST_WIDTH))
        pane.body.addWidget(self.list)
        self.view = EntryPanel(presenter)
        right = QWidget()
        self._stack = QStackedLayout(right)
        self._stack.addWidget(self.view)
        self._empty = EmptyState("", "", icon="check")
        self._stack.addWidget(self._empty)
        row = QHBoxLayout()
        row.setSpacing(theme.px(14))
        row.addWidget(pane)
        row.addWidget(right, 1)
        self.body.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.bulk)
        self.body.addLayout(row, 1)
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Look at the inbox."""
        self.presenter.open()
        self.list.setFocus()

    def refresh(self) -> None:
        """Look again."""
        self.presenter.look()

    def save(self) -> None:
        """Let what is written stand."""
        self.presenter.save_written()

    def go_back(self) -> None:
        """Select nothing any more; then to the list."""
        self.presenter.clear_selection()
        self.list.setFocus()

    def take_key(self, text: str) -> bool:
        """1, 2 and 3 take a value, R restores the loser, K keeps what stands, M and U are about two profiles."""
        presenter = self.presenter
        if text.isdecimal():
            presenter.take_number(int(text))
            return True
        keys: dict[str, Callable[[], None]] = {
            "r": presenter.restore,
            "k": presenter.keep,
            "j": presenter.open_next,
            "x": presenter.toggle_open,
            "m": lambda: presenter.decide_pair(AliasState.MERGED),
            "u": lambda: presenter.decide_pair(AliasState.UNDONE),
            "t": lambda: presenter.select_like("thing"),
            "p": lambda: presenter.select_like("person"),
            "g": lambda: presenter.select_like("kind"),
        }
        if text in keys:
            keys[text]()
        return text in keys

    def _show(self) -> None:
        state = self.presenter.state
        self.notice.say(state.problem)
        inbox = state.inbox
        needing = inbox.needing if inbox else 0
        self._needing.set_words(f"{needing:,} need{'s' if needing == 1 else ''} you")
        self._needing.setVisible(needing > 0)
        settled = inbox.settled_today if inbox else 0
        self._settled.set_words(f"{settled:,} settled today, can be undone")
        self._settled.setVisible(settled > 0)
        names = _tab_names(inbox)
        if names != self._tab_names:
            self._tab_names = names
            self.tabs.set_words(names)
        self.tabs.setVisible(not state.selected)
        self.tabs.choose(next(at for at, (shown, _) in enumerate(_TABS) if shown is state.shown))
        entry_id = state.entry.id if state.entry else None
        self.list.show_entries(inbox.lines if inbox else (), entry_id)
        self.list.show_selected(state.selected)
        self._show_place(state)

    def _show_place(self, state: ConflictsState) -> None:
        if state.entry is not None:
            self._stack.setCurrentIndex(0)
        elif state.is_loading or (state.inbox is not None and state.inbox.lines):
            self._empty.set_words("Looking…", "")
            self._stack.setCurrentIndex(1)
        else:
            title, words = _EMPTY[state.shown]
            self._empty.set_words(title, f"{state.decided} {words}".strip())
            self._stack.setCurrentIndex(1)


def _tab_names(inbox: InboxView | None) -> tuple[str, ...]:
    """``Needs you 2``: each choice with how many entries it shows."""
    counts = {} if inbox is None else inbox.counts
    return tuple(f"{words} {counts[shown]:,}" if counts.get(shown) else words for shown, words in _TABS)


class EntryPanel(QWidget):
    """One entry in full."""

    def __init__(self, presenter: ConflictsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(14))
        head = Card(padding=Space.L, spacing=Space.XS)
        self._heading = TextLabel("", TypeRole.HEADING, wraps=True)
        self._reason = TextLabel("", TypeRole.BODY, Ink.THIRD, wraps=True)
        head.body.addWidget(self._heading)
        head.body.addWidget(self._reason)
        self.done = NoticeLine(Tone.GOOD)
        self.sides = SideRow()
        self.sides.taken.connect(presenter.take)
        self.pair = PairCard()
        self.pair.wanted.connect(presenter.decide_pair)
        self._writing = self._build_writing()
        column.addWidget(head)
        column.addWidget(self.done)
        column.addWidget(self.sides)
        column.addWidget(self.pair)
        column.addWidget(self._writing)
        self._past_model: PagedTable[PastLine, PastLine] = PagedTable(PAST, lambda lines: lines, self)
        self._past = DataTable("What is known of its past")
        self._past.show_table(self._past_model)
        self._past.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._past_pane = FramedPane()
        self._past_pane.setMinimumHeight(theme.px(_PAST_HEIGHT))
        self._past_pane.body.addWidget(self._past)
        column.addWidget(self._past_pane, 1)
        column.addStretch(0)
        self._shown_past: object = None
        presenter.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        entry = state.entry
        self.done.say(state.decided)
        if entry is None:
            return
        self._heading.setText(entry.heading)
        self._reason.setText(" ".join(filter(None, (entry.reason, entry.advice))))
        self.sides.show_entry(entry)
        self.pair.setVisible(entry.pair is not None)
        if entry.pair is not None:
            self.pair.show_pair(entry.pair, is_busy=state.is_deciding)
        self._past_pane.setVisible(bool(entry.past))
        self._writing.setVisible(entry.pair is None and not entry.is_note)
        can_write = entry.written is not None
        self._label.setVisible(can_write)
        self.written.setVisible(can_write)
        if self.written.text() != state.written:
            self.written.setText(state.written)
        self._save.setVisible(can_write)
        self._save.setEnabled(state.can_save_written and not state.is_deciding)
        self._restore.setVisible(entry.can_restore)
        self._restore.setEnabled(not state.is_deciding)
        self._keep.setEnabled(not state.is_deciding)
        self._keep.set_words(_keep_words(entry))
        self._keep.set_emphasis(Emphasis.PLAIN if can_write else Emphasis.PRIMARY)
        self._foot.setText(f"Decided: {entry.decided}" if entry.decided else "")
        self.error.say(state.error)
        if entry.past != self._shown_past:
            self._shown_past = entry.past
            self._past_model.set_ids(entry.past)

    def _build_writing(self) -> Card:
        card = Card(padding=Space.L, spacing=Space.S)
        self._label = TextLabel("Or write it", TypeRole.LABEL, Ink.THIRD)
        self.written = text_field()
        self.written.setFont(current_theme().font(TypeRole.BODY))
        self.written.setAccessibleName("Or write it")
        self.written.textEdited.connect(self._presenter.write)
        self.written.returnPressed.connect(self._presenter.save_written)
        self.error = NoticeLine(Tone.WRONG)
        self._foot = TextLabel("", TypeRole.SUPPORT, Ink.THIRD)
        self._keep = ActionButton("Keep as it is", key="K")
        self._keep.clicked.connect(self._presenter.keep)
        self._save = ActionButton("Save mine", key="Ctrl S", emphasis=Emphasis.PRIMARY)
        self._save.clicked.connect(self._presenter.save_written)
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(Space.S))
        row.addWidget(self._foot, 1)
        self._restore = ActionButton("Restore the loser", key="R")
        self._restore.clicked.connect(self._presenter.restore)
        row.addWidget(self._keep)
        row.addWidget(self._restore)
        row.addWidget(self._save)
        for widget in (self._label, self.written, self.error):
            card.body.addWidget(widget)
        card.body.addLayout(row)
        return card


def _keep_words(entry: EntryView) -> str:
    if not entry.sides:
        return "Noted"
    return "Keep as it is" if entry.state is not EntryState.DECIDED else "Leave it decided"
