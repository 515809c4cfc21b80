"""The devices page: every device with how far it is, and the panel beside the list."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from desktop.ui.models.paged_table import Column, PagedTable
from desktop.ui.screens.office.devices.panel import DevicePanel
from desktop.ui.screens.office.devices.presenter import DevicesPresenter, Panel
from desktop.ui.screens.office.frame.page import OfficePage
from desktop.ui.screens.office.frame.table_card import TableCard
from desktop.ui.theme import Tone, current_theme
from desktop.ui.widgets import ActionButton, Chip, DataTable, Emphasis
from desktop.usecases.manage_devices import DeviceLine, DeviceState

_TONES = {
    DeviceState.FINE: Tone.GOOD,
    DeviceState.BEHIND: Tone.HERE,
    DeviceState.SILENT: Tone.LOOK,
    DeviceState.NEVER: Tone.PLAIN,
    DeviceState.REVOKED: Tone.WRONG,
}
COLUMNS: tuple[Column[DeviceLine], ...] = (
    Column("Device", lambda line: line.title, secondary=lambda line: "this device" if line.is_this else ""),
    Column("Store", lambda line: line.store, is_quiet=True, width=132),
    Column("Kind", lambda line: f"{line.kind} {line.number}", is_quiet=True, width=86),
    Column("State", lambda line: line.state_word, is_chip=True, width=116, tone=lambda line: _TONES[line.state]),
    Column("Last heard", lambda line: line.seen, is_quiet=True, width=104),
    Column("Waits", lambda line: line.waiting, is_figure=True, width=68),
    Column("Behind", lambda line: line.behind, is_figure=True, width=78),
    Column(
        "Clock",
        lambda line: line.skew,
        is_figure=True,
        width=82,
        tone=lambda line: Tone.LOOK if line.is_skewed else None,
    ),
    Column("Program", lambda line: line.program, is_quiet=True, width=148),
    Column("Series", lambda line: f"{line.series:,}", is_figure=True, is_quiet=True, width=68),
)
_ROOM = {1: 560, 2: 700, 4: 760, 7: 820, 8: 980, 9: 1060}


class DevicesPage(OfficePage):
    """The page."""

    def __init__(self, presenter: DevicesPresenter) -> None:
        super().__init__("Devices")
        self.presenter = presenter
        self._look = Chip("", Tone.LOOK)
        self._new = ActionButton("Let a device in", key="N", emphasis=Emphasis.PRIMARY)
        self._new.clicked.connect(self.make_new)
        self._refresh = ActionButton("Look again", key="F5")
        self._refresh.clicked.connect(self.refresh)
        self.head.addWidget(self._look)
        self.head.addStretch(1)
        self.head.addWidget(self._refresh)
        self.head.addWidget(self._new)
        self.model: PagedTable[DeviceLine, DeviceLine] = PagedTable(COLUMNS, lambda lines: lines, self)
        self.table = DataTable("Devices")
        self.table.show_table(self.model)
        self.card = TableCard(self.table, empty_icon="offline", empty_step="Try again", room_by_column=_ROOM)
        self.card.row_selected.connect(self._choose_row)
        self.card.step_taken.connect(self.refresh)
        self.panel = DevicePanel(presenter)
        self.panel.hide()
        row = QHBoxLayout()
        row.setSpacing(current_theme().px(14))
        row.addWidget(self.card, 1)
        row.addWidget(self.panel)
        self.body.addLayout(row, 1)
        self._shown: object = None
        presenter.changed.connect(self._show)

    def open(self) -> None:
        """Ask the server."""
        self.presenter.look()
        self._show()
        self.table.setFocus()

    def refresh(self) -> None:
        """Ask again."""
        self.presenter.look()

    def make_new(self) -> None:
        """Let a device in."""
        if self.presenter.state.devices is not None:
            self.presenter.begin_new()

    def save(self) -> None:
        """Make the code."""
        self.panel.make_code()

    def go_back(self) -> None:
        """Close the panel."""
        self.presenter.go_back()
        self.table.setFocus()

    def take_key(self, text: str) -> bool:
        """L replaces a lost device, D asks whether to revoke it."""
        if self.presenter.state.panel is not Panel.DEVICE:
            return False
        actions = {"l": self.presenter.begin_replacing, "d": self.presenter.ask_revoke}
        if text in actions:
            actions[text]()
        return text in actions

    def _choose_row(self, row: int) -> None:
        line, state = self.model.row_at(row), self.presenter.state
        is_shown = line is not None and line.id == state.chosen and state.panel is not Panel.NOTHING
        if line is not None and not is_shown and state.panel in (Panel.NOTHING, Panel.DEVICE, Panel.CODE):
            self.presenter.choose(line.id)

    def _show(self) -> None:
        state = self.presenter.state
        devices = state.devices
        is_empty = devices is None
        stale = " The list is as it was read last." if state.is_stale else ""
        self.notice.say("" if is_empty or not state.problem else state.problem + stale)
        self._new.setEnabled(not is_empty)
        self._look.setVisible(bool(state.needing_a_look))
        self._look.set_words(f"{state.needing_a_look:,} to look at")
        working = [each for each in devices or () if not each.is_revoked]
        self.set_count("" if is_empty else f"{len(working):,} in use")
        if devices is not None and devices != self._shown:
            self._shown = devices
            self.model.set_ids(devices)
            place = next((place for place, each in enumerate(devices) if each.id == state.chosen), -1)
            self.table.choose_row(place)
        if devices:
            self.card.show_rows()
        elif state.is_reading:
            self.card.show_loading("Asking the server…")
        elif state.is_stale:
            self.card.show_empty("Devices are managed on the server", state.problem)
        else:
            self.card.show_empty("No device has joined yet", "Let the first one in with a code.")
        self.panel.show_state()
