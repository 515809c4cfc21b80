"""A program that is killed while a scope starts anew by file: the replica is the old or the new one, whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.cursors import cursors
from desktop.replica.engine import Replica
from desktop.sync.engine import SyncEngine
from desktop.sync.pull_lane import PullLane
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.sales import CashMovement
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import CUP, PEN, STORE, agrees, cash, name_of, product, variant

STOCK = f"stock:{STORE}"

_CHILD = """
import os, sys
from pathlib import Path
from desktop.replica import engine, successor
from tests.integration.device.test_bootstrap_killed import started_child

def die(*_, **__):
    os._exit(9)

where = sys.argv[2]
if where == "copying":
    successor.Successor.carry_over = die
elif where == "carried":
    successor.Successor.catch_up = die
elif where == "before":
    engine.exchange_files = die
elif where == "after":
    real = engine.exchange_files
    engine.exchange_files = lambda path: (real(path), die())
started_child(Path(sys.argv[1]))
"""


def started_child(folder: Path) -> None:
    """What the killed program does: an edit that waits, and a scope that starts anew by file."""
    server, replica = _shop_in(folder)
    with replica.write() as unit:
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = x'00' WHERE scope = 'catalogue'")
    put_up(server, folder)
    list(PullLane(replica, server).run())


def _shop_in(folder: Path) -> tuple[FakeServer, Replica]:
    made = FakeServer(scopes=["catalogue", f"store:{STORE}", STOCK])
    for product_id, name in ((CUP, "Cup"), (PEN, "Pen")):
        made.put("product", product(product_id, name), variant(product_id, name))
    clock = SystemClock()
    return made, Replica.open(folder / "device.db", KEY, clock=clock, ids=TimeOrderedIds(clock))


@pytest.mark.parametrize("where", ["copying", "carried", "before", "after"])
def test_given_a_program_that_is_killed_while_it_starts_anew_then_the_replica_is_the_old_or_the_new_one_whole(
    device: Replica, server: FakeServer, engine: SyncEngine, where: str
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "My cup"}, edited_by="me")
        unit.record("cash_movement", cash(TimeOrderedIds()))
    device.close()
    folder = device.path.parent
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder), where],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 9, done.stderr
    again_server, again = _shop_in(folder)
    try:
        with again.read() as connection:
            assert (cursors(connection)["catalogue"].number < 0) == (where == "after")
        assert name_of(again, CUP) == "My cup"
        list(PullLane(again, again_server).run())
        with again.read() as connection:
            assert outbox.pending_count(connection) == 2
            assert connection.execute(select(func.count()).select_from(CashMovement)).scalar_one() == 1
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert agrees(again, again_server)
        assert {path.name.partition("-")[0] for path in folder.iterdir()} == {"device.db"}
    finally:
        again.close()
