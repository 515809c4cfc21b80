"""Tills of the sample shop at a real server over real HTTP, whose homes can be copied, put back and robbed of keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.paths import Home
from desktop.replica.identity import DeviceIdentity, identity_of
from desktop.settings import SecretsPlace, Settings
from desktop.sync.connect import WhenNeeded, server_of
from desktop.sync.device_key import public_key_text
from desktop.sync.engine import SyncEngine
from desktop.sync.server_port import SyncServer
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.ui.equipment import equipment_at
from desktop.usecases.enrol import Enrolled, enrol
from desktop.usecases.start import Device, opened_device
from desktop.usecases.till import Till
from shared.clock import SettableClock, SystemClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.sync.wire import PushAnswer, PushRequest
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_enrol_code
from sync_server.inventory.service import verify_stock

FILE = Settings(secrets=SecretsPlace.FILE)
SKU = "BAG-TRAD"


class Line(WhenNeeded):
    """What lies between a device and its server: answers to pushes can be lost after the server did it all."""

    def __init__(self, server: SyncServer) -> None:
        super().__init__(lambda: server)
        self.lose_answers = 0
        self.pushes: list[PushRequest] = []

    def push(self, request: PushRequest) -> PushAnswer:
        self.pushes.append(request)
        answer = super().push(request)
        if self.lose_answers:
            self.lose_answers -= 1
            raise EnvironmentFailure("server_unreachable", "The answer was lost.")
        return answer


@dataclass
class OpenTill:
    """A home that is open: its till, and its engine without threads."""

    device: Device
    engine: SyncEngine
    line: Line
    till: Till

    @property
    def identity(self) -> DeviceIdentity:
        with self.device.replica.read() as connection:
            return identity_of(connection)

    def sell(self, count: int = 1) -> list[str]:
        """Sell something; the receipt numbers."""
        if self.till.station.user is None:
            self.till.login("ada", "9021")
        if self.till.station.shift is None:
            self.till.open_shift(self.till.money("50.00"))
        numbers = []
        for _ in range(count):
            self.till.add(sku=SKU)
            numbers.append(self.till.exact_cash().number)
        return numbers

    def sync(self, lose: int = 0) -> None:
        """Send and fetch; the first ``lose`` answers to a push are lost on the way."""
        for _ in range(lose):
            self.line.lose_answers = 1
            with pytest.raises(EnvironmentFailure, match="was lost"):
                self.engine.cycle()
        self.engine.cycle()


@dataclass
class Shop:
    """The sample shop's server, and a folder for homes."""

    url: str
    database: Database
    folder: Path
    clock: SystemClock | SettableClock = field(default_factory=SystemClock)
    settings: Settings = FILE

    def code(self, **wanted: object) -> str:
        """A fresh code for a till of the first store."""
        with self.database.writing() as connection:
            return make_enrol_code(connection, self.database.clock, **{"store_code": "HS", "kind": "till", **wanted})

    def home(self, name: str) -> Home:
        return Home(self.folder / name)

    def enrol(self, name: str, code: str = "") -> Enrolled:
        """Join the home of this name."""
        with closing(HttpEnrolmentDesk(self.url)) as desk:
            return enrol(
                self.home(name),
                self.settings,
                desk,
                code or self.code(),
                public_key_text=public_key_text,
                clock=self.clock,
                ids=TimeOrderedIds(),
            )

    def join(self, name: str, code: str = "") -> Enrolled:
        """Join the home of this name and fetch the shop."""
        enrolled = self.enrol(name, code)
        with self.open(name) as till:
            till.sync()
        return enrolled

    @contextmanager
    def open(self, name: str) -> Iterator[OpenTill]:
        """The home of this name, for the length of a block."""
        home = self.home(name)
        with opened_device(home, self.settings, clock=self.clock, ids=TimeOrderedIds()) as device:
            line = Line(server_of(device))
            engine = SyncEngine(device.replica, line, device.clock)
            try:
                equipment = equipment_at(home.folder, device.clock)
                yield OpenTill(
                    device,
                    engine,
                    line,
                    Till(device.replica, clock=device.clock, ids=device.ids, equipment=equipment, sync=engine),
                )
            finally:
                engine.stop()

    @contextmanager
    def open_without_server(self, name: str) -> Iterator[OpenTill]:
        """The home of this name while its device cannot sync: it has no key of its own."""
        home = self.home(name)
        with opened_device(home, self.settings, clock=self.clock, ids=TimeOrderedIds()) as device:
            line = Line(WhenNeeded(lambda: server_of(device)))
            equipment = equipment_at(home.folder, device.clock)
            till = Till(device.replica, clock=device.clock, ids=device.ids, equipment=equipment)
            yield OpenTill(device, SyncEngine(device.replica, line, device.clock), line, till)

    def copy(self, name: str, to: str) -> None:
        """Copy a home's folder."""
        shutil.copytree(self.home(name).folder, self.home(to).folder)

    def receipts(self) -> list[str]:
        """The number of every sale the server has, once for each sale."""
        with self.database.reading() as connection:
            return sorted(connection.execute(text("SELECT receipt_number FROM sale")).scalars())

    def shared_numbers(self) -> list[str]:
        """What the inbox says of receipt numbers that two sales carry."""
        with self.database.reading() as connection:
            found = connection.execute(text("SELECT title FROM inbox_entry WHERE kind = 'duplicate_receipt'"))
            return sorted(found.scalars())

    def wrong_stock(self) -> int:
        """In how many places what the shop says it has is not the sum of its movements."""
        return len(verify_stock(self.database).differences)
