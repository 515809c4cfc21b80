"""The devices page without its widgets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.ui.executor import Executor
from desktop.ui.screens.office.session import OfficeSession
from desktop.usecases import manage_devices
from desktop.usecases.manage_devices import DeviceLine, DeviceState
from shared.errors import CounterfoilError


class Panel(StrEnum):
    """What stands beside the list."""

    NOTHING = "nothing"
    DEVICE = "device"
    NEW = "new"
    CODE = "code"
    ASKING = "asking"
    """Whether the device is really to be revoked."""


@dataclass(frozen=True, slots=True)
class DevicesState:
    """The whole page.

    Attributes:
        devices: None until they were read once.
        is_stale: the last attempt to read them failed; ``problem`` says why.
        code: shown once; gone as soon as the panel closes.
        code_for: what the code is for, in words.
        replaces: the lost device a new code is to replace; None for a device more.
    """

    devices: tuple[DeviceLine, ...] | None = None
    stores: tuple[tuple[str, str], ...] = ()
    is_reading: bool = False
    is_stale: bool = False
    is_working: bool = False
    problem: str = ""
    told: str = ""
    panel: Panel = Panel.NOTHING
    chosen: uuid.UUID | None = None
    replaces: DeviceLine | None = None
    code: str = ""
    code_for: str = ""

    @property
    def device(self) -> DeviceLine | None:
        """The chosen device."""
        return next((each for each in self.devices or () if each.id == self.chosen), None)

    @property
    def needing_a_look(self) -> int:
        """How many devices are silent or have a wrong clock."""
        return sum(
            each.state is DeviceState.SILENT or each.is_skewed for each in self.devices or () if not each.is_revoked
        )


class DevicesPresenter(QObject):
    """Holds the page's state; the server is asked on a worker of its own.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, session: OfficeSession) -> None:
        super().__init__(session)
        self.session = session
        self.state = DevicesState()
        self._line = Executor("devices", self)

    def stop(self) -> None:
        """The window closes."""
        self._line.close()

    def wait_until_idle(self) -> None:
        """Let events run until the server has answered; for tests and pictures."""
        self._line.wait_until_idle()

    def look(self) -> None:
        """Ask the server for its devices."""
        office = self.session.office
        self._set(is_reading=True)
        self._line.submit_newest(
            "devices",
            lambda: (
                manage_devices.list_devices(office.desk(), office.devices),
                manage_devices.stores_here(office.desk()),
            ),
            lambda found: self._set(devices=found[0], stores=found[1], is_reading=False, is_stale=False, problem=""),
            lambda failure: self._set(is_reading=False, is_stale=True, problem=failure.message),
        )

    def choose(self, device_id: uuid.UUID | None) -> None:
        """Show one device in the panel; the code of the last one is gone."""
        panel = Panel.NOTHING if device_id is None else Panel.DEVICE
        self._set(chosen=device_id, panel=panel, code="", told="", replaces=None)

    def begin_new(self) -> None:
        """Ask for what a new device is to be."""
        self._set(panel=Panel.NEW, replaces=None, code="", told="", problem="")

    def begin_replacing(self) -> None:
        """Ask for a code that puts a new device in the place of the chosen one."""
        device = self.state.device
        if device is not None and not device.is_revoked:
            self._set(panel=Panel.NEW, replaces=device, code="", told="", problem="")

    def make_code(self, *, store: str, kind: str, number: str, name: str) -> None:
        """Make the code."""
        office, replaces = self.session.office, self.state.replaces
        subject = f"in place of {replaces.title}" if replaces else f"{kind} in {store}"

        def work() -> str:
            return manage_devices.make_code(
                office.desk(),
                office.devices,
                store=store,
                kind=kind,
                number=number,
                name=name,
                is_replacement=replaces is not None,
            )

        def take(code: str) -> None:
            self._set(is_working=False, panel=Panel.CODE, code=code, code_for=subject, problem="")

        self._work(work, take)

    def ask_revoke(self) -> None:
        """Ask once whether the chosen device is to be revoked."""
        device = self.state.device
        if device is not None and not device.is_revoked and not device.is_this:
            self._set(panel=Panel.ASKING, problem="")

    def revoke(self) -> None:
        """Revoke it."""
        office, device = self.session.office, self.state.device
        if device is None or self.state.panel is not Panel.ASKING:
            return

        def take(_done: None) -> None:
            self._set(is_working=False, panel=Panel.DEVICE, told=f"{device.title} may not sync any more.", problem="")
            self.look()

        self._work(lambda: manage_devices.revoke(office.desk(), office.devices, device.id), take)

    def go_back(self) -> None:
        """Close what is open; a code that was shown is gone."""
        is_asking = self.state.panel is Panel.ASKING or (self.state.panel is Panel.NEW and self.state.device)
        panel = Panel.DEVICE if is_asking else Panel.NOTHING
        self._set(panel=panel, code="", replaces=None, problem="" if not self.state.is_stale else self.state.problem)

    def note(self) -> None:
        """Somebody took note of what went well."""
        self._set(told="")

    def _work(self, work: Any, take: Any) -> None:
        if self.state.is_working:
            return
        self._set(is_working=True)
        self._line.submit(work, take, self._fail)

    def _fail(self, failure: CounterfoilError) -> None:
        self._set(is_working=False, problem=failure.message)

    def _set(self, **values: Any) -> None:
        after = replace(self.state, **values)
        if after != self.state:
            self.state = after
            self.changed.emit()
