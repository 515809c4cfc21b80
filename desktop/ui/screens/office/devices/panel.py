"""The panel of the devices page: one device, a new one, its code, and the question before one is taken out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QWidget

from desktop.ui.screens.office.devices.presenter import DevicesPresenter, DevicesState, Panel
from desktop.ui.screens.office.frame.form import ChoiceField, FactRow, FieldRow, text_field
from desktop.ui.screens.office.frame.side_panel import SidePanel
from desktop.ui.theme import Ink, Tone, TypeRole
from desktop.ui.widgets import ActionButton, Emphasis, NoticeLine, TextLabel

_WIDTH = 372
_FACTS: tuple[tuple[str, str], ...] = (
    ("state_word", "State"),
    ("seen", "Last heard"),
    ("waiting", "Waits on it"),
    ("behind", "Behind by"),
    ("skew", "Clock"),
    ("program", "Program"),
    ("series", "Receipts in"),
    ("enrolled", "Joined"),
)
_REVOKE = (
    "From its next call on it may not sync. It hands in what it never sent, which lies in quarantine until somebody "
    "decides about it, and erases the shop's data. Sales that it has sent stay. This cannot be taken back; the device "
    "can join again with a new code."
)
_NEW = "A code lets one device in, once, within 24 hours. On the device: counterfoil enrol with this server's address."
_LOST = (
    "The new device takes the number of the lost one and goes on with receipts of a new series. The lost one may not "
    "sync any more as soon as the code is used; what it never sent goes to quarantine if it is ever heard again."
)


class DevicePanel(SidePanel):
    """The panel."""

    def __init__(self, presenter: DevicesPresenter) -> None:
        super().__init__(width=_WIDTH)
        self._presenter = presenter
        self._words = TextLabel("", TypeRole.OFFICE, Ink.SECOND, wraps=True)
        self.told = NoticeLine(Tone.GOOD)
        self._facts = {name: FactRow(title) for name, title in _FACTS}
        self.store, self.kind = ChoiceField(), ChoiceField()
        self.kind.set_options((("till", "Till"), ("office", "Office")))
        self.kind.set_value("till")
        self.number, self.name = text_field("the next one"), text_field("optional")
        self._fields = (
            FieldRow("Store", self.store),
            FieldRow("Kind", self.kind),
            FieldRow("Number", self.number),
            FieldRow("Name", self.name),
        )
        self.code = TextLabel("", TypeRole.CHANGE)
        self._once = TextLabel("It is shown this once.", TypeRole.SUPPORT, Ink.THIRD, wraps=True)
        self.form.addWidget(self.told)
        for row in self._facts.values():
            self.form.addWidget(row)
        self.form.addWidget(self._words)
        for field in self._fields:
            self.form.addWidget(field)
        self.form.addWidget(self.code)
        self.form.addWidget(self._once)
        self.form.addStretch(1)
        self.back = _button("Back", "Esc", presenter.go_back)
        self.replace = _button("Replace", "L", presenter.begin_replacing)
        self.ask = _button("Revoke", "D", presenter.ask_revoke, Emphasis.DANGER)
        self.make = _button("Make the code", "Ctrl S", self.make_code, Emphasis.PRIMARY)
        self.copy = _button("Copy the code", "", self._copy, Emphasis.PRIMARY)
        self.revoke = _button("Revoke it", "", presenter.revoke, Emphasis.DANGER)
        self.foot.addStretch(1)
        self._buttons = (self.back, self.replace, self.ask, self.make, self.copy, self.revoke)
        for button in self._buttons:
            self.foot.addWidget(button)
        self._was: tuple[object, ...] = ()

    def make_code(self) -> None:
        """Make the code that the form asks for."""
        if self._presenter.state.panel is Panel.NEW:
            self._presenter.make_code(
                store=str(self.store.value()),
                kind=str(self.kind.value()),
                number=self.number.text(),
                name=self.name.text(),
            )

    def show_state(self) -> None:
        """Show what the presenter says now."""
        state = self._presenter.state
        self.setVisible(state.panel is not Panel.NOTHING)
        self.told.say(state.told)
        device = state.device
        self.set_head(*_head(state))
        is_device = state.panel is Panel.DEVICE and device is not None
        for name, row in self._facts.items():
            row.say(str(getattr(device, name)) if is_device else "")
        self._words.setText(_words(state))
        self._words.setVisible(bool(self._words.text()))
        self._show_form(state)
        self.code.setText(state.code)
        self.code.setVisible(state.panel is Panel.CODE)
        self._once.setVisible(state.panel is Panel.CODE)
        self._show_buttons(state)
        now = (state.panel, state.chosen)
        if now != self._was:
            self._was = now
            self.scroll_to_top()
            self.focus_first()

    def focus_first(self) -> None:
        """The keyboard goes to where this panel's work starts."""
        panel = self._presenter.state.panel
        target: dict[Panel, QWidget] = {Panel.NEW: self.store, Panel.CODE: self.copy, Panel.ASKING: self.back}
        if panel in target and self.isVisible():
            target[panel].setFocus()

    def _show_form(self, state: DevicesState) -> None:
        is_new = state.panel is Panel.NEW
        for field in self._fields:
            field.setVisible(is_new and (state.replaces is None or field is self._fields[-1]))
        if not is_new or self._was[:1] == (Panel.NEW,):
            return
        self.store.set_options(state.stores)
        lost = state.replaces
        if lost is not None:
            code = next((code for code, name in state.stores if lost.store in (code, name)), lost.store)
            self.store.set_value(code)
            self.kind.set_value(lost.kind.lower())
            self.number.setText(str(lost.number))
        else:
            self.store.set_value(state.stores[0][0] if state.stores else None)
            self.number.clear()
        self.name.clear()

    def _show_buttons(self, state: DevicesState) -> None:
        device = state.device
        may_change = state.panel is Panel.DEVICE and device is not None and not device.is_revoked
        shown = {
            self.back: True,
            self.replace: may_change,
            self.ask: may_change and device is not None and not device.is_this,
            self.make: state.panel is Panel.NEW,
            self.copy: state.panel is Panel.CODE,
            self.revoke: state.panel is Panel.ASKING,
        }
        for button, is_shown in shown.items():
            button.setVisible(is_shown)
            button.setEnabled(not state.is_working)
        self.back.set_words("Keep it" if state.panel is Panel.ASKING else "Close")

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.code.text())


def _head(state: DevicesState) -> tuple[str, str]:
    device = state.device
    if state.panel is Panel.CODE:
        return "One-time code", f"for a {state.code_for}" if not state.replaces else state.code_for
    if state.panel is Panel.NEW:
        return ("Let a device in", "") if state.replaces is None else (f"Replace {state.replaces.title}", "")
    if device is None:
        return "", ""
    where = f"{device.kind} {device.number} · {device.store}" + (" · this device" if device.is_this else "")
    return (f"Revoke {device.title}?", where) if state.panel is Panel.ASKING else (device.title, where)


def _words(state: DevicesState) -> str:
    if state.panel is Panel.ASKING:
        return _REVOKE
    if state.panel is Panel.NEW:
        return _NEW if state.replaces is None else _LOST
    return ""


def _button(words: str, key: str, pressed: Callable[[], None], emphasis: Emphasis = Emphasis.PLAIN) -> ActionButton:
    button = ActionButton(words, key=key, emphasis=emphasis)
    button.clicked.connect(lambda _checked=False: pressed())
    return button
