"""WatermelonDB's scenarios, re-expressed for one device and one server; its migrations are in test_schema_change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.schema import BaseCopy, Outbox
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.catalogue import Product, QuickKey, Variant
from shared.schema.sales import CashMovement
from shared.sync.wire import PullAnswer, PullRequest, PushAnswer, PushRequest, SentMutation
from tests.helpers.fake_server import FakeServer
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import CUP, PEN, agrees, cash, name_of, product, variant

BOWL = derived_id("bowl")
KEY_ID = derived_id("key")
QUICK_KEY = {
    "id": KEY_ID,
    "category_id": derived_id("category"),
    "variant_id": derived_id("variant", "CUP"),
    "position": 1,
}


def source(what: str) -> pytest.MarkDecorator:
    return pytest.mark.scenario("WatermelonDB", what)


def rename(replica: Replica, name: str, product_id: Any = CUP) -> None:
    with replica.write() as unit:
        unit.edit("product", product_id, {"name": name}, edited_by="me")


def brand_of(replica: Replica) -> str:
    with replica.read() as connection:
        return connection.execute(select(Product.brand).where(Product.id == CUP)).scalar_one()


def row_of(server: FakeServer, product_id: Any) -> dict[str, Any]:
    found = server.row("product", product_id)
    assert found is not None
    return found


def remove_key(replica: Replica) -> None:
    with replica.write() as unit:
        unit.remove("quick_key", KEY_ID, edited_by="me")


def quick_keys(replica: Replica) -> int:
    with replica.read() as connection:
        return connection.execute(select(func.count()).select_from(QuickKey)).scalar_one()


def pending(replica: Replica) -> int:
    with replica.read() as connection:
        return outbox.pending_count(connection)


def is_clean(replica: Replica) -> bool:
    """Nothing waits and no base copy is kept."""
    with replica.read() as connection:
        return not connection.execute(select(func.count()).select_from(BaseCopy)).scalar_one() and not pending(replica)


def during_push(server: FakeServer, monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Do something on the device while the next push is on its way."""
    real, done = server.push, list[bool]()

    def push(request: PushRequest) -> PushAnswer:
        answer = real(request)
        if not done:
            done.append(True)
            work()
        return answer

    monkeypatch.setattr(server, "push", push)


def during_pull(server: FakeServer, monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Do something on the device after the server has answered and before the device has applied it."""
    real, done = server.pull, list[bool]()

    def pull(request: PullRequest) -> PullAnswer:
        answer = real(request)
        if not done:
            done.append(True)
            work()
        return answer

    monkeypatch.setattr(server, "pull", pull)


@source("a sync with nothing on either side changes nothing")
def test_given_nothing_new_when_synced_then_nothing_changes(device: Replica, engine: SyncEngine) -> None:
    report = engine.cycle()
    assert (report.sent, dict(report.received), report.is_consistent) == (0, {}, True)
    assert is_clean(device)


@source("changes of one side only: local ones are pushed, remote ones pulled")
def test_given_changes_on_one_side_when_synced_then_the_other_has_them(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    rename(device, "Cup here")
    engine.cycle()
    assert row_of(server, CUP)["name"] == "Cup here"
    server.put("product", product(PEN, "Pen there"), variant(PEN, "PEN"))
    engine.cycle()
    assert name_of(device, PEN) == "Pen there"
    assert agrees(device, server)
    assert is_clean(device)


@source("conflict per column: a column changed here keeps our value, the others take the server's")
def test_given_other_fields_changed_on_both_sides_when_synced_then_both_changes_stand(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    rename(device, "Mine")
    server.put("product", product(CUP, "Cup", brand="Theirs"), variant(CUP, "CUP"))
    engine.cycle()
    assert (name_of(device, CUP), brand_of(device)) == ("Mine", "Theirs")
    assert (row_of(server, CUP)["name"], row_of(server, CUP)["brand"]) == ("Mine", "Theirs")
    assert agrees(device, server)


@source("conflict per column while the push cannot go out: ours stays visible on top of what comes")
def test_given_a_pending_edit_when_the_same_row_comes_then_only_the_edited_column_is_ours(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_edit() -> None:
        rename(device, "Mine")

    server.put("product", product(CUP, "Theirs", brand="Theirs"), variant(CUP, "CUP"))
    during_pull(server, monkeypatch, make_edit)
    engine.cycle()
    assert (name_of(device, CUP), brand_of(device)) == ("Mine", "Theirs")
    assert pending(device) == 1
    assert agrees(device, server)
    engine.cycle()
    assert row_of(server, CUP)["name"] == "Mine"
    assert is_clean(device)


@source("records created here are not doubled when the server sends them back")
def test_given_a_record_made_here_when_it_comes_back_then_it_is_there_once(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.create("product", product(BOWL, "Bowl"), variant(BOWL, "BOWL"))
    engine.cycle()
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(func.count()).where(Product.id == BOWL)).scalar_one() == 1
        assert connection.execute(select(func.count()).where(Variant.product_id == BOWL)).scalar_one() == 1
    assert agrees(device, server)
    assert is_clean(device)


@source("the server already has a record that is created here: taken as an update, not as an error")
def test_given_a_record_both_sides_made_when_synced_then_it_is_one(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.create("product", product(BOWL, "Bowl"), variant(BOWL, "BOWL"))
    server.put("product", product(BOWL, "Bowl of theirs"), variant(BOWL, "BOWL"))
    engine.cycle()
    assert name_of(device, BOWL) == row_of(server, BOWL)["name"]
    assert agrees(device, server)
    assert is_clean(device)


@source("safely handle local changes during sync: a record that changed since it was fetched is not marked as synced")
def test_given_an_edit_while_the_push_is_on_its_way_when_it_is_answered_then_the_edit_waits_and_shows(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename(device, "First")
    during_push(server, monkeypatch, lambda: rename(device, "Second"))
    engine.cycle()
    assert name_of(device, CUP) == "Second"
    engine.cycle()
    assert (name_of(device, CUP), row_of(server, CUP)["name"]) == ("Second", "Second")
    assert agrees(device, server)
    assert is_clean(device)


@source("safely update created records during push")
def test_given_a_record_that_is_edited_while_its_creation_is_sent_then_both_arrive(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with device.write() as unit:
        unit.create("product", product(BOWL, "Bowl"), variant(BOWL, "BOWL"))
    during_push(server, monkeypatch, lambda: rename(device, "Big bowl", BOWL))
    engine.cycle()
    assert name_of(device, BOWL) == "Big bowl"
    engine.cycle()
    assert row_of(server, BOWL)["name"] == "Big bowl"
    assert is_clean(device)


@source("a record deleted here while it is sent stays deleted")
def test_given_a_record_that_is_removed_while_its_edit_is_sent_then_it_ends_removed_everywhere(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("quick_key", QUICK_KEY)
    engine.cycle()
    with device.write() as unit:
        unit.edit("quick_key", KEY_ID, {"position": 7}, edited_by="me")
    during_push(server, monkeypatch, lambda: remove_key(device))
    engine.cycle()
    assert quick_keys(device) == 0
    engine.cycle()
    assert (quick_keys(device), server.row("quick_key", KEY_ID)) == (0, None)
    assert agrees(device, server)
    assert is_clean(device)


@source("the server deletes what was changed here: the edit is answered for and the record goes")
def test_given_a_record_deleted_there_and_edited_here_when_synced_then_both_sides_end_alike(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    rename(device, "Edited", PEN)
    server.delete("product", PEN)
    server.refuse = lambda mutation: "record_unknown" if mutation.name == "product.edit" else ""
    report = engine.cycle()
    assert [result.code for result in report.refused] == ["record_unknown"]
    assert name_of(device, PEN) is None
    assert agrees(device, server)


@source("both sides delete the same record")
def test_given_a_record_deleted_on_both_sides_when_synced_then_it_is_gone_without_ado(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("quick_key", QUICK_KEY)
    engine.cycle()
    remove_key(device)
    server.delete("quick_key", KEY_ID)
    engine.cycle()
    engine.cycle()
    assert (quick_keys(device), server.row("quick_key", KEY_ID)) == (0, None)
    assert agrees(device, server)
    assert is_clean(device)


@source("the server deletes what this device never had")
def test_given_a_deletion_of_something_unknown_when_pulled_then_nothing_happens(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("product", product(BOWL, "Bowl"), variant(BOWL, "BOWL"))
    server.delete("product", BOWL)
    assert engine.cycle().is_consistent
    assert name_of(device, BOWL) is None
    assert agrees(device, server)


@source("created and deleted here before the first sync: the server ends without it")
def test_given_a_record_made_and_removed_before_a_sync_when_synced_then_nobody_has_it(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.create("quick_key", QUICK_KEY)
    remove_key(device)
    engine.cycle()
    engine.cycle()
    assert (quick_keys(device), server.row("quick_key", KEY_ID)) == (0, None)
    assert agrees(device, server)
    assert is_clean(device)


@source("partial rejections: what was refused is kept apart, the rest is synced")
def test_given_one_of_three_refused_when_synced_then_the_others_are_there_and_the_server_is_right_about_the_one(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    def refuse(mutation: SentMutation) -> str:
        return "no" if mutation.number == 2 else ""

    server.refuse = refuse
    rename(device, "Cup 2")
    rename(device, "Pen 2", PEN)
    with device.write() as unit:
        unit.record("cash_movement", cash(TimeOrderedIds()))
    report = engine.cycle()
    assert [result.number for result in report.refused] == [2]
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Cup 2", "Pen")
    with device.read() as connection:
        states = connection.execute(select(Outbox.state).order_by(Outbox.number)).scalars().all()
        assert connection.execute(select(func.count()).select_from(CashMovement)).scalar_one() == 1
    assert states == ["accepted", "refused", "accepted"]
    assert agrees(device, server)


@source("recover from a failed pull: nothing is half applied, the next sync brings all")
@pytest.mark.parametrize("page", [1, 2, 3])
def test_given_a_pull_that_fails_at_some_page_when_synced_again_then_it_goes_on_there(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    for number in range(6):
        made = derived_id("made", str(number))
        server.put("product", product(made, f"Made {number}"), variant(made, f"M-{number}"))
    server.page_rows = 2
    real, asked = server.pull, list[int]()

    def pull(request: PullRequest) -> PullAnswer:
        asked.append(next(cursor.position for cursor in request.cursors if cursor.scope == "catalogue"))
        if len(asked) == page:
            raise EnvironmentFailure("server_unreachable", "The line broke.")
        return real(request)

    monkeypatch.setattr(server, "pull", pull)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert engine.cycle().is_consistent
    assert asked == sorted(asked), "what was applied is not asked for again"
    assert agrees(device, server)


@source("recover from a failed push: pushed again, once")
@pytest.mark.parametrize("is_taken", [True, False])
def test_given_a_push_that_fails_when_synced_again_then_it_is_there_once(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    with device.write() as unit:
        unit.record("cash_movement", cash(TimeOrderedIds()))
    if is_taken:
        server.lose_answers = 1
    else:
        server.is_down = True
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert pending(device) == 1
    server.is_down = False
    engine.cycle()
    assert len(server.received) == 1
    assert is_clean(device)
    assert agrees(device, server)


@source("replacement sync: everything comes anew, rows made here and not yet sent stay")
@pytest.mark.parametrize("by_file", [True, False])
def test_given_a_scope_that_comes_anew_when_synced_then_it_is_the_servers_and_rows_made_here_stay(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path, by_file: bool
) -> None:
    gone = derived_id("gone")
    server.put("product", product(gone, "Goes"), variant(gone, "GOES"))
    engine.cycle()
    server.delete("product", gone)
    server.feeds["catalogue"].pop(("product", gone.bytes))  # The server forgot that it ever was.
    server.put("product", product(PEN, "New pen"), variant(PEN, "PEN"))
    with device.write() as unit:
        unit.create("product", product(BOWL, "Made here"), variant(BOWL, "BOWL"))
        unit.edit("product", CUP, {"brand": "Mine"}, edited_by="me")
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = x'00' WHERE scope = 'catalogue'")
    if by_file:
        put_up(server, tmp_path)
    assert engine.cycle().is_consistent
    shown = (name_of(device, gone), name_of(device, PEN), name_of(device, BOWL), brand_of(device))
    assert shown == (None, "New pen", "Made here", "Mine")
    assert agrees(device, server)
    assert is_clean(device)


@source("a replacement sync that breaks off leaves what was there in use")
def test_given_a_scope_that_comes_anew_when_the_line_breaks_then_the_old_rows_are_still_there(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.page_rows = 1
    with device.write() as unit:
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = x'00' WHERE scope = 'catalogue'")
    real, asked = server.pull, list[bool]()

    def pull(request: PullRequest) -> PullAnswer:
        asked.append(True)
        if len(asked) == 2:
            raise EnvironmentFailure("server_unreachable", "The line broke.")
        return real(request)

    monkeypatch.setattr(server, "pull", pull)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Cup", "Pen")
    assert engine.cycle().is_consistent
    assert agrees(device, server)


@source("two syncs at once: the second waits, nothing is sent twice")
def test_given_two_cycles_at_once_when_both_are_done_then_everything_was_sent_once(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        for _ in range(50):
            unit.record("cash_movement", cash(TimeOrderedIds()))
    threads = [threading.Thread(target=engine.cycle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(push.mutations) for push in server.pushes) == 50
    assert is_clean(device)


@source("the same database against another sync point: nothing is lost when the program starts again")
def test_given_a_program_that_starts_again_when_synced_then_it_goes_on_from_its_cursor(
    device: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock
) -> None:
    rename(device, "Mine")
    again = SyncEngine(device, server, clock)
    server.pulls.clear()
    again.cycle()
    assert all(cursor.position for cursor in server.pulls[0].cursors if cursor.scope == "catalogue")
    assert row_of(server, CUP)["name"] == "Mine"
    assert agrees(device, server)
