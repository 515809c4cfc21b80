"""How soon what one till has committed is visible at another: two server workers, two processes, pokes over HTTP.

This process is the first till. The second runs ``python -m tests.benchmarks.visible_elsewhere HOME`` and prints, for each
fact that reaches it, the machine's monotonic clock at the moment its screens are told.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.demo.processes import DeskProcess
from desktop.paths import Home
from desktop.replica.changes import Changes
from desktop.replica.identity import identity_of
from desktop.settings import settings_from
from desktop.sync.connect import engine_of
from desktop.usecases.start import Device, opened_device
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from tests.benchmarks.figure import Figure, at_most, median, percentile
from tests.benchmarks.serving import served_shop

ENTITY = "cash_movement"
WAIT_SECONDS = 20.0


def measure(*, is_quick: bool) -> list[Figure]:
    """300 facts (quick: 50), one after the other at uneven intervals."""
    facts = 50 if is_quick else 300
    with served_shop(workers=2) as shop:
        other = shop.folder / "other"
        DeskProcess.enrol(other, shop.server.url, shop.enrol_code())
        with shop.enrolled_till("first") as device, _listening(other) as seen:
            engine = engine_of(device)
            engine.cycle()
            engine.start()
            try:
                _commit(device, seen)  # Until the first is there, lines and plans are being made.
                waits = [_commit(device, seen) for _ in range(facts)]
            finally:
                engine.stop()
    return [
        at_most("commit at one till → visible at another, p50, two workers", median(waits), "ms", 15),
        at_most("the same, p99", percentile(waits, 0.99), "ms", 75, note=f"worst {max(waits):.0f} ms"),
    ]


def _commit(device: Device, seen: Arrivals) -> float:
    """Record one fact and wait until the other till shows it; milliseconds from commit to there."""
    time.sleep(random.uniform(0.02, 0.06))
    with device.replica.write() as unit:
        me, fact = identity_of(unit.connection), unit.ids.new()
        row = {"id": fact, "store_id": me.store_id, "device_id": me.device_id, "shift_id": me.device_id}
        row |= {"user_id": me.device_id, "kind": "paid_in", "amount": 1, "reason": "bench", "at": unit.clock.now()}
        unit.record(ENTITY, row)
    committed = time.monotonic_ns()
    return (seen.at(fact) - committed) / 1e6


class Arrivals:
    """When each fact reached the other till."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._at: dict[uuid.UUID, int] = {}
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._thread.start()

    def at(self, fact: uuid.UUID) -> int:
        """The moment, waited for."""
        with self._news:
            if not self._news.wait_for(lambda: fact in self._at, WAIT_SECONDS):
                raise AssertionError("a fact never reached the other till")
            return self._at[fact]

    def _read(self, lines: Iterator[str]) -> None:
        for line in lines:
            fact, _, moment = line.partition(" ")
            with self._news:
                self._at[uuid.UUID(fact)] = int(moment)
                self._news.notify_all()


@contextmanager
def _listening(home: Path) -> Iterator[Arrivals]:
    command = [sys.executable, "-m", "tests.benchmarks.visible_elsewhere", str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    if process.stdout.readline().strip() != "ready":
        raise AssertionError("the other till did not start")
    try:
        yield Arrivals(iter(process.stdout))
    finally:
        process.stdin.close()
        process.wait(30)


def _listen(home: Path) -> None:
    """The other till: prints ``ready``, then a line for each fact, until its input ends."""

    def tell(changes: Changes) -> None:
        moment = time.monotonic_ns()
        for fact in changes.ids.get(ENTITY, ()):
            print(fact, moment, flush=True)

    clock = SystemClock()
    with opened_device(Home(home), settings_from(), clock=clock, ids=TimeOrderedIds(clock)) as device:
        engine = engine_of(device, on_changes=tell)
        engine.cycle()
        engine.start()
        print("ready", flush=True)
        sys.stdin.read()
        engine.stop()


if __name__ == "__main__":
    os.environ.setdefault("COUNTERFOIL_SECRETS", "file")
    _listen(Path(sys.argv[1]))
