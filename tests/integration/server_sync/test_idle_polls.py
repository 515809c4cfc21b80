"""Polls that find nothing new take a short way: its answers are those of the whole way, and whatever is not idle is not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.limits import TOKEN_LIFETIME_SECONDS
from shared.sync.wire import CONTENT_TYPE, PullAnswer, PullRequest
from sync_server.auth import token_service
from sync_server.auth.service import issue_token
from sync_server.auth.token_service import TokenCache
from sync_server.db.sessions import Database, DBAPIError
from sync_server.errors import Unauthorised
from sync_server.sync import idle_desk, idle_service, pull_service
from sync_server.sync.idle_desk import IdleDesk
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, make_store, running_server, unpacked, wire_row


@pytest.fixture
def database(fresh_database: Database) -> Database:
    return fresh_database


@pytest.fixture
def server(database: Database) -> Iterator[str]:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    make_store(database, "HS")
    with running_server(url) as address:
        yield address


@pytest.fixture
def till(server: str, database: Database) -> Iterator[ProtocolDevice]:
    """A till that has everything."""
    device = ProtocolDevice(server, database, "HS")
    device.pull_all()
    yield device
    device.close()


@pytest.fixture
def whole_pulls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with each pull that goes the whole way."""
    made: list[object] = []
    real = pull_service.answer_pull

    def count(*arguments: Any, **options: Any) -> object:
        made.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(pull_service, "answer_pull", count)
    return made


def add_cups(till: ProtocolDevice, count: int) -> None:
    for _ in range(count):
        product = ids.new()
        root = wire_row("product", {"id": product, "name": "Cup"})
        variant = wire_row("product", {"product_id": product, "sku": f"C-{till.next_number}"}, "variant")
        assert (
            till.push([till.record("product", [root, {"variant": [variant]}], "create")]).results[0].status == "applied"
        )


def polled(till: ProtocolDevice, **changes: Any) -> httpx.Response:
    cursors = list(till.cursors.values())
    request = PullRequest(1, till.epoch, till.incarnation.bytes, cursors, witness=till.witness)
    return till.post("/sync/pull", msgspec.structs.replace(request, **changes))


def test_given_nothing_new_when_polled_then_the_short_way_says_what_the_whole_way_says(
    till: ProtocolDevice, database: Database, whole_pulls: list[object]
) -> None:
    add_cups(till, 1)
    till.pull_all()
    whole_pulls.clear()
    short = unpacked(polled(till), PullAnswer)
    assert whole_pulls == []
    till.token = issue_token(database.identity, till.id, SystemClock().now() + 5_000_000).token
    whole = unpacked(polled(till), PullAnswer)
    assert len(whole_pulls) == 1, "a token that was never seen is looked at closely"
    assert short == msgspec.structs.replace(whole, server_time=short.server_time)
    assert (short.last_number, short.epoch, [page.rows for page in short.pages if page.rows]) == (1, 1, [])


def test_given_something_new_when_polled_then_it_comes(till: ProtocolDevice, whole_pulls: list[object]) -> None:
    polled(till)
    add_cups(till, 1)
    answer = till.pull()
    assert [row.entity for page in answer.pages for row in page.rows] == ["product"]
    assert len(whole_pulls) == 1


def test_given_a_refused_mutation_when_polled_then_its_result_is_told_again(till: ProtocolDevice) -> None:
    till.push([till.mutation("nonsense.create", {})])
    till.pull_all()
    assert [each.status for each in till.pull().results] == ["refused"]


def test_given_a_device_revoked_since_when_polled_then_it_is_turned_away(
    till: ProtocolDevice, database: Database
) -> None:
    assert polled(till).status_code == 200
    with database.writing() as connection:
        connection.execute(text("UPDATE device SET revoked_at = 1 WHERE id = :id"), {"id": till.id})
    answer = polled(till)
    assert (answer.status_code, error_of(answer)["error"]) == (401, "device_revoked")


def test_given_a_restore_since_when_polled_then_the_new_epoch_is_told(till: ProtocolDevice, database: Database) -> None:
    assert polled(till).status_code == 200
    with database.writing() as connection:
        connection.execute(text("UPDATE server_state SET epoch = epoch + 1"))
    assert unpacked(polled(till), PullAnswer).epoch == 2


def test_given_a_mark_of_another_history_when_polled_then_the_scope_begins_anew(till: ProtocolDevice) -> None:
    scope, cursor = next((scope, cursor) for scope, cursor in till.cursors.items() if cursor.position)
    others = [each for each in till.cursors.values() if each.scope != scope]
    strange = msgspec.structs.replace(cursor, mark=bytes(16))
    answer = unpacked(polled(till, cursors=[strange, *others]), PullAnswer)
    assert [page.scope for page in answer.pages if page.restart] == [scope]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"rubbish", 400, "body_malformed"), (b"x" * 9 * 1024**2, 413, "body_too_large")],
)
def test_given_a_body_that_is_no_poll_then_it_is_refused_as_ever(
    till: ProtocolDevice, body: bytes, status: int, code: str
) -> None:
    polled(till)
    headers = {"Authorization": f"Bearer {till.token}", "Content-Type": CONTENT_TYPE}
    answer = till.client.post("/sync/pull", content=body, headers=headers)
    assert (answer.status_code, error_of(answer)["error"]) == (status, code)
    in_parts = till.client.post("/sync/pull", content=iter([b"rub", b"bish"]), headers=headers)
    assert error_of(in_parts)["error"] == "body_malformed"


def test_given_no_token_or_a_wrong_one_when_polled_then_it_is_turned_away(till: ProtocolDevice) -> None:
    till.token = "x.y.z"
    assert error_of(polled(till))["error"] == "token_invalid"
    assert error_of(till.client.post("/sync/pull", content=b""))["error"] == "token_missing"


def test_given_a_database_that_is_away_for_a_moment_when_polled_then_the_whole_way_answers(
    till: ProtocolDevice, monkeypatch: pytest.MonkeyPatch, whole_pulls: list[object]
) -> None:
    def fail(*_: object) -> None:
        raise DBAPIError("SELECT", None, OSError("gone"))

    polled(till)
    monkeypatch.setattr(idle_service, "look", fail)
    assert polled(till).status_code == 200
    assert len(whole_pulls) == 1


def test_given_a_token_that_was_good_when_its_time_is_over_then_it_is_good_no_more(database: Database) -> None:
    make_store(database, "HS")
    tokens, device = TokenCache(), database.ids.new()
    now = database.clock.now()
    token = issue_token(database.identity, device, now).token
    assert tokens.find(token, now) is None, "nobody has looked at it yet"
    assert tokens.device_of(database, token) == tokens.find(token, now) == device
    assert tokens.find(token, now + TOKEN_LIFETIME_SECONDS * 1_000_000) is None
    with pytest.raises(Unauthorised, match="not one of this server"):
        tokens.device_of(database, token + "x")
    assert tokens.find(token + "x", now) is None


def test_given_more_tokens_than_are_remembered_then_the_memory_stays_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_service, "TOKENS_MAX", 3)
    tokens, now = TokenCache(), database.clock.now()
    made = [issue_token(database.identity, database.ids.new(), now).token for _ in range(10)]
    for token in made:
        tokens.device_of(database, token)
    assert sum(tokens.find(token, now) is not None for token in made) <= 3


def test_given_many_tills_when_they_poll_at_once_then_each_hears_of_itself(server: str, database: Database) -> None:
    tills = [ProtocolDevice(server, database, "HS") for _ in range(6)]
    for at, till in enumerate(tills):
        add_cups(till, at)
    for till in tills:
        till.pull_all()

    def last_numbers(till: ProtocolDevice) -> set[int]:
        return {unpacked(polled(till), PullAnswer).last_number for _ in range(20)}

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(last_numbers, tills)) == [{0}, {1}, {2}, {3}, {4}, {5}]
    for till in tills:
        till.close()


def test_given_questions_while_one_is_answered_then_they_are_answered_together() -> None:
    together: list[list[int]] = []
    began, go_on = threading.Event(), threading.Event()

    def answer(asked: Sequence[int]) -> list[int]:
        together.append(list(asked))
        began.set()
        go_on.wait(20)
        return [number * 10 for number in asked]

    async def scenario() -> list[int | None]:
        desk: IdleDesk[int, int] = IdleDesk(answer, waiting_max=3, wait_seconds=20)
        asking = [asyncio.create_task(desk.ask(0))]
        assert await asyncio.to_thread(began.wait, 20)
        asking += [asyncio.create_task(desk.ask(number)) for number in range(1, 5)]
        await asking[-1]
        go_on.set()
        return [await each for each in asking]

    assert asyncio.run(scenario()) == [0, 10, 20, 30, None], "one too many is not kept"
    assert together == [[0], [1, 2, 3]]


def test_given_a_look_that_fails_or_takes_too_long_then_those_who_asked_hear_and_the_next_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle_desk, "TOGETHER_MAX", 1)
    go_on = threading.Event()

    def answer(asked: Sequence[str]) -> list[str]:
        if asked[0] == "fail":
            raise ZeroDivisionError
        if asked[0] == "slow":
            go_on.wait(20)
        return list(asked)

    async def scenario() -> tuple[str | None, str | None]:
        desk: IdleDesk[str, str] = IdleDesk(answer, waiting_max=9, wait_seconds=0.1)
        with pytest.raises(ZeroDivisionError):
            await desk.ask("fail")
        slow = await desk.ask("slow")
        go_on.set()
        return slow, await desk.ask("well")

    assert asyncio.run(scenario()) == (None, "well")
