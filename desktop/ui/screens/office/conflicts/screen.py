"""The conflicts page: the inbox at the left; at the right the entry, its values, a line to write another, its past."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.conflicts.entry_list import EntryList
from desktop.ui.screens.office.conflicts.presenter import ConflictsPresenter, ConflictsState
from desktop.ui.screens.office.conflicts.sides import SideRow
from desktop.ui.screens.office.frame.form import text_field
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import FramedPane
from desktop.ui.theme import Ink, Space, Tone, TypeRole, current_theme
from desktop.ui.widgets import ActionButton, Card, Chip, DataTable, Emphasis, EmptyState, NoticeLine, TextLabel
from desktop.usecases.review_inbox import EntryView, PastLine
from shared.sync.decision import EntryState

_LIST_WIDTH = 326
_PAST_HEIGHT = 150
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
        self._decided = ActionButton("Show decided")
        self._decided.clicked.connect(presenter.toggle_decided)
        self.head.addWidget(self._needing)
        self.head.addWidget(self._settled)
        self.head.addStretch(1)
        self.head.addWidget(self._decided)
        self.list = EntryList()
        self.list.chosen.connect(presenter.show)
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
        """To the list."""
        self.list.setFocus()

    def take_key(self, text: str) -> bool:
        """1, 2 and 3 take a value, K keeps what stands."""
        if text.isdecimal():
            self.presenter.take_number(int(text))
        elif text == "k":
            self.presenter.keep()
        return text.isdecimal() or text == "k"

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
        self._decided.set_words("Hide decided" if state.with_decided else "Show decided")
        entry_id = state.entry.id if state.entry else None
        self.list.show_entries(inbox.lines if inbox else (), entry_id)
        self._show_place(state)

    def _show_place(self, state: ConflictsState) -> None:
        if state.entry is not None:
            self._stack.setCurrentIndex(0)
        elif state.is_loading or (state.inbox is not None and state.inbox.lines):
            self._empty.set_words("Looking…", "")
            self._stack.setCurrentIndex(1)
        else:
            words = "When two people change the same field, both values wait here for you."
            self._empty.set_words("Nothing needs you", f"{state.decided} {words}".strip())
            self._stack.setCurrentIndex(1)


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
        column.addWidget(head)
        column.addWidget(self.done)
        column.addWidget(self.sides)
        column.addWidget(self._build_writing())
        self._past_model: PagedTable[PastLine, PastLine] = PagedTable(PAST, lambda lines: lines, self)
        self._past = DataTable("What is known of its past")
        self._past.show_table(self._past_model)
        self._past.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        past = FramedPane()
        past.setMinimumHeight(theme.px(_PAST_HEIGHT))
        past.body.addWidget(self._past)
        column.addWidget(past, 1)
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
        self._reason.setText(entry.reason)
        self.sides.show_entry(entry)
        can_write = entry.written is not None
        self._label.setVisible(can_write)
        self.written.setVisible(can_write)
        if self.written.text() != state.written:
            self.written.setText(state.written)
        self._save.setVisible(can_write)
        self._save.setEnabled(state.can_save_written and not state.is_deciding)
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
        row.addWidget(self._keep)
        row.addWidget(self._save)
        for widget in (self._label, self.written, self.error):
            card.body.addWidget(widget)
        card.body.addLayout(row)
        return card


def _keep_words(entry: EntryView) -> str:
    if not entry.sides:
        return "Noted"
    return "Keep as it is" if entry.state is not EntryState.DECIDED else "Leave it decided"
