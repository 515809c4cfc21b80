"""One device: its folder, its clock, the program that runs on it, and how that program ends.

Each method that lets the program work may end in ``DeviceDied``; the caller then calls ``bury``, which puts the folder
back to what lay on the disk at the moment of death, and later ``open``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection

from desktop.paths import Home
from desktop.sync.engine import SyncEngine
from desktop.ui.equipment import equipment_at
from desktop.usecases.office import Office
from desktop.usecases.start import Device, opened_device
from desktop.usecases.till import Till
from shared.clock import SettableClock
from shared.errors import CounterfoilError
from shared.schema.registry import SCHEMA_VERSION
from tests.helpers.replica import PINS
from tests.simulation import devices_disk, older_program
from tests.simulation.devices_disk import DeviceDied, Image
from tests.simulation.stage import SETTINGS, SeededIds

MANAGER = "ada"


class DeviceProcess:
    """A till or an office desk for the length of a seed.

    Attributes:
        name: in traces.
        is_revoked: the server no longer lets it in.
        is_copied: two of it run.
        schema: the wire schema its program speaks.
        may_repeat_numbers: it was copied or rolled back so that nothing on the machine could tell.
        backup: its folder, as somebody keeps it.
        last_failure: the code of what kept its last step from being done; empty when nothing did.
        moments: how many moments its program has lived through.
    """

    def __init__(self, name: str, store: str, kind: str, folder: Path, *, clock: SettableClock, seed: str) -> None:
        self.name = name
        self.store = store
        self.kind = kind
        self.home = Home(folder)
        self.clock = clock
        self.dice = random.Random(f"{seed} {name}")
        self.ids = SeededIds(clock)
        self.ids.begin(f"{seed} {name}")
        self.is_revoked = False
        self.is_copied = False
        self.schema = SCHEMA_VERSION
        self.may_repeat_numbers = False
        self.backup: Image | None = None
        self.last_failure = ""
        self.moments = 0
        self._dies_after: int | None = None
        self._image: Image | None = None
        self._synced_log_bytes = 0
        self._stack: ExitStack | None = None
        self._device: Device | None = None
        self._engine: SyncEngine | None = None
        self._till: Till | None = None
        self._office: Office | None = None

    @property
    def is_open(self) -> bool:
        """Whether its program runs."""
        return self._stack is not None

    @property
    def is_older(self) -> bool:
        """Whether its program is one release back."""
        return self.schema < SCHEMA_VERSION

    @property
    def engine(self) -> SyncEngine:
        """The sync engine of the running program."""
        assert self._engine is not None
        return self._engine

    @property
    def device(self) -> Device:
        """The open home."""
        assert self._device is not None
        return self._device

    @property
    def till(self) -> Till:
        """The till, with somebody logged in."""
        assert self._till is not None
        if self._till.station.user is None:
            self._till.login(MANAGER, PINS[MANAGER])
        return self._till

    @property
    def office(self) -> Office:
        """The desk, with somebody logged in."""
        if self._office is None:
            self._office = Office(
                self.device.replica, clock=self.clock, ids=self.ids, equipment=equipment_at(None, self.clock)
            )
            self._office.log_in(MANAGER, PINS[MANAGER])
        return self._office

    def open(self) -> None:
        """Start its program."""
        with ExitStack() as stack:
            self._device = stack.enter_context(opened_device(self.home, SETTINGS, clock=self.clock, ids=self.ids))
            self._engine = older_program.engine_for(self._device, self.schema)
            stack.callback(self._engine.stop)
            if self.kind == "till":
                equipment = equipment_at(None, self.clock)
                self._till = Till(self._device.replica, clock=self.clock, ids=self.ids, equipment=equipment)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End its program in good order."""
        stack, self._stack = self._stack, None
        self._device = self._engine = self._till = self._office = None
        self._synced_log_bytes = 0
        if stack is not None:
            stack.close()

    @contextmanager
    def alive(self, *, dies_after: int | None = None) -> Iterator[None]:
        """While its program works; with ``dies_after`` it dies at that moment from now, if it gets that far."""
        self._dies_after = dies_after
        try:
            with devices_disk.told(self._live_moment), older_program.speaking(self.schema):
                yield
        finally:
            self._dies_after = None

    def kill_now(self) -> None:
        """Die between two steps."""
        self._image = devices_disk.image_of(self.home.folder)

    def bury(self, *, is_power_cut: bool = False) -> None:
        """After its death: leave the folder as it lay on the disk at that moment; unsynced commits go with the power."""
        image, self._image = self._image, None
        assert image is not None
        synced = self._synced_log_bytes
        with suppress(CounterfoilError, DeviceDied):
            self.close()
        log = f"{self.home.replica.name}-wal"
        if is_power_cut and log in image:
            image[log] = image[log][:synced]
        devices_disk.put_back(self.home.folder, image)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A look at its replica, for whoever checks."""
        with self.device.replica.read() as connection:
            yield connection

    def _live_moment(self, what: str) -> None:
        if self._image is not None:
            raise DeviceDied(what)  # It is dead already: nothing more may reach the disk.
        self.moments += 1
        if what == "committed":
            self._note_synced()
        if self._dies_after is None:
            return
        self._dies_after -= 1
        if self._dies_after < 0:
            self._dies_after = None
            self._image = devices_disk.image_of(self.home.folder)
            raise DeviceDied(what)

    def _note_synced(self) -> None:
        """After a clerk's commit everything in the log is on the disk for good; after a background one, not yet."""
        with suppress(FileNotFoundError):
            log = self.home.replica.with_name(self.home.replica.name + "-wal")
            if devices_disk.was_durable():
                self._synced_log_bytes = log.stat().st_size
