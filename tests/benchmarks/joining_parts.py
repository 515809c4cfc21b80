"""Where the time of a till that joins by file goes: each part by itself, in this process, with its processor time.

The whole is timed from outside, by ``bootstrap``. The parts do not add up to it: files are fetched while others are
copied, and what is small (keys, tokens, the last pages, a look at the sums) is not here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from desktop.paths import Home
from desktop.settings import settings_from
from desktop.sync.connect import server_of
from desktop.sync.device_key import public_key_text
from desktop.sync.snapshot_download import SnapshotFolder, folder_beside
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import enrol
from desktop.usecases.start import Device, opened_device
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import SnapshotOffer
from tests.benchmarks.figure import Figure
from tests.benchmarks.serving import ServedShop

_Made = TypeVar("_Made")


def parts_of_joining(shop: ServedShop, where: str) -> list[Figure]:
    """Start, enrolment, fetching, filling and exchanging; the server has its files ready."""
    figures: list[Figure] = []

    def timed(what: str, action: Callable[[], _Made]) -> _Made:
        wall, cpu = time.perf_counter(), _cpu_seconds()
        made = action()
        seconds, spent = time.perf_counter() - wall, _cpu_seconds() - cpu
        figures.append(Figure(f"{where}, of that: {what}", seconds, "s", note=f"{spent:.2f} s CPU"))
        return made

    timed("the program starts and is refused", lambda: _refused(shop))
    with _enrolled(shop, timed) as device, closing(server_of(device)) as server:
        folder = SnapshotFolder(folder_beside(device.replica.path), server)
        offers = sorted(timed("asking for files", lambda: server.snapshots(SCHEMA_VERSION)), key=_rows, reverse=True)
        files = timed("fetching, checking and unpacking", lambda: [folder.fetch(offer) for offer in offers])
        with device.replica.successor() as made:
            timed("filling a new replica", lambda: [made.take_snapshot(file) for file in files])
            timed("carrying over, and on the disk for good", made.carry_over)
            timed("exchanging", lambda: device.replica.give_way_to(made))
        folder.remove_plain()
        folder.keep_only([])
    return figures


def _refused(shop: ServedShop) -> None:
    home = shop.folder / "refused"
    command = [sys.executable, "-m", "desktop", "enrol", shop.server.url, "NO-SUCH-CODE", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise AssertionError(f"The till was not refused: {done.stdout}{done.stderr}")


@contextmanager
def _enrolled(shop: ServedShop, timed: Callable[[str, Callable[[], object]], object]) -> Iterator[Device]:
    home, clock = Home(shop.folder / "parts"), SystemClock()
    ids, code = TimeOrderedIds(clock), shop.enrol_code()

    def join() -> None:
        with closing(HttpEnrolmentDesk(shop.server.url)) as desk:
            enrol(home, settings_from(), desk, code, public_key_text=public_key_text, clock=clock, ids=ids)

    timed("enrolment, with an empty replica", join)
    with opened_device(home, settings_from(), clock=clock, ids=ids) as device:
        yield device


def _cpu_seconds() -> float:
    """Of this process with all its threads, and of those it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _rows(offer: SnapshotOffer) -> int:
    return offer.rows
