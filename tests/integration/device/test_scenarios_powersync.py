"""PowerSync's client scenarios, re-expressed: checkpoints, interrupted downloads, buckets that go, writes that wait."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.cursors import cursors
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.schema import Membership
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.errors import BugError, EnvironmentFailure
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.catalogue import Product
from shared.schema.stock import StockLevel
from shared.sync.wire import PullAnswer, PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import CUP, PEN, STORE, agrees, cash, name_of, product, variant

LEVEL = {"id": derived_id("level"), "store_id": STORE, "variant_id": derived_id("variant", "CUP"), "on_hand": 5_000}


def source(what: str) -> pytest.MarkDecorator:
    return pytest.mark.scenario("PowerSync", what)


def is_consistent_since(replica: Replica) -> int | None:
    with replica.read() as connection:
        return identity_of(connection).consistent_at


def rename(replica: Replica, name: str) -> None:
    with replica.write() as unit:
        unit.edit("product", CUP, {"name": name}, edited_by="me")


def break_pull(server: FakeServer, monkeypatch: pytest.MonkeyPatch, at: int) -> list[PullRequest]:
    """The line breaks at one of the next pulls; gives what is asked."""
    real, asked = server.pull, list[PullRequest]()

    def pull(request: PullRequest) -> PullAnswer:
        asked.append(request)
        if len(asked) == at:
            raise EnvironmentFailure("server_unreachable", "The line broke.")
        return real(request)

    monkeypatch.setattr(server, "pull", pull)
    return asked


@source("does not publish until the checkpoint: half a download is not said to be the shop")
def test_given_a_first_load_that_breaks_off_then_the_device_does_not_call_itself_in_step(
    device: Replica, server: FakeServer, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.page_rows = 1
    break_pull(server, monkeypatch, at=2)
    engine = SyncEngine(device, server, clock)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert is_consistent_since(device) is None
    assert engine.status().is_filling
    engine.cycle()
    assert is_consistent_since(device) == server.now
    assert not engine.status().is_filling
    assert agrees(device, server)


@source("an interrupted sync with a new checkpoint: goes on where it was, ends at the new one")
def test_given_a_download_that_breaks_off_when_the_server_moved_on_then_it_goes_on_and_ends_at_the_new_state(
    device: Replica, server: FakeServer, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 2
    asked = break_pull(server, monkeypatch, at=3)
    engine = SyncEngine(device, server, clock)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    server.delete("product", PEN)
    engine.cycle()
    positions = [next((cursor.position for cursor in each.cursors if cursor.scope == "catalogue"), 0) for each in asked]
    assert positions == sorted(positions)
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Cup 2", None)
    assert agrees(device, server)


@source("interrupt and defragment: the server compacted its history while the download was interrupted")
def test_given_a_download_that_breaks_off_when_rows_moved_to_the_end_of_the_feed_then_each_is_there_once(
    device: Replica, server: FakeServer, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 3
    break_pull(server, monkeypatch, at=2)
    engine = SyncEngine(device, server, clock)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    for number in range(8):  # Each row is rewritten: all stand at new positions, none at an old one.
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made again {number}"), variant(made, f"M-{number}"))
    engine.cycle()
    with device.read() as connection:
        names = connection.execute(select(Product.name).where(Product.name.like("Made%"))).scalars().all()
    assert sorted(names) == [f"Made again {number}" for number in range(8)]
    assert agrees(device, server)


@source("a diff without a prior checkpoint is refused, not guessed at")
def test_given_an_answer_that_does_not_begin_where_the_device_stands_then_nothing_of_it_is_applied(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    real = server.pull

    def skipping(request: PullRequest) -> PullAnswer:
        answer = real(request)
        for page in answer.pages:
            page.from_position += 1
        return answer

    monkeypatch.setattr(server, "pull", skipping)
    with pytest.raises(BugError) as bug:
        engine.cycle()
    assert bug.value.code == "cursor_mismatch"
    assert name_of(device, CUP) == "Cup"
    monkeypatch.undo()
    engine.cycle()
    assert name_of(device, CUP) == "Cup 2"
    assert agrees(device, server)


@source("deletes old buckets: a scope that is no longer granted goes, with what no other holds")
def test_given_a_scope_that_is_taken_away_when_synced_then_its_rows_and_cursor_are_gone(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("stock_level", LEVEL)
    engine.cycle()
    server.scopes.remove(f"stock:{STORE}")
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(func.count()).select_from(StockLevel)).scalar_one() == 0
        assert set(cursors(connection)) == {"catalogue", f"store:{STORE}"}
        numbers = {cursor.number for cursor in cursors(connection).values()}
        assert set(connection.execute(select(Membership.scope_number)).scalars()) <= numbers
    assert agrees(device, server)


@source("a bucket that comes back is filled again from nothing")
def test_given_a_scope_that_is_granted_again_when_synced_then_it_is_there_again(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("stock_level", LEVEL)
    engine.cycle()
    server.scopes.remove(f"stock:{STORE}")
    engine.cycle()
    server.scopes.append(f"stock:{STORE}")
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(StockLevel.on_hand)).scalars().all() == [5_000]
    assert agrees(device, server)


@source(
    "a checksum that does not match drops the bucket and fetches it again: here, a mark that the server does not know"
)
@pytest.mark.parametrize("by_file", [True, False])
def test_given_a_cursor_the_server_does_not_know_when_synced_then_the_scope_comes_anew_and_agrees(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path, by_file: bool
) -> None:
    with device.write() as unit:
        unit.connection.exec_driver_sql("UPDATE product SET name = 'Rotten' WHERE id = ?", (CUP.bytes,))
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = x'00'")
    if by_file:
        put_up(server, tmp_path)
    engine.cycle()
    assert name_of(device, CUP) == "Cup"
    assert agrees(device, server)


@source(
    "not with pending local data: PowerSync holds checkpoints back while a write waits; here they are applied below it"
)
def test_given_a_write_that_waits_when_changes_come_then_they_are_applied_and_the_write_stays_on_top(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = server.pull

    def with_edit(request: PullRequest) -> PullAnswer:
        answer = real(request)
        monkeypatch.undo()
        rename(device, "Mine")
        return answer

    server.put("product", product(PEN, "Pen 2"), variant(PEN, "PEN"))
    server.put("product", product(CUP, "Theirs"), variant(CUP, "CUP"))
    monkeypatch.setattr(server, "pull", with_edit)
    engine.cycle()
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Mine", "Pen 2")


@source("write checkpoint before, with and after the data: what was sent shows until its outcome has come")
@pytest.mark.parametrize("pulled_first", [True, False])
def test_given_a_write_whose_answer_overtakes_the_pull_then_it_never_flickers(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch, pulled_first: bool
) -> None:
    rename(device, "Mine")
    stale = server.pull(PullRequest(2, 1, b"", [])) if pulled_first else None
    shown: list[str | None] = []
    real = server.pull

    def pull(request: PullRequest) -> PullAnswer:
        shown.append(name_of(device, CUP))
        answer = real(request)
        if stale is not None and len(shown) == 1:
            answer.last_number = 0  # A snapshot of before the push was committed.
            answer.pages = [page for page in answer.pages if page.scope != "catalogue"]
        return answer

    monkeypatch.setattr(server, "pull", pull)
    engine.cycle()
    shown.append(name_of(device, CUP))
    engine.cycle()
    shown.append(name_of(device, CUP))
    assert set(shown) == {"Mine"}
    assert agrees(device, server)


@source("a second local write while the first one's checkpoint is awaited")
def test_given_a_second_write_before_the_first_is_settled_then_the_second_shows_and_both_arrive(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.before_pull = lambda: rename(device, "Second") if name_of(device, CUP) == "First" else None
    rename(device, "First")
    engine.cycle()
    assert name_of(device, CUP) == "Second"
    server.before_pull = lambda: None
    engine.cycle()
    row = server.row("product", CUP)
    assert row is not None
    assert row["name"] == name_of(device, CUP) == "Second"
    assert agrees(device, server)


@source("can close the database in the middle of a sync: nothing breaks, the next start goes on")
def test_given_a_program_that_is_closed_in_the_middle_of_a_download_then_the_next_start_goes_on(
    device: Replica, server: FakeServer, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 2
    real, reached, may_go_on, count = server.pull, threading.Event(), threading.Event(), list[int]()

    def pull(request: PullRequest) -> PullAnswer:
        count.append(1)
        if len(count) == 4:
            reached.set()
            may_go_on.wait(30)
            raise EnvironmentFailure("server_unreachable", "The program is closing.")
        return real(request)

    monkeypatch.setattr(server, "pull", pull)
    failures: list[EnvironmentFailure] = []

    def cycle() -> None:
        try:
            SyncEngine(device, server, clock).cycle()
        except EnvironmentFailure as failure:
            failures.append(failure)

    syncing = threading.Thread(target=cycle)
    syncing.start()
    reached.wait(30)
    may_go_on.set()
    syncing.join()
    device.close()
    monkeypatch.undo()
    assert [failure.code for failure in failures] == ["server_unreachable"]
    again = Replica.open(device.path, KEY, clock=clock, ids=TimeOrderedIds(clock))
    try:
        SyncEngine(again, server, clock).cycle()
        assert agrees(again, server)
    finally:
        again.close()


@source("reads while a download is applied see one moment each, never a torn row")
def test_given_a_reader_at_work_when_pages_are_applied_then_what_it_sees_never_goes_back(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    for number in range(400):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 50
    counts: list[int] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            with device.read() as connection:
                first = connection.execute(select(func.count()).select_from(Product)).scalar_one()
                assert connection.execute(select(func.count()).select_from(Product)).scalar_one() == first
                counts.append(first)

    reader = threading.Thread(target=read)
    reader.start()
    engine.cycle()
    is_over.set()
    reader.join()
    assert counts == sorted(counts)
    assert agrees(device, server)


@source("an upload queue that was wedged by a partition drains when the line is back")
def test_given_writes_made_while_the_line_was_cut_when_it_is_back_then_all_are_sent_in_order(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.is_down = True
    for _ in range(3):
        with device.write() as unit:
            unit.record("cash_movement", cash(TimeOrderedIds()))
        with pytest.raises(EnvironmentFailure):
            engine.cycle()
    server.is_down = False
    engine.cycle()
    assert sorted(server.received) == [1, 2, 3]
    with device.read() as connection:
        assert outbox.pending_count(connection) == 0
