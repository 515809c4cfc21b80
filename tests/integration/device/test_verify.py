"""Whatever goes wrong with what a replica holds of the server is found, named, put right and told; edits stay on top."""

from __future__ import annotations

import random
import uuid

import pytest

from desktop.replica import buckets, cursors, pulled, sync_events
from desktop.replica.engine import Replica
from desktop.replica.rows import aggregate_of, write_payload
from desktop.sync.engine import SyncEngine
from desktop.sync.verification import DAY_US, RESTART_FROM, Verification, VerifyReport, verify_if_due, verify_now
from desktop.sync.verify_words import lines_of
from shared.clock import SettableClock
from shared.ids import derived_id
from shared.sync.buckets import bucket_sums
from shared.sync.wire import Row
from tests.helpers.fake_server import FakeServer
from tests.helpers.sync_pair import CUP, PEN, STORE, agrees, name_of, product, variant

MANY = 600


def verify(device: Replica, server: FakeServer, *, is_deep: bool = False, is_repairing: bool = False) -> VerifyReport:
    return Verification(device, server).run(is_deep=is_deep, is_repairing=is_repairing)


def found(report: VerifyReport) -> list[tuple[str, bytes, str]]:
    return sorted((each.entity, each.id, each.what) for each in report.differences)


def spoil(device: Replica, statement: str, *values: object) -> None:
    with device.write() as unit:
        assert unit.connection.exec_driver_sql(statement, values).rowcount == 1


def rebuild_sums(device: Replica) -> None:
    """Make the sums say what the spoilt memberships say, as they would if the mistake had been made while applying."""
    with device.write() as unit:
        buckets.rebuild_all(unit.connection)


def events(device: Replica) -> list[str]:
    with device.read() as connection:
        return [event.text for event in sync_events.recent(connection, 100)]


@pytest.fixture
def shop(server: FakeServer, device: Replica, engine: SyncEngine) -> FakeServer:
    """Many barcodes besides, so that buckets hold several rows."""
    for number in range(MANY):
        server.put("barcode", {"id": derived_id("code", str(number)), "code": str(number), "variant_id": CUP})
    engine.cycle()
    return server


def test_given_a_replica_in_step_when_verified_then_nothing_differs_and_nothing_is_told(
    device: Replica, shop: FakeServer
) -> None:
    before = events(device)
    report = verify(device, shop, is_deep=True, is_repairing=True)
    assert report.agrees
    assert report.rows == MANY + 2
    assert not report.differences
    assert events(device) == before


@pytest.mark.scenario(
    "Anki sanity check",
    "after a sync both sides count and compare; here the rows that differ are put right",
)
@pytest.mark.scenario("WatermelonDB", "diagnose consistency: what one side lacks or has in another version is named")
@pytest.mark.parametrize("is_summed", [False, True], ids=["sums as before", "sums made anew"])
@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("missing", "DELETE FROM membership WHERE entity = 'product' AND id = ?"),
        ("version", "UPDATE membership SET version = 7 WHERE entity = 'product' AND id = ?"),
    ],
)
def test_given_a_membership_spoilt_when_verified_then_it_is_found_and_repaired(
    device: Replica, shop: FakeServer, what: str, statement: str, *, is_summed: bool
) -> None:
    spoil(device, statement, PEN.bytes)
    if is_summed:
        rebuild_sums(device)
    report = Verification(device, shop).run(is_recounting=False)
    assert bool(report.differences) == is_summed, "the quick look believes the sums that are kept"
    assert ("product", PEN.bytes, what) in found(verify(device, shop))
    assert verify(device, shop, is_repairing=True).agrees
    assert verify(device, shop, is_deep=True).differences == ()
    assert agrees(device, shop)


def test_given_only_the_sums_spoilt_when_verified_then_they_are_added_up_again(
    device: Replica, shop: FakeServer
) -> None:
    with device.write() as unit:
        unit.connection.exec_driver_sql("UPDATE bucket SET low = low + 1 WHERE entity = 'product'")
    assert found(verify(device, shop)) == [("product", b"", "sums")]
    quick = Verification(device, shop).run(is_repairing=True, is_recounting=False)
    assert found(quick) == [("product", b"", "sums")]
    assert quick.agrees
    assert_sums_hold(device)


@pytest.mark.scenario("WatermelonDB", "diagnose consistency: a record the server never had")
def test_given_a_row_the_server_does_not_have_when_verified_then_it_is_taken_away_and_told(
    device: Replica, shop: FakeServer
) -> None:
    stray = uuid.UUID(int=0xABCDEF)
    payload = shop.feeds["catalogue"]["product", CUP.bytes].payload
    with device.write() as unit:
        scope = cursors.cursor_for(unit.connection, "catalogue")
        row = Row("product", stray.bytes, 3, ([stray.bytes, *payload[0][1:]], {"variant": []}))
        pulled.write_rows(unit.connection, "product", [row], pulled.PullContext(scope.number, False, 0, 0))
    assert found(verify(device, shop)) == [("product", stray.bytes, "extra")]
    report = verify(device, shop, is_repairing=True)
    assert report.agrees
    assert name_of(device, stray) is None
    assert agrees(device, shop)
    assert events(device)[0] == f"Verified {MANY + 3:,} rows: 1 differed from the server, put right: 1 product."
    assert list(lines_of(report))[-1] == "Put right: 1 product."


def test_given_rows_that_no_scope_holds_when_verified_then_they_go_and_what_happened_is_offered_first(
    device: Replica, shop: FakeServer, engine: SyncEngine
) -> None:
    stray, drawer = uuid.uuid4(), uuid.uuid4()
    payload = shop.feeds["catalogue"]["product", CUP.bytes].payload
    with device.write() as unit:
        me = unit.connection.exec_driver_sql("SELECT device_id, store_id FROM identity").one()
        cash: dict[str, object] = {
            "id": drawer,
            "store_id": STORE,
            "device_id": uuid.UUID(bytes=me[0]),
            "shift_id": stray,
        }
        cash |= {"user_id": stray, "kind": "paid_in", "amount": 100, "reason": "change", "at": 1}
        unit.record("cash_movement", cash)
        unit.connection.exec_driver_sql("DELETE FROM outbox WHERE entity_id = ?", (drawer.bytes,))
        write_payload(unit.connection, aggregate_of("product"), ([stray.bytes, *payload[0][1:]], {"variant": []}))
    expected = [("cash_movement", drawer.bytes, "orphan"), ("product", stray.bytes, "orphan")]
    report = verify(device, shop)
    assert found(report) == expected
    assert not report.agrees
    report = verify(device, shop, is_repairing=True)
    assert report.agrees
    assert name_of(device, stray) is None
    with device.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM outbox WHERE state = 'waiting'").scalars().all()
        assert names == ["cash_movement.offer"]
    assert verify(device, shop).differences == ()


def test_given_more_than_a_quarter_of_a_scope_spoilt_when_verified_then_it_is_fetched_anew_and_agrees(
    device: Replica, shop: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE membership SET version = 7 WHERE entity = 'barcode' AND substr(hex(id), 32) < '8'"
        )
    assert len(verify(device, shop).differences) >= RESTART_FROM
    report = Verification(device, shop).run(is_repairing=True)
    assert report.restarted == ("catalogue",)
    assert report.repaired == ()
    assert name_of(device, CUP) == "Cup", "what is shown stays while it is fetched"
    assert "catalogue is fetched anew: too much of it differed." in lines_of(report)
    engine.cycle()
    assert verify(device, shop, is_deep=True).differences == ()
    assert agrees(device, shop)
    assert_sums_hold(device)


def test_given_a_row_gone_from_its_table_when_verified_then_it_is_fetched_again(
    device: Replica, shop: FakeServer
) -> None:
    spoil(device, "DELETE FROM product WHERE id = ?", CUP.bytes)
    assert found(verify(device, shop)) == [("product", CUP.bytes, "row")]
    assert verify(device, shop, is_repairing=True).agrees
    assert name_of(device, CUP) == "Cup"
    assert agrees(device, shop)


@pytest.mark.scenario("PowerSync", "a checksum that does not match: the rows are fetched again, not the whole bucket")
def test_given_content_changed_behind_our_back_then_only_the_deep_look_finds_it_and_repairs_it(
    device: Replica, shop: FakeServer
) -> None:
    shop.page_rows = 100
    spoil(device, "UPDATE barcode SET code = 'forged' WHERE id = ?", derived_id("code", "17").bytes)
    spoil(device, "UPDATE variant SET sku = 'forged' WHERE product_id = ?", PEN.bytes)
    assert found(verify(device, shop)) == []
    expected = [("barcode", derived_id("code", "17").bytes, "content"), ("product", PEN.bytes, "content")]
    assert found(verify(device, shop, is_deep=True)) == expected
    assert not agrees(device, shop)
    assert verify(device, shop, is_deep=True, is_repairing=True).agrees
    assert agrees(device, shop)


def test_given_edits_laid_over_a_spoilt_row_when_repaired_then_the_row_beneath_is_mended_and_the_edits_stay(
    device: Replica, shop: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "Mine"}, edited_by="me")
    with device.read() as connection:
        waiting = connection.exec_driver_sql("SELECT number, id, arguments FROM outbox").all()
    assert verify(device, shop, is_deep=True).differences == ()
    spoil(device, "UPDATE membership SET version = 5 WHERE entity = 'product' AND id = ?", CUP.bytes)
    spoil(device, "UPDATE base_copy SET version = 5 WHERE entity = 'product' AND id = ?", CUP.bytes)
    rebuild_sums(device)
    assert verify(device, shop, is_deep=True, is_repairing=True).agrees
    assert name_of(device, CUP) == "Mine"
    assert agrees(device, shop)
    with device.read() as connection:
        assert connection.exec_driver_sql("SELECT number, id, arguments FROM outbox").all() == waiting
    engine.cycle()
    assert shop.row("product", CUP) is not None
    assert verify(device, shop, is_deep=True).agrees


@pytest.mark.scenario("WatermelonDB", "diagnose consistency: what is not yet pushed is no inconsistency")
def test_given_rows_of_its_own_that_the_server_has_not_had_yet_when_verified_then_they_are_left_alone(
    device: Replica, shop: FakeServer
) -> None:
    mine = derived_id("mine")
    with device.write() as unit:
        unit.create("product", product(mine, "New here"), variant(mine, "NEW"))
    assert verify(device, shop, is_deep=True, is_repairing=True).differences == ()
    assert name_of(device, mine) == "New here"


def test_given_a_server_that_moved_on_when_verified_then_nothing_is_said_until_the_device_has_caught_up(
    device: Replica, shop: FakeServer, engine: SyncEngine
) -> None:
    spoil(device, "UPDATE membership SET version = 9 WHERE entity = 'product' AND id = ?", CUP.bytes)
    rebuild_sums(device)
    shop.put("product", product(PEN, "Pen 2"), variant(PEN, "PEN"))
    report = verify(device, shop, is_repairing=True)
    assert not report.agrees
    assert report.differences == ()
    assert not next(each for each in report.scopes if each.scope == "catalogue").is_compared
    assert verify_now(device, engine.cycle, shop, is_deep=False, is_repairing=True).agrees
    assert agrees(device, shop)


def test_given_another_epoch_on_the_server_when_verified_then_nothing_is_compared(
    device: Replica, shop: FakeServer
) -> None:
    shop.epoch += 1
    report = verify(device, shop, is_repairing=True)
    assert not any(scope.is_compared for scope in report.scopes)


@pytest.mark.scenario("Anki sanity check", "the comparison is made after a catch-up and once a day, not at each sync")
def test_given_a_verification_of_today_then_the_next_is_due_tomorrow_or_after_a_catch_up(
    device: Replica, shop: FakeServer, clock: SettableClock
) -> None:
    assert verify_if_due(device, shop, has_caught_up=False) is None, "the cycle that filled it has verified it"
    assert verify_if_due(device, shop, has_caught_up=True) is not None
    clock.advance(DAY_US / 1_000_000)
    assert verify_if_due(device, shop, has_caught_up=False) is not None
    clock.set(clock.now() - 3 * DAY_US)
    assert verify_if_due(device, shop, has_caught_up=False) is not None, "a clock that was set back does not stop it"


@pytest.mark.scenario("PowerSync sqlite-core PR 26", "checksums kept as rows change are those of counting anew")
def test_given_any_run_of_changes_then_the_sums_are_always_those_of_the_memberships(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    dice = random.Random(5)
    other = derived_id("other store")
    server.scopes = [*server.scopes, f"store:{other}"]
    for turn in range(60):
        number = dice.randrange(12)
        match dice.randrange(5):
            case 0 | 1:
                server.put("product", product(derived_id("p", str(number)), f"Name {turn}"), {"variant": []})
            case 2:
                server.delete("product", derived_id("p", str(number)))
            case 3:
                store = dice.choice([STORE, other])
                row = {"id": derived_id("c", str(number)), "store_id": store, "number": "1", "name": "Ann"}
                server.put("customer", {**row, "created_at": 0})
            case _ if turn % 3 == 0:
                server.epoch += 1
            case _:
                server.page_rows = dice.choice([1, 3, 1_000])
        if dice.random() < 0.5:
            engine.cycle()
            assert_sums_hold(device)
    engine.cycle()
    assert_sums_hold(device)
    assert verify(device, server, is_deep=True).agrees


def assert_sums_hold(device: Replica) -> None:
    with device.read() as connection:
        for cursor in cursors.cursors(connection).values():
            rows = connection.exec_driver_sql(
                "SELECT entity, id, version FROM membership WHERE scope_number = ?", (cursor.number,)
            ).all()
            kept = {
                each.entity: (each.rows, each.sums) for each in buckets.read(connection, cursor.number) if each.rows
            }
            members: dict[str, list[tuple[bytes, int]]] = {}
            for entity, row_id, version in rows:
                members.setdefault(entity, []).append((row_id, version))
            assert kept == {entity: (len(of), bucket_sums(entity, of)) for entity, of in members.items()}
        numbers = set(connection.exec_driver_sql("SELECT DISTINCT scope_number FROM bucket").scalars())
        assert numbers <= {cursor.number for cursor in cursors.cursors(connection).values()}
