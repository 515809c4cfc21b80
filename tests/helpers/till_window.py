"""A till's window over a replica, put together as ``desktop.ui.application`` does it, but with a test's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from desktop.replica.engine import Replica
from desktop.replica.queries.shop import usernames
from desktop.ui.equipment import equipment_at
from desktop.ui.executor import Executor
from desktop.ui.scanner import ScannerSettings
from desktop.ui.screens.login.presenter import PersonView
from desktop.ui.screens.till.parts import TillParts
from desktop.ui.screens.till.window import TillWindow
from desktop.ui.sounds import Sounds
from desktop.ui.till.session import TillSession
from desktop.usecases.ports import SyncPort
from desktop.usecases.till import Till
from shared.clock import Clock, datetime_at
from shared.ids import TimeOrderedIds


class HeardSounds(Sounds):
    """Plays nothing and remembers what it should have played."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def accepted(self) -> None:
        self.heard.append("accepted")

    def refused(self) -> None:
        self.heard.append("refused")


@dataclass
class Bench:
    """A window, what stands behind it, and a way to wait for it."""

    window: TillWindow
    till: Till
    executor: Executor
    sounds: HeardSounds
    syncs: list[str] = field(default_factory=list)

    def settle(self) -> None:
        self.executor.wait_until_idle()

    def act(self, intention: Callable[[Till], object]) -> None:
        self.window.session.act(intention)
        self.settle()

    def log_in(self, name: str = "mara", pin: str = "2580") -> None:
        self.act(lambda till: till.login(name, pin))
        assert not self.window.session.problem, self.window.session.problem

    def open_shift(self, amount: str = "100.00") -> None:
        self.act(lambda till: till.open_shift(till.money(amount)))

    def scan(self, *codes: str) -> None:
        for code in codes:
            self.window.scanner.scanned.emit(code)
            self.settle()

    def do(self, action: str) -> None:
        self.window.conductor.handlers()[action]()
        self.settle()


@contextmanager
def open_bench(
    replica: Replica, folder: Path, clock: Clock, sync: SyncPort | None = None, scanner: ScannerSettings | None = None
) -> Iterator[Bench]:
    """A shown till window over a replica; closed and taken apart afterwards."""
    equipment = equipment_at(folder, clock)
    till = Till(replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment, sync=sync)
    store = till.station.store
    executor, sounds, syncs = Executor("till"), HeardSounds(), []

    def people() -> list[PersonView]:
        with replica.read() as connection:
            return [PersonView(username, name) for username, name in usernames(connection, store.id)]

    parts = TillParts(
        people=people,
        now_text=lambda: datetime_at(clock.now(), store.time_zone).strftime("%H:%M"),
        receipts=folder / "receipts",
        sync_now=lambda: syncs.append("asked"),
        sounds=sounds,
    )
    window = TillWindow(TillSession(till, executor), parts, scanner)
    bench = Bench(window, till, executor, sounds, syncs)
    try:
        bench.settle()
        yield bench
        bench.settle()
    finally:
        window.close()
        executor.close()
        window.deleteLater()
