"""What the engine says of the line in each of its states, and the verification it runs by itself."""

from __future__ import annotations

import threading

import pytest

from desktop.replica import sync_tally
from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity
from desktop.sync import schedule
from desktop.sync.engine import CAUGHT_UP_ROWS, SyncEngine
from desktop.sync.verification import DAY_US
from desktop.usecases.line_state import FullStatus, LineState, line_facts
from desktop.usecases.review_sync import SyncControl
from shared.clock import MICROSECONDS_PER_SECOND, SettableClock
from shared.errors import EnvironmentFailure, UserError
from shared.sync.wire import PushAnswer, PushRequest, VerifyAnswer, VerifyRequest
from tests.helpers.fake_server import FakeServer
from tests.integration.device.test_engine import sell, server

__all__ = ["server"]


@pytest.fixture
def engine(replica: Replica, server: FakeServer, clock: SettableClock) -> SyncEngine:
    return SyncEngine(replica, server, clock)


def verified_at(replica: Replica) -> int | None:
    with replica.read() as connection:
        found = sync_tally.last_verification(connection)
    return None if found is None else found.at


def test_given_the_engine_then_it_is_what_the_sync_centre_needs(engine: SyncEngine) -> None:
    assert isinstance(engine, SyncControl)
    assert isinstance(engine.status(), FullStatus)


def test_given_a_push_that_fails_while_pulls_go_on_then_it_is_online_and_says_what_holds_it_up(
    replica: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.cycle()

    def fail(_request: PushRequest) -> PushAnswer:
        raise EnvironmentFailure("server_failed", "The server could not do it (status 500). Try again later.")

    with monkeypatch.context() as patch:
        patch.setattr(server, "push", fail)
        sell(replica)
        clock.advance(5)
        for _ in range(2):
            with pytest.raises(EnvironmentFailure, match="status 500"):
                engine.cycle()
        status = engine.status()
        assert (status.state, status.pending, status.last_error) == (LineState.ONLINE, 1, "")
        assert status.hold_up.startswith("The server could not do it")
        assert [event.kind for event in engine.details().events].count("failed") == 1
    engine.cycle()
    assert (engine.status().hold_up, engine.status().pending) == ("", 0)


def test_given_a_busy_server_then_the_state_says_so_and_when_it_is_tried_again(
    server: FakeServer, engine: SyncEngine, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: object) -> None:
        raise EnvironmentFailure("server_busy", "The server is busy.", retry_after_seconds=40)

    monkeypatch.setattr(server, "pull", busy)
    engine.start()
    try:
        for _ in range(2_000):
            if engine.status().retry_at is not None:
                break
            threading.Event().wait(0.005)
    finally:
        engine.stop()
    status = engine.status()
    assert status.state is LineState.BUSY
    assert status.retry_at is not None
    assert status.retry_at - clock.now() >= 40 * MICROSECONDS_PER_SECOND


def test_given_a_revoked_device_then_the_state_says_how_much_was_handed_in(
    replica: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    engine.cycle()
    server.is_revoked = True
    sell(replica)
    with pytest.raises(EnvironmentFailure) as told:
        engine.cycle()
    assert told.value.code == "device_revoked"
    facts = line_facts(engine)
    assert (facts.state, facts.handed_in) == (LineState.REVOKED, 1)


def test_given_a_new_replica_a_restored_server_and_the_switch_then_each_has_its_state(
    replica: Replica, engine: SyncEngine, server: FakeServer
) -> None:
    engine.cycle()
    assert engine.status().state is LineState.ONLINE
    with replica.write() as unit:
        change_identity(unit.connection, consistent_at=None)
    assert engine.status().state is LineState.FILLING
    engine.go_offline()
    assert engine.status().state is LineState.SWITCHED_OFF
    engine.go_online()
    server.epoch += 1
    server.before_pull = lambda: states.append(engine.status().is_recovering)
    states: list[bool] = []
    engine.cycle()
    assert any(states)
    assert not engine.status().is_recovering


def test_given_a_consistent_cycle_then_it_verifies_once_a_day_and_after_much_came(
    replica: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock
) -> None:
    engine.cycle()
    first = verified_at(replica)
    assert first == clock.now()
    clock.advance(60)
    engine.cycle()
    assert verified_at(replica) == first
    for number in range(CAUGHT_UP_ROWS):
        server.put("category", {"id": bytes_id(number), "name": f"Category {number}"})
    engine.cycle()
    assert verified_at(replica) == clock.now()
    clock.advance(DAY_US / MICROSECONDS_PER_SECOND)
    engine.cycle()
    assert verified_at(replica) == clock.now()


def test_given_a_row_that_got_lost_here_when_the_day_is_over_then_the_cycle_brings_it_back_and_tells(
    replica: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock
) -> None:
    lost = bytes_id(1)
    server.put("category", {"id": lost, "name": "Teas"})
    engine.cycle()
    with replica.write() as unit:
        unit.connection.exec_driver_sql("DELETE FROM membership WHERE id = ?", (lost.bytes,))
        unit.connection.exec_driver_sql("DELETE FROM category WHERE id = ?", (lost.bytes,))
    clock.advance(DAY_US / MICROSECONDS_PER_SECOND)
    report = engine.cycle()

    assert report.is_consistent
    with replica.read() as connection:
        assert connection.exec_driver_sql("SELECT name FROM category WHERE id = ?", (lost.bytes,)).scalar() == "Teas"
        found = sync_tally.last_verification(connection)
    assert found is not None
    assert found.repaired == found.differed > 0
    assert any("put right" in event.text for event in engine.details().events)


def test_given_a_verification_that_fails_then_the_cycle_does_not_and_it_is_left_alone_for_a_while(
    replica: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fail(_request: VerifyRequest) -> VerifyAnswer:
        asked.append(1)
        raise EnvironmentFailure("server_answer_malformed", "No such place.")

    monkeypatch.setattr(server, "verify", fail)
    for _ in range(3):
        assert engine.cycle().is_consistent
    assert (engine.status().state, len(asked)) == (LineState.ONLINE, 1)
    clock.advance(schedule.VERIFY_AGAIN_US / MICROSECONDS_PER_SECOND)
    engine.cycle()
    assert len(asked) == 2


def test_given_a_verification_by_hand_then_it_tells_its_steps_and_stops_when_asked(
    engine: SyncEngine, server: FakeServer
) -> None:
    steps: list[tuple[str, int]] = []
    report = engine.verify(is_deep=True, on_step=lambda scope, rows: steps.append((scope, rows)))
    assert report.agrees
    assert steps
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(UserError) as told:
        engine.verify(cancelled=stopped)
    assert told.value.code == "verify_cancelled"
    assert engine.cycle().is_consistent, "the line is free again"


def bytes_id(number: int):
    from uuid import UUID

    return UUID(int=number + 1_000)
