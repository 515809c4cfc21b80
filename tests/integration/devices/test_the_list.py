"""What the operator and the office see of devices, and what it costs to know it."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, text
from typer.testing import CliRunner

from shared.clock import MICROSECONDS_PER_SECOND, SettableClock, SystemClock
from shared.sync.wire import Cursor, PullRequest, PushRequest, SentMutation
from sync_server.cli import app
from sync_server.db.sessions import Database
from sync_server.devices import service
from sync_server.devices.seen_repository import Seen
from sync_server.devices.seen_service import SeenBoard, Sighting
from sync_server.devices.service import ListedDevice
from tests.helpers.lives import Shop
from tests.helpers.protocol_device import ProtocolDevice

MINUTE_US = 60 * MICROSECONDS_PER_SECOND


@pytest.fixture
def office(shop: Shop) -> Iterator[ProtocolDevice]:
    made = ProtocolDevice(shop.url, shop.database, "HS", kind="office")
    yield made
    made.close()


@pytest.fixture
def till(shop: Shop) -> Iterator[ProtocolDevice]:
    made = ProtocolDevice(shop.url, shop.database, "HS")
    yield made
    made.close()


@contextmanager
def writes(database: Database) -> Iterator[list[str]]:
    """Every statement meanwhile that is no look-up."""
    seen: list[str] = []

    def note(*given: object) -> None:
        statement = str(given[2]).lstrip().upper()
        if not statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def listed(database: Database, device_id: uuid.UUID) -> ListedDevice:
    with database.reading() as connection:
        return next(each for each in service.list_devices(connection) if each.id == device_id)


def told(device_id: uuid.UUID, at: int, **more: object) -> Seen:
    seen = Seen(device_id, uuid.UUID(int=1), at, "counterfoil/0.1.0", 2, 0, None, None)
    return replace(seen, **more)


def test_given_a_thousand_idle_polls_when_flushed_then_they_cost_one_statement_in_all(
    database: Database, till: ProtocolDevice, office: ProtocolDevice
) -> None:
    board = SeenBoard(database)
    request = PullRequest(2, 1, uuid.UUID(int=7).bytes, [Cursor("catalogue", 5)], device_time=1, waiting=3)
    with writes(database) as written:
        for at in range(500):
            for device in (till, office):
                Sighting(board, at, "counterfoil/0.1.0").pulled(device.id, request, [])
        assert written == []
        assert board.flush() == 2
        assert len(written) == 1
        assert board.flush() == 0
        assert len(written) == 1
    assert listed(database, till.id).last_seen_at == 499


def test_given_a_device_that_pulled_and_fell_behind_when_listed_then_its_lag_and_what_waits_on_it_are_said(
    database: Database, till: ProtocolDevice
) -> None:
    with database.reading() as connection:
        query = text("SELECT position FROM sync_scope WHERE name = 'catalogue'")
        catalogue = int(connection.execute(query).scalar_one())
    board = SeenBoard(database)
    behind = {"catalogue": catalogue - 12, "gone": 5}
    board.note(told(till.id, 10, positions=behind, waiting=4, clock_skew_us=7 * MINUTE_US))
    board.note(told(till.id, 11, waiting=2))
    board.note(told(till.id, 9, waiting=99))
    board.flush()
    found = listed(database, till.id)
    assert (found.behind, found.behind_by_scope) == (12, {"catalogue": 12})
    assert (found.waiting, found.clock_skew_us, found.last_seen_at) == (2, 7 * MINUTE_US, 11)
    assert (found.program, found.schema, found.incarnation) == ("counterfoil/0.1.0", 2, uuid.UUID(int=1))
    board.note(told(till.id, 12))
    board.flush()
    assert listed(database, till.id).behind == 12, "a push says nothing of positions: they stay"


def test_given_a_push_then_what_is_left_waiting_is_what_it_did_not_carry(
    database: Database, till: ProtocolDevice
) -> None:
    board = SeenBoard(database)
    sent = [SentMutation(number, b"", "", 1, b"", b"", 0) for number in (1, 2)]
    request = PushRequest(2, uuid.UUID(int=7).bytes, 90, sent, waiting=5)
    Sighting(board, 100, "x" * 500).pushed(till.id, request)
    board.flush()
    found = listed(database, till.id)
    assert (found.waiting, found.clock_skew_us, len(found.program)) == (3, -10, 80)


def test_given_a_real_till_with_a_wrong_clock_when_it_syncs_then_it_is_listed_and_still_sells(
    shop: Shop, database: Database
) -> None:
    shop.clock = SettableClock(SystemClock().now() + 11 * MINUTE_US)
    who = shop.join("till").identity
    with shop.open("till") as open_till:
        open_till.sell()
        open_till.sync()
        assert open_till.engine.status().clock_offset_us == pytest.approx(-11 * MINUTE_US, abs=30_000_000)
    deadline = SystemClock().now() + MINUTE_US
    pause = threading.Event()
    while listed(database, who.device_id).clock_skew_us is None:  # The worker writes every few seconds.
        assert SystemClock().now() < deadline
        pause.wait(0.1)
    found = listed(database, who.device_id)
    assert found.clock_skew_us == pytest.approx(11 * MINUTE_US, abs=30_000_000)
    assert found.program.startswith("counterfoil/")
    assert found.lives == 1
    with database.reading() as connection:
        assert service.skewed_devices(connection) >= 1


def test_given_an_office_when_it_asks_for_devices_then_it_sees_all_and_may_revoke_and_make_codes(
    shop: Shop, office: ProtocolDevice, till: ProtocolDevice
) -> None:
    with httpx.Client(base_url=shop.url, headers={"Authorization": f"Bearer {office.token}"}) as client:
        every = client.get("/devices").json()["devices"]
        assert {str(office.id), str(till.id)} <= {each["id"] for each in every}
        code = client.post("/devices/codes", json={"purpose": "recover", "device_id": str(till.id)})
        assert len(code.json()["code"]) == 11
        code = client.post("/devices/codes", json={"purpose": "replace", "store": "HS", "number": till.number})
        new = shop.enrol("new", code.json()["code"])
        assert new.identity.number == till.number
        assert till.try_push([]).status_code == 401, "who was replaced is out at once"
        other = ProtocolDevice(shop.url, shop.database, "HS")
        revoked = client.post(f"/devices/{other.id}/revoke")
        assert revoked.json()["revoked_at"] is not None
        assert other.try_push([]).status_code == 401
        other.close()
        assert client.post(f"/devices/{uuid.uuid4()}/revoke").status_code == 404
        for wrong in ({"store": "NO"}, {"purpose": "recover"}, {"purpose": "replace", "store": "HS", "number": 999}):
            assert client.post("/devices/codes", json=wrong).status_code == 422


def test_given_a_till_or_nobody_when_it_asks_for_devices_then_it_is_refused(shop: Shop, till: ProtocolDevice) -> None:
    calls = (("GET", "/devices"), ("POST", "/devices/codes"), ("POST", f"/devices/{till.id}/revoke"))
    with httpx.Client(base_url=shop.url) as client:
        for method, path in calls:
            body = {} if method == "POST" else None
            bearer = {"Authorization": f"Bearer {till.token}"}
            refused = client.request(method, path, json=body, headers=bearer)
            assert (refused.status_code, refused.json()["error"]) == (403, "office_only")
            assert client.request(method, path, json=body).status_code == 401


def test_given_the_operators_commands_then_devices_are_a_table_and_json_and_the_key_is_made_once(
    shop: Shop, database_url: str, till: ProtocolDevice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", database_url)
    monkeypatch.setenv("COUNTERFOIL_HOME", str(tmp_path))
    runner = CliRunner()
    table = runner.invoke(app, ["devices"])
    assert table.exit_code == 0, table.output
    assert str(till.id) in table.output
    assert "behind" in table.output
    rows = json.loads(runner.invoke(app, ["devices", "--json"]).output)
    row = next(each for each in rows if each["id"] == str(till.id))
    assert {"behind_by_scope", "clock_skew_us", "waiting", "lives", "receipt_series", "program"} <= row.keys()
    assert "none yet" in runner.invoke(app, ["doctor"]).output
    made = runner.invoke(app, ["recovery-key"])
    assert made.exit_code == 0, made.output
    assert runner.invoke(app, ["recovery-key"]).exit_code != 0
    assert runner.invoke(app, ["recovery-key", "--replace"]).exit_code == 0
    assert "none yet" not in runner.invoke(app, ["doctor"]).output
    code = runner.invoke(app, ["enrol-code", "--store", "HS", "--number", str(till.number), "--replace"])
    assert len(code.output.strip()) == 11, code.output
    assert runner.invoke(app, ["recovery-code", str(till.id)]).exit_code == 0
