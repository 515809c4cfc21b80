"""One replica and one server: what waits is sent once, what comes down lies under what is still on its way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from desktop.replica import outbox
from desktop.replica.digests import replica_digests
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, identity_of, write_identity
from desktop.replica.schema import BaseCopy, ExpectedStock, Membership, Outbox
from desktop.replica.search import find
from desktop.replica.unit_of_work import ChildEdit
from desktop.sync.apply import Applier
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.errors import BugError, EnvironmentFailure
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.catalogue import Barcode, Product, Variant
from shared.schema.registry import level_id
from shared.schema.sales import CashMovement, Shift
from shared.schema.stock import StockLevel
from shared.sync.wire import PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY, NOON

STORE = derived_id("store")
DEVICE = derived_id("device")
CUP, PEN = derived_id("cup"), derived_id("pen")


def product(product_id: uuid.UUID, name: str, **more: object) -> dict[str, object]:
    return {"id": product_id, "name": name, **more}


def variant(product_id: uuid.UUID, sku: str) -> dict[str, list[dict[str, object]]]:
    return {"variant": [{"id": derived_id("variant", sku), "product_id": product_id, "sku": sku}]}


def cash(ids: TimeOrderedIds) -> dict[str, object]:
    return {
        "id": ids.new(),
        "store_id": STORE,
        "device_id": DEVICE,
        "shift_id": DEVICE,
        "kind": "paid_in",
        "amount": 500,
        "reason": "change",
        "at": NOON,
        "user_id": DEVICE,
    }


@pytest.fixture
def server() -> FakeServer:
    """A server that has two products."""
    made = FakeServer(scopes=["catalogue", f"store:{STORE}"])
    made.put("product", product(CUP, "Cup"), variant(CUP, "CUP"))
    made.put("product", product(PEN, "Pen"), variant(PEN, "PEN"))
    return made


@pytest.fixture
def device(tmp_path: Path, clock: SettableClock) -> Iterator[Replica]:
    """An enrolled device that has fetched nothing yet."""
    opened = Replica.open(tmp_path / "device.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
    with opened.write() as unit:
        write_identity(
            unit.connection,
            DeviceIdentity(
                device_id=DEVICE,
                store_id=STORE,
                kind="till",
                number=1,
                name="Till 1",
                server_url="",
                server_id="",
                incarnation=derived_id("incarnation"),
                receipt_series=1,
                enrolled_at=NOON,
            ),
        )
    yield opened
    opened.close()


@pytest.fixture
def engine(device: Replica, server: FakeServer, clock: SettableClock) -> SyncEngine:
    """Sync between the two, without threads, in step."""
    made = SyncEngine(device, server, clock)
    made.cycle()
    return made


def name_of(replica: Replica, product_id: uuid.UUID) -> str | None:
    with replica.read() as connection:
        return connection.execute(select(Product.name).where(Product.id == product_id)).scalar()


def agrees(replica: Replica, server: FakeServer) -> bool:
    with replica.read() as connection:
        here = replica_digests(connection)
    there = server.digest([each.scope for each in here]).digests
    return [(each.scope, each.rows, each.digest) for each in here] == [
        (each.scope, each.rows, each.digest) for each in there
    ]


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


def test_given_an_edit_on_its_way_when_the_row_changes_on_the_server_then_it_stays_on_top_until_settled(
    device: Replica, server: FakeServer, clock: SettableClock, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "Mine"}, edited_by="me")
    server.put("product", product(CUP, "Theirs", brand="Acme"), variant(CUP, "CUP-2"))
    applier = Applier(device)
    pulled = server.pull(PullRequest(1, 1, DEVICE.bytes, _cursors(device)))
    assert applier.apply(pulled).is_consistent
    with device.read() as connection:
        row = connection.execute(select(Product.name, Product.brand).where(Product.id == CUP)).one()
        skus = connection.execute(select(Variant.sku).where(Variant.product_id == CUP)).scalars().all()
    assert tuple(row) == ("Mine", "Acme")
    assert skus == ["CUP-2"]
    assert agrees(device, server)
    server.refuse = lambda _: "theirs_stands"
    engine.cycle()
    assert name_of(device, CUP) == "Theirs"
    assert agrees(device, server)


def test_given_several_edits_of_one_row_when_the_first_is_settled_then_the_later_ones_stay_on_top(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "First"}, edited_by="me")

    def edit_once_more() -> None:
        server.before_pull = lambda: None
        with device.write() as unit:
            unit.edit("product", CUP, {"brand": "Later"}, edited_by="me")

    server.before_pull = edit_once_more
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(Product.name, Product.brand).where(Product.id == CUP)).one() == ("First", "Later")
        assert connection.execute(select(func.count()).select_from(BaseCopy)).scalar_one() == 1
    engine.cycle()
    assert server.row("product", CUP)["brand"] == "Later"
    assert agrees(device, server)


def test_given_a_document_made_here_when_the_server_refuses_it_then_it_goes_once_that_is_settled(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.refuse = lambda _: "code_taken"
    made = device.ids.new()
    with device.write() as unit:
        unit.create("barcode", {"id": made, "code": "123", "variant_id": derived_id("variant", "CUP")})
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(Barcode.id)).all() == []
    assert engine.status().refused == 1


def test_given_a_shift_opened_and_closed_offline_when_synced_then_it_is_closed_on_both_sides(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    shift = device.ids.new()
    row = {"store_id": STORE, "device_id": DEVICE, "number": 1, "business_date": _today(), "currency": "GBP"}
    with device.write() as unit:
        unit.record("shift", {"id": shift, **row, "opened_at": NOON, "opened_by": DEVICE, "opening_float": 10_000})
        unit.close("shift", shift, {"closed_at": NOON + 1, "counted_cash": 10_000})
    engine.cycle()
    assert server.row("shift", shift)["counted_cash"] == 10_000
    with device.read() as connection:
        assert connection.execute(select(Shift.counted_cash)).scalar_one() == 10_000
    assert agrees(device, server)


def test_given_an_answer_when_applied_twice_then_the_second_time_is_a_bug_and_changes_nothing(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.put("product", product(CUP, "Cup 2"), variant(CUP, "CUP"))
    answer = server.pull(PullRequest(1, 1, DEVICE.bytes, _cursors(device)))
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


def test_given_a_server_restored_to_another_epoch_when_synced_then_the_scope_is_filled_anew_and_swept(
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
    assert name_of(device, PEN) is None
    assert name_of(device, CUP) == "Cup of the backup"
    assert agrees(device, fresh)
    with device.read() as connection:
        assert identity_of(connection).epoch == 2


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
        assert (me.receipt_series, me.outbox_base) == (2, mine - 1)
        assert outbox.pending_count(connection) == 0
        assert me.settled_number == mine


def test_given_sold_stock_when_levels_come_down_then_own_sales_count_exactly_once(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    cup = derived_id("variant", "CUP")
    level = {"id": level_id(STORE, cup), "store_id": STORE, "variant_id": cup}
    server.put("stock_level", {**level, "on_hand": 10_000})
    server.projected = 0
    engine.cycle()
    with device.write() as unit:
        number = unit.record("cash_movement", cash(device.ids))
        unit.expect_stock(number, [(STORE, cup, -1_000), (STORE, cup, -1_000)])
    assert _shown(device, cup) == 8_000
    engine.cycle()
    assert _shown(device, cup) == 8_000
    server.put("stock_level", {**level, "on_hand": 8_000})
    server.projected = None
    engine.cycle()
    assert _shown(device, cup) == 8_000
    with device.read() as connection:
        assert connection.execute(select(ExpectedStock.number)).all() == []


def test_given_a_long_catch_up_when_a_level_comes_in_an_early_page_then_it_is_never_counted_twice(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    cup = derived_id("variant", "CUP")
    with device.write() as unit:
        number = unit.record("cash_movement", cash(device.ids))
        unit.expect_stock(number, [(STORE, cup, -1_000)])
    engine.cycle()
    with device.write() as unit:
        unit.expect_stock(number, [(STORE, cup, -1_000)])
    server.put("stock_level", {"id": level_id(STORE, cup), "store_id": STORE, "variant_id": cup, "on_hand": 9_000})
    for other in range(5):
        server.put("product", product(derived_id("q", str(other)), f"Q {other}"))
    server.page_rows = 1
    shown = []
    server.before_pull = lambda: shown.append(_shown(device, cup))
    engine.cycle()
    assert set(shown[2:]) == {9_000}
    assert len(shown) > 4


def test_given_a_child_added_elsewhere_when_mine_is_edited_then_both_are_kept_on_top(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        new = ChildEdit("variant", derived_id("mine"), row={"sku": "MINE"})
        unit.edit("product", CUP, {}, edited_by="me", children=[new])
    both = {"variant": [*variant(CUP, "CUP")["variant"], {"id": derived_id("t"), "product_id": CUP, "sku": "THEIRS"}]}
    server.put("product", product(CUP, "Cup"), both)
    engine.cycle()
    with device.read() as connection:
        skus = connection.execute(select(Variant.sku).where(Variant.product_id == CUP)).scalars().all()
    assert sorted(skus) == ["CUP", "MINE", "THEIRS"]
    assert agrees(device, server)


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


def _today() -> object:
    import datetime as dt

    return dt.date(2026, 11, 18)


def _shown(replica: Replica, variant_id: uuid.UUID) -> int:
    with replica.read() as connection:
        level = connection.execute(select(StockLevel.on_hand).where(StockLevel.variant_id == variant_id)).scalar() or 0
        own = select(func.sum(ExpectedStock.quantity)).where(ExpectedStock.variant_id == variant_id)
        return level + (connection.execute(own).scalar() or 0)


def _cursors(replica: Replica) -> list:
    from desktop.replica.cursors import cursors
    from shared.sync.wire import Cursor

    with replica.read() as connection:
        return [Cursor(each.scope, each.position, each.mark) for each in cursors(connection).values()]


def _raise(*_: object) -> None:
    raise InterruptedError
