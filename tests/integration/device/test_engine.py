"""The engine by itself: what it says of the connection, how it comes back, and its threads."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest

from desktop.replica.changes import Changes
from desktop.replica.engine import Replica
from desktop.replica.rows import aggregate_of, read_payload
from desktop.sync.connect import WhenNeeded
from desktop.sync.engine import SyncEngine
from desktop.sync.schedule import DELAY_MAX_SECONDS, retry_delay_seconds
from shared.clock import MICROSECONDS_PER_SECOND, SettableClock
from shared.errors import EnvironmentFailure
from shared.sync.wire import Head
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import TinyShop


@pytest.fixture
def server(replica: Replica, tiny_shop: TinyShop) -> FakeServer:
    """A server that holds what the tiny shop's device holds."""
    made = FakeServer(scopes=["catalogue"])
    with replica.write() as unit:
        mug = read_payload(unit.connection, aggregate_of("product"), tiny_shop.products["MUG-BLUE"].bytes)
        assert mug is not None
        made.put_payload("product", mug)
        unit.connection.exec_driver_sql("DELETE FROM cursor")
        unit.connection.exec_driver_sql("DELETE FROM membership")
    return made


def sell(replica: Replica) -> None:
    nobody = uuid.UUID(int=1)
    row = {"store_id": nobody, "device_id": nobody, "shift_id": nobody, "kind": "paid_in", "user_id": nobody}
    with replica.write() as unit:
        unit.record("cash_movement", {"id": unit.ids.new(), **row, "amount": 1, "reason": "x", "at": 1})


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if is_so():
            return
        threading.Event().wait(0.005)
    pytest.fail("it did not come about in ten seconds")


def test_given_no_server_when_synced_then_the_status_tells_since_when_and_selling_goes_on(
    replica: Replica, server: FakeServer, clock: SettableClock
) -> None:
    engine = SyncEngine(replica, server, clock)
    engine.cycle()
    assert engine.status().is_online
    server.is_down = True
    clock.advance(60)
    sell(replica)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    status = engine.status()
    assert (status.is_online, status.pending, status.since) == (False, 1, clock.now())
    assert status.last_error_code == "server_unreachable"
    clock.advance(60)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert engine.status().since == clock.now() - 60 * MICROSECONDS_PER_SECOND
    server.is_down = False
    engine.cycle()
    status = engine.status()
    assert (status.is_online, status.pending, status.last_error) == (True, 0, "")
    kinds = [event.kind for event in engine.details().events]
    assert kinds.count("failed") == 1
    assert "sent" in kinds


@pytest.mark.scenario("SymmetricDS SimpleIntegration", "a suspended channel: nothing goes either way, work goes on")
def test_given_a_device_switched_offline_when_synced_then_the_server_is_not_asked(
    replica: Replica, server: FakeServer, clock: SettableClock
) -> None:
    engine = SyncEngine(replica, server, clock)
    engine.go_offline()
    with pytest.raises(EnvironmentFailure) as refusal:
        engine.cycle()
    assert refusal.value.code == "offline"
    assert server.pulls == []
    assert engine.status().is_switched_off
    engine.go_online()
    engine.cycle()
    assert engine.status().is_online


def test_given_the_threads_when_something_is_written_or_poked_then_it_travels_by_itself(
    replica: Replica, server: FakeServer, clock: SettableClock, tiny_shop: TinyShop
) -> None:
    came: list[Changes] = []
    engine = SyncEngine(replica, server, clock, on_changes=came.append)
    poke = threading.Event()

    def heads():
        yield [Head("catalogue", server._head("catalogue"))]
        while poke.wait(20):
            poke.clear()
            yield [Head("catalogue", server._head("catalogue"))]

    server.heads = heads
    server.interrupt = poke.set
    engine.start()
    try:
        until(lambda: engine.status().is_online)
        sell(replica)
        until(lambda: engine.status().pending == 0)
        assert len(server.received) == 1
        pulls = len(server.pulls)
        pen = uuid.UUID(int=77)
        server.put("product", {"id": pen, "name": "Pen"})
        poke.set()
        until(lambda: any(changes.touches_id("product", pen) for changes in came))
        assert len(server.pulls) > pulls
    finally:
        engine.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sync-")]


@pytest.mark.scenario("PouchDB", "live replication starting offline: it finds the line by itself")
def test_given_the_threads_when_the_server_comes_back_then_they_find_it_without_being_told(
    replica: Replica, server: FakeServer, clock: SettableClock
) -> None:
    server.is_down = True
    engine = SyncEngine(replica, server, clock)
    engine.start()
    try:
        until(lambda: engine.status().last_error_code == "server_unreachable")
        sell(replica)
        server.is_down = False
        until(lambda: engine.status().pending == 0)
    finally:
        engine.stop()


def test_given_failures_in_a_row_then_the_delay_doubles_to_a_ceiling_and_half_of_it_is_chance() -> None:
    assert retry_delay_seconds(1, 0, lambda: 0.0) == 0.5
    assert retry_delay_seconds(3, 0, lambda: 0.0) == 2.0
    assert retry_delay_seconds(50, 0, lambda: 0.999) < DELAY_MAX_SECONDS
    assert retry_delay_seconds(1, 17, lambda: 0.0) == 17
    assert retry_delay_seconds(1, 17, lambda: 0.5) == 17 * 1.25, "devices that were sent away do not come back at once"


def test_given_two_threads_that_need_the_server_at_once_then_one_connection_is_made(server: FakeServer) -> None:
    made: list[FakeServer] = []
    both = threading.Barrier(2)

    def make() -> FakeServer:
        made.append(server)
        threading.Event().wait(0.01)
        return server

    needed = WhenNeeded(make)

    def ask() -> None:
        both.wait(10)
        needed.server_time()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
