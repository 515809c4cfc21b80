"""Scenarios where two things meet: a file and what came after it, a token and its end, an answer and who reads it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from desktop.replica.cursors import cursors
from desktop.replica.engine import Replica
from desktop.sync.engine import SyncEngine
from desktop.sync.transport import HttpServer
from shared.clock import SettableClock, SystemClock
from shared.errors import BugError
from shared.ids import TimeOrderedIds, derived_id
from shared.limits import TOKEN_LIFETIME_SECONDS
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import PullAnswer, PullRequest, Row, SnapshotOffer
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from sync_server.sample_shop.service import load_sample_shop
from sync_server.snapshots import service as snapshots
from sync_server.snapshots.service import Wanted
from sync_server.snapshots.shelf import Shelf, folder_in
from sync_server.sync.digest_service import digests
from tests.helpers.desks import digest_of
from tests.helpers.fake_server import FakeServer
from tests.helpers.lives import Shop
from tests.helpers.postgres import fresh_database, postgres
from tests.helpers.protocol_device import running_server
from tests.helpers.replica import KEY
from tests.helpers.sync_pair import CUP, agrees, name_of, product, variant

__all__ = ["fresh_database", "postgres"]

ids = TimeOrderedIds()


def url_of(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


# A file and the stream that follows it --------------------------------------------------------------------------------


@pytest.fixture
def with_files(fresh_database: Database, tmp_path: Path) -> Iterator[tuple[Shop, Shelf]]:
    """The sample shop, whose server offers files of the smallest scopes."""
    load_sample_shop(fresh_database)
    home = tmp_path / "server"
    with running_server(url_of(fresh_database), home=home, snapshot_rows_min=1) as url:
        yield Shop(url, fresh_database, tmp_path), Shelf(folder_in(home), 2**30)


def write_without_pause(database: Database, is_over: threading.Event) -> None:
    """Make, change and delete rows, also of long ago, until it is over."""
    mine: list[uuid.UUID] = []
    with psycopg.connect(connection_text(url_of(database))) as connection:
        while not is_over.is_set():
            mine.append(ids.new())
            connection.execute("INSERT INTO barcode VALUES (%s, %s, %s, 1)", [mine[-1], "new", mine[-1]])
            connection.execute("UPDATE barcode SET quantity = quantity + 1 WHERE id = %s", [mine[len(mine) // 2]])
            connection.execute(
                "UPDATE product SET brand = brand || 'x' WHERE id = (SELECT min(id::text)::uuid FROM product)"
            )
            if len(mine) % 3 == 0:
                connection.execute("DELETE FROM barcode WHERE id = %s", [mine.pop(0)])
            connection.commit()


@pytest.mark.scenario("Electric", "snapshot, then stream: what is written while the snapshot is made comes once")
def test_given_writes_without_pause_while_a_file_is_built_then_who_starts_from_it_misses_and_doubles_nothing(
    with_files: tuple[Shop, Shelf], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, shelf = with_files
    fetched: list[str] = []
    real = HttpServer.snapshot_bytes

    def noting(self: HttpServer, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        fetched.append(offer.scope)
        return real(self, offer, start)

    monkeypatch.setattr(HttpServer, "snapshot_bytes", noting)
    monkeypatch.setattr(snapshots, "TAIL_ROWS_FRESH", 1_000_000)  # However much comes after it, the file is offered.
    is_over = threading.Event()
    writing = threading.Thread(target=write_without_pause, args=(shop.database, is_over))
    writing.start()
    try:
        snapshots.build(shop.database, shelf, Wanted("catalogue", SCHEMA_VERSION), SystemClock())
        shop.join("a")
    finally:
        is_over.set()
        writing.join()
    assert "catalogue" in fetched
    with shop.open("a") as till:
        till.sync()
        here = digest_of(till)
    with shop.database.reading() as connection:
        there = digests(connection, [scope for scope, _, _ in here])
    assert [each for each in here if each[0] == "catalogue"] == [
        (each.scope, each.rows, each.digest) for each in there if each.scope == "catalogue"
    ]


# A token and its end --------------------------------------------------------------------------------------------------


@pytest.mark.scenario("PowerSync service", "a token that expires between two calls, and amid a long queue, is renewed")
def test_given_a_token_that_runs_out_while_a_till_works_then_nobody_notices_and_nothing_is_sent_twice(
    fresh_database: Database, tmp_path: Path
) -> None:
    load_sample_shop(fresh_database)
    clock = SettableClock(SystemClock().now())
    later = TOKEN_LIFETIME_SECONDS + 60
    with running_server(url_of(fresh_database), clock=clock) as url:
        shop = Shop(url, fresh_database, tmp_path)
        shop.join("a")
        with shop.open("a") as till:
            sold = till.sell()
            till.sync()
            clock.advance(later)
            sold += till.sell(3)
            till.sync()
            clock.advance(later)
            assert till.engine.cycle().is_consistent
        assert shop.receipts() == sorted(sold)


# An answer and the program that reads it ------------------------------------------------------------------------------


def answering(server: FakeServer, monkeypatch: pytest.MonkeyPatch, change: Callable[[PullAnswer], None]) -> None:
    real = server.pull

    def pull(request: PullRequest) -> PullAnswer:
        answer = real(request)
        change(answer)
        return answer

    monkeypatch.setattr(server, "pull", pull)


def cursor_of(device: Replica) -> int:
    with device.read() as connection:
        return cursors(connection)["catalogue"].position


def catalogue_rows(answer: PullAnswer) -> list[Row]:
    return next(page.rows for page in answer.pages if page.scope == "catalogue")


def add_stranger(answer: PullAnswer) -> None:
    catalogue_rows(answer).append(Row("barn", derived_id("barn").bytes, 1, ([derived_id("barn").bytes, "Barn"], {})))


def drop_a_value(answer: PullAnswer) -> None:
    for row in catalogue_rows(answer):
        row.payload = (row.payload[0][:-1], row.payload[1])


def add_a_value(answer: PullAnswer) -> None:
    for row in catalogue_rows(answer):
        row.payload = ([*row.payload[0], "more"], row.payload[1])


@pytest.mark.scenario(
    "WatermelonDB", "an answer with an unknown table or columns: a failure by name, and nothing counts as fetched"
)
@pytest.mark.parametrize("change", [add_stranger, drop_a_value, add_a_value])
def test_given_an_answer_this_program_does_not_understand_then_it_does_not_count_and_the_next_good_one_is_taken(
    device: Replica,
    server: FakeServer,
    engine: SyncEngine,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[PullAnswer], None],
) -> None:
    before = cursor_of(device)
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    answering(server, monkeypatch, change)
    with pytest.raises(BugError):
        engine.cycle()
    assert cursor_of(device) == before
    monkeypatch.undo()
    engine.cycle()
    assert name_of(device, CUP) == "Cup 2"
    assert agrees(device, server)


@pytest.mark.scenario("PowerSync", "can close the database during iteration: while pages are being applied")
def test_given_a_program_that_stops_while_pages_are_applied_then_it_closes_and_goes_on_the_next_time(
    device: Replica, server: FakeServer, clock: SettableClock
) -> None:
    for number in range(600):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 20
    is_applying = threading.Event()

    def note(_: PullAnswer) -> None:
        is_applying.set()

    engine = SyncEngine(device, server, clock, on_page=note)
    engine.start()
    engine.wake()
    assert is_applying.wait(30)
    engine.stop()
    device.close()
    again = Replica.open(device.path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    try:
        SyncEngine(again, server, clock).cycle()
        assert agrees(again, server)
    finally:
        again.close()
