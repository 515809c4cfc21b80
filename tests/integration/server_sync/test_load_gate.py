"""More than a worker can do in time is turned away at once, with a pause that differs; nothing is lost, nobody hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

import httpx
import pytest
from sqlalchemy import Connection

from shared.sync.wire import SentMutation
from sync_server.db.sessions import Database
from sync_server.sync import apply_service, effects
from sync_server.sync.load_gate import GateBounds, LoadGate, TooBusy, spread_pause
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, make_store, running_server, sale_payload


@pytest.fixture
def database(fresh_database: Database) -> Database:
    return fresh_database


@pytest.fixture
def tight(database: Database) -> Iterator[str]:
    """A worker that takes two pushes at once, lets two wait, none for long, and has few connections."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    make_store(database, "HS")
    bounds = {"sync_at_work": 2, "sync_waiting": 2, "sync_wait_seconds": 0.3, "pool_wait_seconds": 0.3}
    with running_server(url, **bounds) as address:
        yield address


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Sales wait in their transaction until the event is set."""
    let_go = threading.Event()
    real = effects.AFTER_RECORD["sale"]

    def hold(connection: Connection, context: object, sale_ids: list[object]) -> None:
        let_go.wait(20)
        real(connection, context, sale_ids)

    monkeypatch.setattr(apply_service, "AFTER_RECORD", {**effects.AFTER_RECORD, "sale": hold})
    yield let_go
    let_go.set()


def one_sale(till: ProtocolDevice) -> list[SentMutation]:
    return [till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))]


def push_one(till: ProtocolDevice) -> httpx.Response:
    return till.try_push(one_sale(till))


def test_given_more_pushes_than_fit_then_the_rest_are_told_to_come_again_and_pulls_go_on(
    tight: str, database: Database, held_back: threading.Event
) -> None:
    tills = [ProtocolDevice(tight, database, "HS") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        batches = [one_sale(till) for till in tills]
        sent = [pool.submit(till.try_push, batch) for till, batch in zip(tills, batches, strict=True)]
        turned_away = wait_for_answers(sent, 6)
        assert {answer.status_code for answer in turned_away} == {503}
        assert {error_of(answer)["error"] for answer in turned_away} == {"server_busy"}
        pauses = [int(answer.headers["Retry-After"]) for answer in turned_away]
        assert all(1 <= pause <= 6 for pause in pauses)
        assert tills[0].pull().epoch == 1, "a pull has a lane of its own"
        held_back.set()
        answers = [each.result() for each in sent]
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [503] * 6
    again = [till.push(batch) for till, batch in zip(tills, batches, strict=True)]
    assert [answer.results[0].status for answer in again] == ["applied"] * 8, "whoever came again was taken"
    for till in tills:
        till.close()


def wait_for_answers(sent: list[Future[httpx.Response]], count: int) -> list[httpx.Response]:
    """The first so many that are answered; the others are held back."""
    found = []
    for future in as_completed(sent, timeout=20):
        found.append(future.result())
        if len(found) == count:
            return found
    raise AssertionError("too few were answered")


def test_given_no_database_connection_left_then_it_is_503_with_a_pause_and_never_500(
    tight: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with running_server(url, pool_size=1, pool_wait_seconds=0.2, sync_at_work=6) as starved:
        till = ProtocolDevice(starved, database, "HS")
        others = [ProtocolDevice(starved, database, "HS") for _ in range(5)]
        let_go, reached = threading.Event(), threading.Semaphore(0)

        def hold(connection: Connection, context: object, sale_ids: list[object]) -> None:
            reached.release()
            let_go.wait(20)

        monkeypatch.setattr(apply_service, "AFTER_RECORD", {**effects.AFTER_RECORD, "sale": hold})
        with ThreadPoolExecutor(5) as pool:
            holding = [pool.submit(push_one, each) for each in others]
            for _ in others:
                assert reached.acquire(timeout=20)
            told = push_one(till)
            let_go.set()
            assert [each.result().status_code for each in holding] == [200] * 5
        assert told.status_code == 503
        assert error_of(told)["error"] == "database_unavailable"
        assert 1 <= int(told.headers["Retry-After"]) <= 6
        for each in (till, *others):
            each.close()


async def others_run() -> None:
    """Every task that can begin has begun."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_given_a_gate_then_who_waits_gets_the_place_that_is_freed_and_nobody_is_kept_beyond_the_bound() -> None:
    async def scenario() -> tuple[list[int], list[str]]:
        gate = LoadGate("push", GateBounds(at_work=1, waiting=1, wait_seconds=30), lambda: 0.5)
        let_go = threading.Event()
        first = asyncio.create_task(gate.run(lambda: (let_go.wait(20), 1)[1]))
        await others_run()
        second = asyncio.create_task(gate.run(lambda: 2))
        await others_run()
        assert (gate.at_work, gate.waiting) == (1, 1)
        refused = []
        for attempt in (gate.look, None):
            try:
                if attempt is not None:
                    attempt()
                else:
                    await gate.run(lambda: 3)
            except TooBusy as busy:
                refused.append(busy.code)
        let_go.set()
        done = [await first, await second, await gate.run(lambda: 4)]
        assert (gate.at_work, gate.waiting, gate.sent_away) == (0, 0, 2)
        return done, refused

    assert asyncio.run(scenario()) == ([1, 2, 4], ["server_busy", "server_busy"])


def test_given_a_call_that_fails_then_its_place_is_free_again() -> None:
    async def scenario() -> int:
        gate = LoadGate("push", GateBounds(at_work=1, waiting=1, wait_seconds=5), lambda: 0.0)

        def fail() -> int:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await gate.run(fail)
        return await gate.run(lambda: 7)

    assert asyncio.run(scenario()) == 7


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1), (0.5, 4), (0.999, 6)])
def test_given_a_pause_then_chance_spreads_it_over_the_whole_range(chance: float, seconds: int) -> None:
    assert spread_pause(lambda: chance) == seconds
