"""A worker on a real streaming standby of a real PostgreSQL: behind, in step again, and promoted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.sync.wire import PullAnswer, PullRequest, SentMutation
from sync_server.auth.service import issue_token
from sync_server.db.engine import make_engine
from sync_server.db.migrate import migrate
from sync_server.db.sessions import Database
from sync_server.settings import ServerSettings
from tests.helpers.postgres_pair import PostgresServer, running_primary, running_standby
from tests.helpers.protocol_device import ProtocolDevice, error_of, make_store, running_server, unpacked, wire_row
from tests.helpers.tcp_switch import TcpSwitch

DATABASE = "counterfoil"


@contextmanager
def opened(server: PostgresServer) -> Iterator[Database]:
    engine = make_engine(ServerSettings(home=Path(), database_url=server.url_of(DATABASE)))
    yield Database(engine, SystemClock(), TimeOrderedIds())
    engine.dispose()


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[PostgresServer]:
    """A running server with a store."""
    with running_primary(tmp_path / "primary", DATABASE) as server:
        with opened(server) as database:
            migrate(database.engine)
            make_store(database, "HS")
        yield server


@pytest.fixture
def standby(primary: PostgresServer, tmp_path: Path) -> Iterator[PostgresServer]:
    with running_standby(tmp_path / "standby", primary) as server:
        yield server


def test_given_a_standby_when_it_is_behind_in_step_and_promoted_then_devices_are_told_not_yet_the_same_and_a_new_epoch(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with (
        TcpSwitch(primary.port) as line,
        opened(primary) as database,
        running_server(f"postgresql://postgres@127.0.0.1:{line.port}/{DATABASE}", home=tmp_path / "one") as url,
    ):
        till, other = (ProtocolDevice(url, database, "HS") for _ in range(2))
        add_barcode(till)
        till.pull_all()
        other.pull_all()
        until(lambda: replayed(standby) >= written(primary))
        standby.ask("SELECT pg_wal_replay_pause()")
        add_barcode(till)
        till.pull_all()

        line.lead_to(standby.port)
        answer = answered(lambda: ask(till))
        assert (answer.status_code, error_of(answer)["error"]) == (503, "not_yet")
        assert int(answer.headers["retry-after"]) >= 1
        still = unpacked(answered(lambda: ask(other)), PullAnswer)
        assert (still.epoch, [page.scope for page in still.pages if page.restart or page.rows]) == (1, [])
        refused = answered(lambda: till.try_push([barcode_of(till, number=99)]), is_done=is_anything)
        assert (refused.status_code, error_of(refused)["error"]) == (503, "database_unavailable")

        standby.ask("SELECT pg_wal_replay_resume()")
        until(lambda: ask(till).status_code == 200)
        caught_up = unpacked(ask(till), PullAnswer)
        assert (caught_up.epoch, [page.scope for page in caught_up.pages if page.restart or page.rows]) == (1, [])
        assert [row.entity for page in unpacked(ask(other), PullAnswer).pages for row in page.rows] == ["barcode"]

        primary.stop()
        standby.promote()
        until(lambda: ask(till).status_code == 200 and unpacked(ask(till), PullAnswer).epoch == 2)
        after = unpacked(ask(till), PullAnswer)
        assert {page.scope for page in after.pages if page.restart} == {
            scope for scope, cursor in till.cursors.items() if cursor.position
        }
        till.epoch = 2
        assert till.push([barcode_of(till)]).results[0].status == "applied"
        for device in (till, other):
            device.close()


def test_given_a_worker_that_starts_on_a_standby_when_asked_then_it_reads_and_leaves_the_home_as_it_was(
    primary: PostgresServer, standby: PostgresServer, tmp_path: Path
) -> None:
    with opened(primary) as database, running_server(primary.url_of(DATABASE), home=tmp_path / "one") as url:
        till = ProtocolDevice(url, database, "HS")
        add_barcode(till)
        till.pull_all()
        until(lambda: replayed(standby) >= written(primary))
        standby.ask("SELECT pg_wal_replay_pause()")
        add_barcode(till)
        till.pull_all()
        with running_server(standby.url_of(DATABASE), home=tmp_path / "two") as reader:
            with httpx.Client(base_url=reader, timeout=30) as client:
                there, till.client = till.client, client
                till.token = issue_token(database.identity, till.id, SystemClock().now()).token
                answer = ask(till)
                assert (answer.status_code, error_of(answer)["error"]) == (503, "not_yet")
                standby.ask("SELECT pg_wal_replay_resume()")
                until(lambda: ask(till).status_code == 200)
                till.client = there
            assert not (tmp_path / "two" / "epoch.json").exists()
        with database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM epoch_log")).scalar_one() == 1
        till.close()


def ask(device: ProtocolDevice) -> httpx.Response:
    """A pull whose answer is not applied."""
    cursors = list(device.cursors.values())
    return device.post(
        "/sync/pull", PullRequest(1, device.epoch, device.incarnation.bytes, cursors, witness=device.witness)
    )


def barcode_of(device: ProtocolDevice, number: int | None = None) -> SentMutation:
    row = wire_row("barcode", {"code": str(SystemClock().now()), "quantity": 1})
    mutation = device.record("barcode", [row, {}], "create")
    if number is not None:
        device.next_number -= 1
        mutation.number = number
    return mutation


def add_barcode(device: ProtocolDevice) -> None:
    assert device.push([barcode_of(device)]).results[0].status == "applied"


def answered(
    ask_once: Callable[[], httpx.Response],
    is_done: Callable[[httpx.Response], bool] = lambda got: error_code(got) != "database_unavailable",
) -> httpx.Response:
    """The first answer after the lines to the database were cut: the first calls find them broken."""
    found: list[httpx.Response] = []

    def is_answered() -> bool:
        found[:] = [ask_once()]
        return is_done(found[0])

    until(is_answered)
    return found[0]


def is_anything(answer: httpx.Response) -> bool:
    del answer
    return True


def error_code(answer: httpx.Response) -> str:
    return "" if answer.status_code == 200 else str(error_of(answer)["error"])


def written(primary: PostgresServer) -> int:
    return int(str(primary.ask("SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint")))


def replayed(standby: PostgresServer) -> int:
    return int(str(standby.ask("SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint")))


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(400):
        if is_so():
            return
        threading.Event().wait(0.05)
    pytest.fail("it did not come about in twenty seconds")
