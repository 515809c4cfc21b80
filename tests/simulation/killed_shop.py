"""The shop around a till that will be killed: with a real server over a real database, or cut off from any."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, FileStore
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from tests.helpers.replica import GOODS, KEY, fill
from tests.helpers.server import running_server
from tests.simulation.journal import open_replica
from tests.simulation.killable_till import environment

_GOODS_PLAYED = 40


@dataclass(frozen=True, slots=True)
class Shop:
    """One till and what it sells: (SKU, barcode or nothing, whether it is weighed)."""

    till_home: Path
    goods: list[tuple[str, str, bool]]
    has_server: bool

    def verify(self) -> None:
        """Compare every row with the server. Raises ``AssertionError`` when anything differs."""
        done = _desktop(self.till_home, "verify")
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def offline_shop(folder: Path) -> Iterator[Shop]:
    """A till with the tiny shop and a server that nobody answers for."""
    home = Home(folder / "till")
    home.make()
    store = FileStore(home.secrets)
    store.set(REPLICA_KEY, KEY)
    store.set(DEVICE_KEY, os.urandom(32))
    clock = SystemClock()
    replica = Replica.open(home.replica, KEY, clock=clock, ids=TimeOrderedIds(clock))
    try:
        with replica.write() as work:
            fill(work.connection)
    finally:
        replica.close()
    yield Shop(home.folder, [(goods[0], goods[5], goods[4] == "kg") for goods in GOODS], has_server=False)


@contextmanager
def shop_with_server(folder: Path) -> Iterator[Shop]:
    """A till enrolled at a server with the sample shop, over the server's own embedded PostgreSQL."""
    with running_server(folder / "server") as server:
        home = folder / "till"
        done = _desktop(home, "enrol", server.url, server.code())
        assert done.returncode == 0, done.stdout + done.stderr
        yield Shop(home, _goods_of(home), has_server=True)


def _goods_of(home: Path) -> list[tuple[str, str, bool]]:
    """Some goods of what came down, with a price and a barcode."""
    replica = open_replica(home)
    try:
        with replica.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT v.sku, b.code, p.unit FROM variant v JOIN product p ON p.id = v.product_id "
                "JOIN barcode b ON b.variant_id = v.id JOIN price r ON r.variant_id = v.id AND r.kind = 'selling' "
                "WHERE p.state = 'active' GROUP BY v.id ORDER BY v.sku LIMIT ?",
                (_GOODS_PLAYED,),
            ).all()
    finally:
        replica.close()
    assert rows
    return [(row[0], "" if row[2] == "kg" else row[1], row[2] == "kg") for row in rows]


def _desktop(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(home),
    )
