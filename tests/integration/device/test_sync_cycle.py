"""One replica and one server: what waits is sent once, what comes down is applied whole, whatever breaks."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.schema import BaseCopy, Membership, Outbox
from desktop.replica.search import find
from desktop.sync.apply import Applier
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.errors import BugError, EnvironmentFailure
from shared.ids import derived_id
from shared.schema.catalogue import Product, Variant
from shared.schema.sales import CashMovement
from shared.sync.wire import PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import NOON
from tests.helpers.sync_pair import (
    CUP,
    DEVICE,
    PEN,
    STORE,
    agrees,
    cash,
    cursors_of,
    name_of,
    product,
    variant,
)


def test_given_a_new_device_when_it_syncs_then_it_holds_the_shop_indexed_and_searchable(
    device: Replica, server: FakeServer, clock: SettableClock
) -> None:
    server.page_rows = 1
    report = SyncEngine(device, server, clock).cycle()
    assert report.is_consistent
    assert report.received == {"product": 2}
    assert agrees(device, server)
    with device.read() as connection:
        assert identity_of(connection).is_indexed
        assert identity_of(connection).consistent_at == server.now
        assert {found.name for found in find(connection, "cup")} == {"Cup"}
        indexes = connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'ix_barcode_code'"))
        assert indexes.scalar_one() == 1


def test_given_waiting_work_when_synced_then_each_is_sent_once_and_kept_as_accepted(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
        unit.edit("product", CUP, {"name": "Big cup"}, edited_by="me")
    report = engine.cycle()
    assert report.sent == 2
    assert server.row("product", CUP)["name"] == "Big cup"
    assert name_of(device, CUP) == "Big cup"
    assert agrees(device, server)
    assert engine.cycle().sent == 0
    with device.read() as connection:
        assert outbox.pending_count(connection) == 0
        assert connection.execute(select(Outbox.state)).scalars().all() == ["accepted", "accepted"]
        assert connection.execute(select(func.count()).select_from(BaseCopy)).scalar_one() == 0


def test_given_more_than_a_batch_when_synced_then_batches_follow_one_another_in_order(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        for _ in range(1_201):
            unit.record("cash_movement", cash(device.ids))
    assert engine.cycle().sent == 1_201
    assert [len(push.mutations) for push in server.pushes] == [500, 500, 201]
    assert sorted(server.received) == list(range(1, 1_202))


def test_given_a_reply_that_is_lost_after_the_commit_when_sent_again_then_nothing_is_doubled(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure) as caught:
        engine.cycle()
    assert caught.value.code == "server_unreachable"
    assert engine.status().pending == 1
    report = engine.cycle()
    assert report.sent == 1
    assert len(server.received) == 1
    with device.read() as connection:
        assert connection.execute(select(func.count()).select_from(CashMovement)).scalar_one() == 1
    assert agrees(device, server)


def test_given_a_refused_mutation_when_sent_then_it_is_kept_and_the_next_ones_go_on(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.refuse = lambda mutation: "price_unknown" if mutation.number == 1 else ""
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "Refused"}, edited_by="me")
        unit.edit("product", PEN, {"name": "Taken"}, edited_by="me")
    report = engine.cycle()
    assert [result.number for result in report.refused] == [1]
    assert engine.status().refused == 1
    assert engine.status().pending == 0
    assert (name_of(device, CUP), name_of(device, PEN)) == ("Cup", "Taken")
    with device.read() as connection:
        kept = connection.execute(select(Outbox.state, Outbox.code).where(Outbox.number == 1)).one()
    assert tuple(kept) == ("refused", "price_unknown")
    assert agrees(device, server)


def test_given_a_refusal_whose_answer_was_lost_when_pulled_then_it_is_known_as_refused(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.refuse = lambda _: "no"
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "Refused"}, edited_by="me")
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    engine.cycle()
    assert engine.status().refused == 1
    assert name_of(device, CUP) == "Cup"


@pytest.mark.scenario("PowerSync", "the same diff twice")
def test_given_an_answer_when_applied_twice_then_the_second_time_is_a_bug_and_changes_nothing(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    answer = server.pull(PullRequest(1, 1, DEVICE.bytes, cursors_of(device)))
    Applier(device).apply(answer)
    with pytest.raises(BugError) as caught:
        Applier(device).apply(answer)
    assert caught.value.code == "cursor_mismatch"
    assert agrees(device, server)


def test_given_a_page_that_broke_off_before_its_cursor_when_it_comes_again_then_it_is_applied_whole(
    device: Replica, server: FakeServer, engine: SyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        server.put("product", product(derived_id("p", str(number)), f"P {number}"))
    server.delete("product", PEN)
    monkeypatch.setattr("desktop.sync.apply.SLICE_MAX_US", 0)
    monkeypatch.setattr("desktop.replica.cursors.move_cursor", _raise)
    with pytest.raises(InterruptedError):
        engine.cycle()
    monkeypatch.undo()
    with device.read() as connection:
        assert connection.execute(select(func.count()).select_from(Product)).scalar_one() > 2
    assert engine.cycle().is_consistent
    assert name_of(device, PEN) is None
    assert agrees(device, server)


def test_given_deletions_and_rows_that_left_when_synced_then_they_are_erased_with_what_they_own(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.delete("product", CUP)
    engine.cycle()
    assert name_of(device, CUP) is None
    with device.read() as connection:
        assert connection.execute(select(Variant.sku)).scalars().all() == ["PEN"]
        assert find(connection, "cup") == []
    server.put("product", product(CUP, "Cup again"), variant(CUP, "CUP"))
    engine.cycle()
    assert name_of(device, CUP) == "Cup again"
    customer = derived_id("customer")
    person = {"id": customer, "number": "1", "name": "Ann", "created_at": NOON}
    server.put("customer", {**person, "store_id": STORE})
    engine.cycle()
    server.put("customer", {**person, "store_id": derived_id("elsewhere")})
    report = engine.cycle()
    assert report.received == {"customer": 1}
    assert report.changes.touches_id("customer", customer)
    assert agrees(device, server)


def test_given_a_scope_no_longer_granted_when_synced_then_its_rows_are_erased(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("customer", {"id": CUP, "store_id": STORE, "number": "1", "name": "Ann", "created_at": NOON})
    engine.cycle()
    server.scopes = ["catalogue"]
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM customer")).scalar_one() == 0
        assert connection.execute(select(Membership.entity).distinct()).scalars().all() == ["product"]
    assert name_of(device, CUP) == "Cup"


def test_given_a_server_restored_to_another_epoch_when_synced_then_it_is_filled_anew_and_given_what_it_lost(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    fresh = FakeServer(scopes=server.scopes, epoch=2, page_rows=1, now=server.now)
    fresh.put("product", product(CUP, "Cup of the backup"), variant(CUP, "CUP"))
    for number in range(3):
        fresh.put("product", product(derived_id("n", str(number)), f"New {number}"))
    seen = []
    fresh.before_pull = lambda: seen.append(name_of(device, CUP))
    again = SyncEngine(device, fresh, device.clock)
    assert again.cycle().is_consistent
    assert None not in seen
    assert name_of(device, PEN) == "Pen"
    assert fresh.row("product", PEN)["name"] == "Pen"
    assert name_of(device, CUP) == "Cup of the backup"
    assert agrees(device, fresh)
    with device.read() as connection:
        assert identity_of(connection).epoch == 2


def test_given_a_refill_that_broke_off_when_it_goes_on_then_it_does_not_begin_anew(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    fresh = FakeServer(scopes=server.scopes, epoch=2, page_rows=1, now=server.now)
    for number in range(4):
        fresh.put("product", product(derived_id("n", str(number)), f"New {number}"))
    calls = iter([False, False, True])
    fresh.before_pull = lambda: setattr(fresh, "is_down", next(calls))
    again = SyncEngine(device, fresh, device.clock)
    with pytest.raises(EnvironmentFailure):
        again.cycle()
    fresh.before_pull = lambda: None
    fresh.is_down = False
    report = again.cycle()
    assert report.is_consistent
    assert [pull.cursors[0].position for pull in fresh.pulls if pull.cursors].count(0) == 0
    assert agrees(device, fresh)
    assert name_of(device, CUP) == "Cup"
    assert fresh.row("product", CUP)["name"] == "Cup"


@pytest.mark.scenario("PouchDB #3999", "the checkpoint is on the source only: the target forgot what it had taken")
def test_given_a_server_that_lost_commits_when_pushed_then_what_was_accepted_is_sent_again(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        for _ in range(3):
            unit.record("cash_movement", cash(device.ids))
    engine.cycle()
    for number in (2, 3):
        server.received.pop(number)
        server.results.pop(number)
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
    assert engine.cycle().sent == 3
    assert sorted(server.received) == [1, 2, 3, 4]


def test_given_a_cloned_device_when_it_pushes_then_it_counts_anew_and_nothing_is_skipped(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
    engine.cycle()
    with device.write() as unit:
        mine = unit.record("cash_movement", cash(device.ids))
    other = server.received[1]
    server.received[2] = other
    server.results[2] = server.results[1]
    before = server.incarnation
    assert engine.cycle().sent == 1
    assert server.incarnation != before
    assert sorted(server.received) == [1]
    with device.read() as connection:
        me = identity_of(connection)
        assert me.receipt_series > 1
        assert me.outbox_base == mine - 1
        assert outbox.pending_count(connection) == 0
        assert me.settled_number == mine


def test_given_a_load_that_broke_off_when_continued_then_it_ends_whole(
    device: Replica, server: FakeServer, clock: SettableClock
) -> None:
    server.page_rows = 1
    calls = iter([False, True])
    server.before_pull = lambda: setattr(server, "is_down", next(calls))
    engine = SyncEngine(device, server, clock)
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert engine.status().is_filling
    server.before_pull = lambda: None
    server.is_down = False
    server.put("product", product(CUP, "Cup"), variant(CUP, "CUP-NEW"))
    assert engine.cycle().is_consistent
    with device.read() as connection:
        assert connection.execute(select(Variant.sku).order_by(Variant.sku)).scalars().all() == ["CUP-NEW", "PEN"]
    assert agrees(device, server)


def test_given_accepted_mutations_when_they_are_old_then_they_are_forgotten_and_waiting_ones_never(
    device: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock
) -> None:
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
    engine.cycle()
    server.is_down = True
    with device.write() as unit:
        unit.record("cash_movement", cash(device.ids))
    clock.advance(15 * 24 * 3600)
    server.is_down = False
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(Outbox.number, Outbox.state)).all() == [(2, "accepted")]


def _raise(*_: object) -> None:
    raise InterruptedError
