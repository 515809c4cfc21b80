"""Who may sync: one-time codes, tokens, assertions, revocation."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event, text

from shared.clock import MICROSECONDS_PER_SECOND, SettableClock, SystemClock
from shared.errors import UserError
from shared.ids import TimeOrderedIds
from shared.limits import ENROL_CODE_LIFETIME_SECONDS, TOKEN_LIFETIME_SECONDS
from sync_server.auth import service as auth
from sync_server.auth.channel_cache import STALENESS_MAX_SECONDS, ChannelCache
from sync_server.db.sessions import Database
from sync_server.devices import joining_service, service
from sync_server.errors import Unauthorised
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids

KEY = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
OTHER_KEY = base64.urlsafe_b64encode(b"1" * 32).decode().rstrip("=")


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server) as client:
        yield client


@pytest.fixture(autouse=True)
def no_attempts(database: Database) -> Iterator[None]:
    yield
    with database.writing() as connection:
        connection.execute(text("DELETE FROM enrol_attempt"))


def code_for(database: Database, clock: SystemClock | SettableClock | None = None, **options: object) -> str:
    wanted = {"store_code": "HS", "kind": "till", **options}
    with database.writing() as connection:
        return joining_service.make_enrol_code(connection, clock or database.clock, **wanted)


def enrol(client: httpx.Client, code: str, key: str = KEY) -> httpx.Response:
    return client.post("/devices/enrol", json={"code": code, "public_key": key})


def test_given_a_code_typed_carelessly_then_it_enrols_once(
    client: httpx.Client, database: Database, store_code: str
) -> None:
    code = code_for(database, name="Front till")
    answer = enrol(client, " " + code.lower().replace("-", " ").replace("0", "o").replace("1", "l") + " ")
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == "Front till"
    another = enrol(client, code, OTHER_KEY)
    assert (another.status_code, another.json()["error"]) == (403, "enrol_code_invalid")


def test_given_an_answer_that_was_lost_when_the_same_device_asks_again_then_it_is_answered_the_same(
    client: httpx.Client, database: Database, store_code: str
) -> None:
    code = code_for(database)
    assert enrol(client, code).json() == enrol(client, code).json()


def test_given_a_wrong_code_then_it_is_refused_like_a_used_one(client: httpx.Client) -> None:
    for code in ("AAAAA-AAAAA", "", "x" * 5_000, "K7QF2-9XWTM\x00"):
        answer = enrol(client, code)
        assert (answer.status_code, answer.json()["error"]) == (403, "enrol_code_invalid")


def test_given_a_code_of_yesterday_then_it_is_refused(
    client: httpx.Client, database: Database, store_code: str
) -> None:
    clock = SettableClock(SystemClock().now() - (ENROL_CODE_LIFETIME_SECONDS + 1) * MICROSECONDS_PER_SECOND)
    answer = enrol(client, code_for(database, clock))
    assert (answer.status_code, answer.json()["error"]) == (403, "enrol_code_invalid")


def test_given_guessing_then_it_is_slowed_down_even_for_a_right_code(
    client: httpx.Client, database: Database, store_code: str
) -> None:
    code = code_for(database)
    answers = [enrol(client, f"AAAAA-AAA{n:02}") for n in range(joining_service.ATTEMPTS_MAX)]
    assert {answer.status_code for answer in answers} == {403}
    late = enrol(client, code)
    assert (late.status_code, late.json()["error"]) == (429, "enrol_too_often")


def test_given_a_key_that_is_none_then_it_is_refused(client: httpx.Client) -> None:
    for key in ("", "AAAA", "not base64!", "ä" * 43):
        answer = client.post("/devices/enrol", json={"code": "AAAAA-AAAAA", "public_key": key})
        assert (answer.status_code, answer.json()["error"]) == (400, "public_key_invalid")


def test_given_devices_in_a_store_then_each_gets_the_next_number_and_none_is_used_again(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    assert other_till.number == till.number + 1
    with database.writing() as connection:
        service.revoke(connection, database.clock, other_till.id)
    with pytest.raises(UserError) as refusal:
        code_for(database, number=other_till.number)
    assert refusal.value.code == "device_number_taken"


@pytest.mark.parametrize(
    ("options", "code"), [({"store_code": "NO"}, "store_unknown"), ({"kind": "fridge"}, "device_kind_unknown")]
)
def test_given_a_code_for_nowhere_then_it_is_not_made(
    database: Database, options: dict[str, object], code: str
) -> None:
    with pytest.raises(UserError) as refusal:
        code_for(database, **options)
    assert refusal.value.code == code


def test_given_no_token_or_a_foreign_one_then_sync_is_refused(till: ProtocolDevice) -> None:
    till.token = "x.y.z"
    answer = till.try_push([])
    assert (answer.status_code, error_of(answer)["error"]) == (401, "token_invalid")
    bare = till.client.post("/sync/pull", content=b"")
    assert (bare.status_code, error_of(bare)["error"]) == (401, "token_missing")


@pytest.mark.scenario("PowerSync service", "an expired token is refused by name")
def test_given_a_token_of_quarter_of_an_hour_ago_then_a_new_one_is_asked_for(
    till: ProtocolDevice, database: Database
) -> None:
    past = SystemClock().now() - (TOKEN_LIFETIME_SECONDS + 1) * MICROSECONDS_PER_SECOND
    till.token = auth.issue_token(database.identity, till.id, past).token
    answer = till.try_push([])
    assert (answer.status_code, error_of(answer)["error"]) == (401, "token_expired")


@pytest.mark.scenario("PowerSync service", "a token outlives the right to sync: looked at in each call")
def test_given_a_revoked_device_then_its_next_call_is_refused_with_a_token_still_valid(
    till: ProtocolDevice, database: Database
) -> None:
    assert till.try_push([]).status_code == 200
    with database.writing() as connection:
        service.revoke(connection, database.clock, till.id)
    for answer in (till.try_push([]), till.client.post("/devices/token", json={"assertion": till.assertion()})):
        assert (answer.status_code, error_of(answer)["error"]) == (401, "device_revoked")
    with till.client.stream("GET", "/sync/events", headers={"Authorization": f"Bearer {till.token}"}) as stream:
        assert stream.status_code == 401


def test_given_an_assertion_when_shown_twice_then_the_second_is_refused(till: ProtocolDevice) -> None:
    assertion = till.assertion()
    first, second = (till.client.post("/devices/token", json={"assertion": assertion}) for _ in range(2))
    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (401, "assertion_used")


def test_given_assertions_that_are_not_right_then_each_is_refused(till: ProtocolDevice) -> None:
    now = SystemClock().now() // MICROSECONDS_PER_SECOND
    wrong = {
        "assertion_invalid": [
            till.assertion(exp=now + 3_600),
            till.assertion(aud="somebody else"),
            till.assertion(iss=str(ids.new())),
            "nonsense",
        ],
        "assertion_expired": [till.assertion(iat=now - 3_600, exp=now - 3_550)],
        "device_unknown": [till.assertion(sub=str(ids.new()))],
    }
    till.key = Ed25519PrivateKey.from_private_bytes(os.urandom(32))
    wrong["assertion_invalid"].append(till.assertion())
    for code, assertions in wrong.items():
        for assertion in assertions:
            answer = till.client.post("/devices/token", json={"assertion": assertion})
            assert (answer.status_code, answer.json()["error"]) == (401, code)


def test_given_a_channel_with_a_key_then_it_is_known_by_it_and_by_nothing_else(database: Database) -> None:
    with database.writing() as connection:
        key = auth.create_api_key(connection, "web-shop", ids=TimeOrderedIds(), clock=database.clock)
    cache = ChannelCache()
    assert auth.channel_of_key(database, cache, key).name == "web-shop"
    for wrong in (key + "x", "", key[:-1]):
        with pytest.raises(Unauthorised):
            auth.channel_of_key(database, cache, wrong)


def test_given_a_key_that_is_revoked_then_it_opens_for_five_seconds_more_and_costs_no_look_up_until_then(
    database: Database,
) -> None:
    now = 0
    cache = ChannelCache(lambda: now)
    with database.writing() as connection:
        key = auth.create_api_key(connection, "marketplace", ids=TimeOrderedIds(), clock=database.clock)
    looked_up: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: looked_up.append(given[2]))
    for _ in range(50):
        auth.channel_of_key(database, cache, key)
    assert len([each for each in looked_up if "api_key" in each]) == 1
    with database.writing() as connection:
        connection.execute(text("UPDATE api_key SET revoked_at = 1 WHERE name = 'marketplace'"))
    now = STALENESS_MAX_SECONDS * MICROSECONDS_PER_SECOND - 1
    assert auth.channel_of_key(database, cache, key).name == "marketplace"
    now += 1
    with pytest.raises(Unauthorised):
        auth.channel_of_key(database, cache, key)


def test_given_the_openapi_document_then_every_endpoint_says_what_it_answers(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert {"/devices/enrol", "/devices/token", "/sync/push", "/sync/pull", "/sync/events", "/health"} <= set(
        document["paths"]
    )
    silent = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if not said.get("description") or not {"200", "201"} & set(said["responses"])
    ]
    assert silent == []
