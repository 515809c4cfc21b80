"""The till's sync centre: the line in large words, what waits or was refused in large rows, and what can be done."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.ui.screens.office.frame.form import text_field
from desktop.ui.screens.sync.presenter import SyncPresenter, TillSyncState
from desktop.ui.theme import Ink, Space, Target, Tone, TypeRole, current_theme
from desktop.ui.till.page import PageWidget
from desktop.ui.till.page_head import PageHead
from desktop.ui.widgets import (
    ActionButton,
    ButtonLayout,
    Card,
    DownloadBar,
    Emphasis,
    EmptyState,
    NoticeLine,
    SegmentedTabs,
    TextLabel,
    fitting_font,
)
from desktop.ui.widgets.row_list import RowList, RowView
from desktop.usecases.line_state import LineState
from desktop.usecases.review_sync import HappeningLine, OutboxLine, SyncView

_TABS = ("waiting", "refused", "log")
_LOG_SHOWN = 60
_KIND_TONES = {"sent": Tone.GOOD, "received": Tone.HERE, "refused": Tone.WRONG, "failed": Tone.LOOK}
_EMPTY = {
    "waiting": ("Everything is sent", "What you do while the server does not answer waits here, and is safe."),
    "refused": ("Nothing was refused", "If the server cannot take a change, it says here why and what to do."),
    "log": ("Nothing happened yet", "What is sent and what comes in is listed here."),
}
_NOBODY = ("Log in to see what waits", "Names and amounts are shown to whoever works here.")


class SyncScreen(PageWidget):
    """The page."""

    def __init__(self, presenter: SyncPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        theme = current_theme()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(Space.M))
        head = PageHead("Sync centre", "back")
        head.left.connect(self.left)
        self.notice = NoticeLine(dismiss_text="Noted")
        self.notice.dismissed.connect(presenter.note)
        column.addWidget(head)
        column.addWidget(self.notice)
        column.addWidget(self._build_line())
        self.download = DownloadBar(least_height=Target.TILL)
        self.download.skipped.connect(presenter.fetch_by_pages)
        column.addWidget(self.download)
        self.tabs = SegmentedTabs(("Waiting", "Not taken", "What happened"), height=48)
        self.tabs.chosen.connect(lambda place: presenter.choose_list(_TABS[place]))
        column.addWidget(self.tabs)
        self._card = Card(padding=6, spacing=0)
        self.list = RowList("What waits")
        self.list.opened.connect(presenter.choose)
        self._empty = EmptyState("", "")
        self._card.body.addWidget(self.list, 1)
        self._card.body.addWidget(self._empty, 1)
        column.addWidget(self._card, 1)
        self.repair = self._build_repair()
        self.bundle = self._build_bundle()
        column.addWidget(self.repair, 1)
        column.addWidget(self.bundle, 1)
        column.addLayout(self._build_buttons())
        presenter.changed.connect(self._show)

    def refresh(self) -> None:
        """Read again while in sight; the newest state is shown when it came."""
        if self.isVisible():
            self._presenter.look()

    def focus_first(self) -> None:
        """The keyboard starts on the green button."""
        self.try_now.setFocus(Qt.FocusReason.OtherFocusReason)

    def text_target(self) -> QWidget | None:
        """Only the reason takes text."""
        return self.why if self.repair.isVisible() else None

    # Building ------------------------------------------------------------------------------------------------

    def _build_line(self) -> Card:
        card = Card(padding=Space.L, spacing=Space.XS)
        self._headline = TextLabel("", TypeRole.PAD, wraps=True)
        self._explanation = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        self._warning = TextLabel("", TypeRole.BODY_STRONG, wraps=True)
        self._warning.set_tone(Tone.LOOK)
        self._facts = TextLabel("", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        for label in (self._headline, self._explanation, self._warning, self._facts):
            card.body.addWidget(label)
        return card

    def _build_repair(self) -> Card:
        presenter = self._presenter
        card = Card(padding=Space.L, spacing=Space.S, edge=Tone.WRONG)
        self._what = TextLabel("", TypeRole.HEADING, wraps=True)
        self._reason = TextLabel("", TypeRole.BODY_STRONG, wraps=True)
        self._reason.set_tone(Tone.WRONG)
        self._remedy = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        self.why = text_field("Why it is not wanted any more")
        self.why.setAccessibleName("Why it is set aside")
        self.why.setMinimumHeight(current_theme().px(Target.TILL))
        self.again = _wide("Send again", Emphasis.PRIMARY)
        self.again.clicked.connect(presenter.send_again)
        self.aside = _wide("Set aside")
        self.aside.clicked.connect(lambda: presenter.set_aside(self.why.text()))
        self.why.returnPressed.connect(lambda: presenter.set_aside(self.why.text()))
        self._not_allowed = TextLabel("A supervisor can send it again or set it aside.", TypeRole.BODY, wraps=True)
        for label in (self._what, self._reason, self._remedy, self._not_allowed, self.why):
            card.body.addWidget(label)
        row = QHBoxLayout()
        row.addWidget(self.aside)
        row.addWidget(self.again)
        card.body.addLayout(row)
        card.body.addStretch(1)
        return card

    def _build_bundle(self) -> Card:
        card = Card(padding=Space.L, spacing=Space.S)
        card.body.addWidget(TextLabel("Support bundle: this would go in", TypeRole.HEADING))
        self._parts = TextLabel("", TypeRole.BODY, Ink.SECOND, wraps=True)
        promise = "Names of people and goods, texts, amounts, PINs and keys are masked."
        self.save = _wide("Save the bundle", Emphasis.PRIMARY)
        self.save.clicked.connect(lambda: self._presenter.save_bundle(Path.home()))
        card.body.addWidget(TextLabel(promise, TypeRole.BODY_STRONG, wraps=True))
        card.body.addWidget(self._parts)
        card.body.addStretch(1)
        card.body.addWidget(self.save)
        return card

    def _build_buttons(self) -> QGridLayout:
        presenter = self._presenter
        grid = QGridLayout()
        grid.setSpacing(current_theme().px(Space.S))
        self.switch = _wide("Go offline")
        self.compare = _wide("Compare now")
        self.gather = _wide("Support bundle")
        self.try_now = _wide("Try now", Emphasis.PRIMARY, key="Ctrl U")
        buttons = (
            (self.switch, presenter.switch),
            (self.compare, presenter.verify),
            (self.gather, presenter.gather),
            (self.try_now, presenter.try_now),
        )
        for place, (button, pressed) in enumerate(buttons):
            button.clicked.connect(lambda _checked=False, pressed=pressed: pressed())
            grid.addWidget(button, place // 2, place % 2)
        return grid

    # Showing -------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        state = self._presenter.state
        self._show_notice(state)
        self.switch.setVisible(state.may_manage)
        self.gather.setVisible(state.is_known)
        self.compare.set_words("Stop comparing" if state.is_verifying else "Compare now")
        is_list = state.chosen is None and state.bundle is None
        self.tabs.setVisible(is_list)
        self._card.setVisible(is_list)
        self._show_repair(state)
        self._show_bundle(state)
        view = state.view
        if view is not None:
            self._show_line(view)
            self._show_download(state, view)
            self._show_list(state, view)

    def _show_notice(self, state: TillSyncState) -> None:
        if state.problem:
            self.notice.say(state.problem, Tone.WRONG)
        elif state.at_work:
            self.notice.say(state.at_work, Tone.HERE)
        else:
            self.notice.say(state.told, Tone.GOOD)

    def _show_line(self, view: SyncView) -> None:
        self._headline.setFont(fitting_font(view.headline, TypeRole.PAD, max(self.width() - 60, 300), 70))
        self._headline.setText(view.headline)
        self._headline.set_tone(None if view.line.state is LineState.ONLINE else Tone.LOOK)
        self._explanation.setText(view.explanation)
        warning = " ".join(filter(None, (view.why, view.warning)))
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))
        behind = sum(scope.percent is not None and scope.percent < 100 for scope in view.scopes)
        facts = (
            f"Catalogue as of {view.as_of}" if view.as_of else "The catalogue has never been complete here",
            f"{behind} of {len(view.scopes)} parts still coming" if behind else "",
            view.verified,
        )
        self._facts.setText("\n".join((" · ".join(filter(None, facts)), view.small_print)))
        off = view.line.state is LineState.SWITCHED_OFF
        self.switch.set_words("Go online" if off else "Go offline")
        for button in (self.compare, self.try_now):
            button.setEnabled(view.line.state is not LineState.REVOKED)
        names = (f"Waiting · {view.counts['waiting']:,}", f"Not taken · {view.counts['refused']:,}", "What happened")
        self.tabs.set_words(names)

    def _show_download(self, state: TillSyncState, view: SyncView) -> None:
        coming = view.download
        if coming is None:
            self.download.hide()
        else:
            self.download.show_download(coming.title, coming.text, coming.per_mille, may_skip=state.may_manage)

    def _show_list(self, state: TillSyncState, view: SyncView) -> None:
        if state.shown in _TABS:
            self.tabs.choose(_TABS.index(state.shown))
        rows: list[RowView] = []
        if state.is_known and state.shown == "log":
            rows = [_happening(place, line) for place, line in enumerate(view.happenings[:_LOG_SHOWN])]
        elif state.is_known:
            rows = [_row(line) for line in state.lines]
        self.list.show_rows(rows, max(self.list.currentIndex().row(), 0))
        self.list.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        self._empty.set_words(*(_EMPTY.get(state.shown, ("", "")) if state.is_known else _NOBODY))

    def _show_repair(self, state: TillSyncState) -> None:
        chosen = state.chosen
        was_hidden = not self.repair.isVisible()
        self.repair.setVisible(chosen is not None)
        if chosen is None:
            return
        self._what.setText(chosen.what)
        self._reason.setText(chosen.reason)
        self._remedy.setText(chosen.remedy)
        self._not_allowed.setVisible(not state.may_manage)
        for widget in (self.why, self.again, self.aside):
            widget.setVisible(state.may_manage)
        if was_hidden:
            self.why.clear()
            self.again.setFocus()

    def _show_bundle(self, state: TillSyncState) -> None:
        bundle = state.bundle
        self.bundle.setVisible(bundle is not None)
        if bundle is not None:
            self._parts.setText("\n".join(f"{part.name}: {part.about}" for part in bundle.parts))


def _wide(words: str, emphasis: Emphasis = Emphasis.PLAIN, key: str = "") -> ActionButton:
    return ActionButton(
        words,
        key=key,
        emphasis=emphasis,
        layout=ButtonLayout.SPREAD,
        role=TypeRole.BODY_STRONG,
        least_height=Target.MONEY,
    )


def _row(line: OutboxLine) -> RowView:
    if line.state == "refused":
        return RowView(line.number, line.what, line.reason, note=f"made {line.age} ago", tone=Tone.WRONG)
    return RowView(line.number, line.what, f"made at {line.when}", note=f"waits {line.age}")


def _happening(place: int, line: HappeningLine) -> RowView:
    return RowView(-1 - place, line.text, f"{line.word} · {line.when}", tone=_KIND_TONES.get(line.kind))
