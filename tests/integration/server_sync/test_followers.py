"""The threads that follow the data outlive a pool that has no connection to spare: one of them once ended for good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, event
from structlog.testing import capture_logs

from sync_server.db.follower import Follower
from sync_server.db.sessions import Database
from sync_server.inventory.keeper import StockKeeper
from sync_server.inventory.projector import StockProjector
from sync_server.orders.sweeper import OrderSweeper
from sync_server.repricing.repricer import Repricer
from sync_server.sync.housekeeping import Housekeeper
from sync_server.sync.reconciler import Reconciler
from sync_server.sync.reference_watch import ReferenceWatch

EVERY = 0.01


FOLLOWERS: dict[str, Callable[[Database], Follower]] = {
    "keeper": lambda database: StockKeeper(database, EVERY),
    "projector": lambda database: StockProjector(database, EVERY),
    "sweeper": lambda database: OrderSweeper(database, EVERY),
    "repricer": lambda database: Repricer(database, interval_seconds=EVERY),
    "housekeeper": lambda database: Housekeeper(database, EVERY),
    "reconciler": lambda database: Reconciler(database, EVERY),
    "reference watch": lambda database: ReferenceWatch(database, interval_seconds=EVERY),
}


@pytest.fixture
def starved(database: Database) -> Iterator[Database]:
    """The module's database behind a pool of one connection."""
    engine = create_engine(database.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    yield Database(engine, database.clock, database.ids)
    engine.dispose()


@pytest.mark.parametrize("name", FOLLOWERS)
def test_given_no_connection_to_spare_then_a_follower_says_so_and_goes_on(name: str, starved: Database) -> None:
    worked = threading.Event()
    follower = FOLLOWERS[name](starved)
    with capture_logs() as said:
        with starved.engine.connect():
            follower.start()
            until = threading.Event()
            while not any("QueuePool limit" in str(line) for line in said):
                assert not until.wait(0.01)
        event.listen(starved.engine, "before_cursor_execute", lambda *_: worked.set())
        assert worked.wait(20)
        follower.stop()
