"""A server rebuilt without the marker in its home: devices carry its own signed word, and it begins a new epoch."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.replica import resending
from desktop.sync.push_lane import PushLane
from desktop.sync.recovery import guarded
from desktop.sync.verification import Verification
from shared.clock import MICROSECONDS_PER_SECOND, SystemClock
from shared.errors import EnvironmentFailure, UserError
from shared.schema.registry import CATALOGUE_SCOPE
from shared.sync.wire import Cursor, PushRequest
from sync_server.doctor import examine
from sync_server.epochs.service import EPOCH_MAX, history, new_epoch
from sync_server.epochs.witness_service import WITNESS_BYTES, Witness, shown, signed
from sync_server.settings import ServerSettings
from tests.helpers.postgres import PostgresCluster
from tests.helpers.protocol_device import ProtocolDevice, error_of
from tests.helpers.restorable_shop import (
    CANDLE,
    LOAF,
    Desk,
    ServedDatabase,
    backed_up,
    copy_database,
    count_rows,
    joined,
    name_in,
    restore,
    settle,
)

HOUR_US = 3_600 * MICROSECONDS_PER_SECOND


def rebuild(shop: ServedDatabase, cluster_url: str, backup: str) -> None:
    """Put a backup in the database's place on a machine that knows nothing: same cluster, same timeline, no marker."""
    shop.stop()
    copy_database(cluster_url, backup, name_in(shop.database_url))
    for file in shop.home.glob("epoch.*"):
        file.unlink()
    shop.start()


def _grow(shop: ServedDatabase, office: Desk) -> None:
    """Bring a database beyond anything that it may have lost; nobody who knows of that has come."""
    for number in range(12):
        office.describe(CANDLE, f"Words number {number}")
        office.sync()
    assert shop.database.epoch() == 1


def why_it_began(shop: ServedDatabase) -> list[str]:
    with shop.database.reading() as connection:
        return [each.why for each in history(connection)]


def test_given_a_server_rebuilt_in_an_earlier_epoch_than_devices_know_when_they_sync_then_it_heals_by_itself(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path, kind="office") as office:
        seller = till.till()
        till.sync()
        with backed_up(shop, postgres.url) as backup:
            restore(shop, postgres.url, backup)
            settle(shop, till, office)
            assert till.me.epoch == 2
            seller.scan(CANDLE)
            seller.exact_cash()
            cash = till.put_cash()
            office.rename(LOAF, "Loaf of the second epoch")
            settle(shop, till, office)
            stock = till.shown_stock(CANDLE)
            rebuild(shop, postgres.url, backup)
            assert shop.database.epoch() == 1
            settle(shop, till, office)
        assert shop.database.epoch() == till.me.epoch == office.me.epoch == 3
        assert count_rows(shop, "sale") == 1
        assert till.shown_stock(CANDLE) == stock
        assert cash in office.cash()
        assert office.product(LOAF)[0] == till.product(LOAF)[0] == "Loaf of the second epoch"
        assert "proved that the database is older" in why_it_began(shop)[-1]
        assert [each.kind for each in office.inbox()] == ["recovery"]


def test_given_another_history_that_came_to_the_same_epoch_when_a_device_of_the_first_syncs_then_a_third_begins(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path) as other, backed_up(shop, postgres.url) as backup:
        restore(shop, postgres.url, backup)
        settle(shop, till, other)
        lost = till.put_cash()
        settle(shop, till, other)
        rebuild(shop, postgres.url, backup)
        with shop.database.writing() as connection:
            assert new_epoch(connection, shop.database.clock, reason="Rebuilt by hand.") == 2
        settle(shop, other, till)
        assert shop.database.epoch() == 3
        assert lost in other.cash()
        assert count_rows(shop, "cash_movement") == 1


def test_given_a_machine_that_went_back_in_time_with_its_home_when_a_device_syncs_then_it_tells(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path) as other, backed_up(shop, postgres.url) as backup:
        seller = till.till()
        seller.scan(CANDLE)
        seller.exact_cash()
        lost = other.put_cash()
        settle(shop, till, other)
        life = till.me.incarnation
        rebuild(shop, postgres.url, backup)
        waiting = till.put_cash()
        settle(shop, till, other)
        assert shop.database.epoch() == 2
        assert count_rows(shop, "sale") == 1
        assert {lost, waiting} <= till.cash()
        assert till.me.incarnation == life, "the server forgot; the device was not copied"


def test_given_an_edit_on_the_older_database_when_a_device_then_proves_that_it_is_one_then_neither_value_is_lost(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as holder:
        with joined(shop, tmp_path, kind="office") as author, backed_up(shop, postgres.url) as backup:
            restore(shop, postgres.url, backup)
            author.rename(LOAF, "Only a device knows this")
            author.describe(CANDLE, "Nor this")
            settle(shop, author, holder)
            rebuild(shop, postgres.url, backup)
        with joined(shop, tmp_path, kind="office") as newcomer:
            newcomer.rename(LOAF, "Changed on the rebuilt server")
            newcomer.sync()
            assert shop.database.epoch() == 1
            settle(shop, holder, newcomer)
            assert shop.database.epoch() == 3
            assert newcomer.product(LOAF)[0] == "Changed on the rebuilt server"
            (entry,) = newcomer.inbox("conflict")
            assert (entry.field, entry.entity_id) == ("name", newcomer.product_id(LOAF))
            assert newcomer.product(CANDLE)[1] == "Nor this", "nobody had touched it on the rebuilt server"


def test_given_a_device_without_a_witness_when_the_server_is_older_then_it_waits_and_somebody_is_told_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, backed_up(shop, postgres.url) as backup:
        restore(shop, postgres.url, backup)
        kept = till.put_cash()
        settle(shop, till)
        with till.replica.write() as unit:
            unit.connection.exec_driver_sql("DELETE FROM device_value WHERE key = 'sync.witness'")
        rebuild(shop, postgres.url, backup)
        for _ in range(2):
            with pytest.raises(EnvironmentFailure) as raised:
                till.cycle.run()
            assert raised.value.code == "server_older"
        assert shop.database.epoch() == 1
        assert count_rows(shop, "inbox_entry", "field = 'epoch' AND state = 'needs_you'") == 1
        said = examine(shop.database, ServerSettings(home=shop.home, database_url=shop.database_url)).lines
        assert any(line.startswith("LOOK  devices that know a later epoch and cannot prove it: 1") for line in said)
        with shop.database.writing() as connection:
            assert new_epoch(connection, shop.database.clock, reason="As the inbox says.", above=2) == 3
        settle(shop, till)
        assert kept in till.cash()
        assert count_rows(shop, "cash_movement") == 1


def test_given_several_devices_that_prove_it_at_once_when_they_pull_and_push_then_one_epoch_begins(
    shop: ServedDatabase, postgres: PostgresCluster
) -> None:
    devices = [ProtocolDevice(shop.url, shop.database, "HS") for _ in range(4)]
    with backed_up(shop, postgres.url) as backup:
        devices[0].push([devices[0].mutation("nonsense.create", {})])
        for device in devices:
            device.pull_all()
        rebuild(shop, postgres.url, backup)
    ready = threading.Barrier(len(devices))
    told: list[int] = []

    def ask(device: ProtocolDevice, *, is_push: bool) -> None:
        request = PushRequest(1, device.incarnation.bytes, 0, [device.mutation("nonsense.create", {}, number=2)])
        request.epoch, request.witness = device.epoch, device.witness
        ready.wait()
        if is_push:
            answer = device.post("/sync/push", request)
            assert answer.status_code == 409, error_of(answer)
            told.append(error_of(answer)["data"].get("epoch", 0))
        else:
            told.append(device.pull().epoch)

    threads = [threading.Thread(target=ask, args=(each,), kwargs={"is_push": n == 0}) for n, each in enumerate(devices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [2, 2, 2, 2]
    assert len(why_it_began(shop)) == 2
    for device in devices:
        device.close()


def test_given_others_that_brought_the_older_database_beyond_what_it_lost_when_a_device_that_knows_syncs_then_it_heals(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    # Seeds 1306, 1517 and 1608 of the simulator.
    with (
        joined(shop, tmp_path) as holder,
        joined(shop, tmp_path, kind="office") as other,
        backed_up(shop, postgres.url) as backup,
    ):
        lost = holder.put_cash()
        holder.rename(LOAF, "Only the till knows this")
        holder.sync()
        life = holder.me.incarnation
        rebuild(shop, postgres.url, backup)
        _grow(shop, other)
        waiting = holder.put_cash()
        assert shop.database.epoch() == 1, "nothing has told yet"
        settle(shop, holder, other)
        assert shop.database.epoch() == 2
        assert {lost, waiting} <= other.cash()
        assert count_rows(shop, "cash_movement") == 2
        assert other.product(LOAF)[0] == "Only the till knows this"
        assert holder.me.incarnation == life, "the server forgot; the device was not copied"
        assert "does not know the last ones" in why_it_began(shop)[-1]


def test_given_a_push_that_no_pull_followed_when_the_rebuilt_server_calls_it_a_copy_then_what_it_lost_comes_again(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, joined(shop, tmp_path, kind="office") as other:
        pushing = PushLane(till.replica, guarded(till.replica, till.server))
        till.put_cash()
        till.sync()
        with backed_up(shop, postgres.url) as backup:
            for _ in range(2):
                till.put_cash()
                assert pushing.run().sent == 1
            rebuild(shop, postgres.url, backup)
        _grow(shop, other)
        waiting = till.put_cash()
        settle(shop, till, other)
        assert len(till.cash()) == count_rows(shop, "cash_movement") == 4
        assert till.cash() == other.cash()
        assert waiting in other.cash()


def test_given_a_push_that_nobody_saw_when_the_rebuilt_server_is_asked_for_news_then_it_is_sent_again_at_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    # Seed 2161: nothing waited any more, so no push told that numbers were missing; and no mark was unknown.
    with joined(shop, tmp_path) as till, joined(shop, tmp_path, kind="office") as other:
        with backed_up(shop, postgres.url) as backup:
            cash = till.put_cash()
            till.rename(LOAF, "Acknowledged, and seen by nobody")
            assert PushLane(till.replica, guarded(till.replica, till.server)).run().sent == 2
            rebuild(shop, postgres.url, backup)
        _grow(shop, other)
        assert till.sync().sent == 2
        settle(shop, till, other)
        assert cash in other.cash()
        assert count_rows(shop, "cash_movement") == 1
        assert other.product(LOAF)[0] == "Acknowledged, and seen by nobody"


def test_given_a_rebuilt_server_at_the_position_of_a_device_when_it_verifies_then_nothing_is_taken_from_it(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with (
        joined(shop, tmp_path) as till,
        joined(shop, tmp_path, kind="office") as office,
        backed_up(shop, postgres.url) as backup,
    ):
        till.rename(LOAF, "Only the till knows this")
        till.sync()
        rebuild(shop, postgres.url, backup)
        office.describe(CANDLE, "Written on the rebuilt server")
        office.sync()
        report = Verification(till.replica, till.server).run(is_repairing=True)
        (catalogue,) = [scope for scope in report.scopes if scope.scope == CATALOGUE_SCOPE]
        assert not catalogue.is_compared
        assert report.repaired == ()
        settle(shop, till, office)
        assert shop.database.epoch() == 2
        assert till.product(LOAF)[0] == office.product(LOAF)[0] == "Only the till knows this"
        assert till.product(CANDLE)[1] == "Written on the rebuilt server"


@pytest.mark.parametrize("ahead_us", [0, HOUR_US])
def test_given_a_cursor_that_is_not_known_when_the_witness_is_of_this_history_then_the_scope_starts_anew_and_no_more(
    shop: ServedDatabase, ahead_us: int
) -> None:
    # The second time the database's clock has gone back by an hour since it stamped.
    device = ProtocolDevice(shop.url, shop.database, "HS")
    with shop.database.writing() as connection:
        for table in ("sync_scope", "sync_stamp"):
            connection.execute(text(f"UPDATE {table} SET stamped_at = stamped_at + :us"), {"us": ahead_us})
    device.pull_all()
    position = device.cursors[CATALOGUE_SCOPE].position
    device.push([device.mutation("nonsense.create", {})])
    device.cursors[CATALOGUE_SCOPE] = Cursor(CATALOGUE_SCOPE, position, b"another mark")
    (page,) = [page for page in device.pull().pages if page.scope == CATALOGUE_SCOPE]
    assert page.restart
    assert shop.database.epoch() == 1
    device.close()


def test_given_a_clock_that_goes_back_when_a_scope_is_stamped_then_its_stamps_do_not(shop: ServedDatabase) -> None:
    ahead = SystemClock().now() + HOUR_US
    with shop.database.writing() as connection:
        connection.execute(text("UPDATE sync_scope SET stamped_at = :at WHERE name = 'catalogue'"), {"at": ahead})
    with shop.database.writing() as connection:
        connection.execute(text("UPDATE product SET description = 'Touched'"))
    with shop.database.reading() as connection:
        newest = connection.execute(
            text(
                "SELECT p.stamped_at, s.stamped_at FROM sync_scope AS s JOIN sync_stamp AS p "
                "ON p.scope_id = s.id AND p.position = s.position WHERE s.name = 'catalogue'"
            )
        ).one()
    assert tuple(newest) == (ahead, ahead)


def test_given_an_operator_who_types_nonsense_when_he_names_an_epoch_then_it_is_refused(shop: ServedDatabase) -> None:
    with shop.database.writing() as connection, pytest.raises(UserError) as raised:
        new_epoch(connection, shop.database.clock, reason="A slip.", above=EPOCH_MAX)
    assert raised.value.code == "epoch_absurd"
    assert shop.database.epoch() == 1


def test_given_witnesses_that_the_server_never_signed_when_shown_then_no_epoch_begins(
    shop: ServedDatabase,
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    device.pull_all()
    good, identity = device.witness, shop.database.identity
    assert len(good) == WITNESS_BYTES
    standing = shown(good)
    assert standing is not None
    above = Witness(2**40, standing.name, standing.tide, standing.at)
    forged = [
        signed(identity, above)[:40] + good[40:],
        signed(identity, Witness(standing.epoch, bytes(16), 0, 0))[:40] + good[40:],
        good[:-1] + bytes([good[-1] ^ 1]),
        good[:23] + b"\xff" + good[24:],
        b"\xff" * WITNESS_BYTES,
        b"short",
        b"\xff" * 4_096,
    ]
    for raw in forged:
        device.witness = raw
        device.pull()
        pushed = device.try_push([device.mutation("nonsense.create", {})])
        assert pushed.status_code == 200, error_of(pushed)
    assert shop.database.epoch() == 1
    device.close()


def test_given_a_device_that_names_an_absurd_epoch_when_it_pulls_then_the_epoch_stays_and_it_is_in_the_inbox_once(
    shop: ServedDatabase,
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    device.pull_all()
    for epoch in (2, 10**6, 2**62):
        device.epoch = epoch
        assert device.pull().epoch == 1
    assert shop.database.epoch() == 1
    assert count_rows(shop, "inbox_entry", "field = 'epoch'") == 1
    device.close()


def test_given_an_older_word_of_the_server_when_shown_then_it_means_nothing(shop: ServedDatabase) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    device.pull_all()
    early = device.witness
    device.push([device.mutation("nonsense.create", {})])
    device.pull_all()
    assert device.witness != early
    device.witness = early
    device.pull_all()
    assert shop.database.epoch() == 1
    device.close()


@pytest.mark.parametrize(
    ("shown_one", "is_beyond"),
    [
        (Witness(3, b"a" * 16, 100, 7), False),
        (Witness(3, b"a" * 16, 99, 7), False),
        (Witness(3, b"a" * 16, 101, 7), True),
        (Witness(3, b"b" * 16, 1, 7), True),
        (Witness(4, b"b" * 16, 1, 7), True),
        (Witness(2, b"b" * 16, 10**9, 7), False),
    ],
)
def test_given_a_witness_when_compared_then_only_what_the_database_lacks_counts(
    shown_one: Witness, *, is_beyond: bool
) -> None:
    assert shown_one.is_beyond(Witness(3, b"a" * 16, 100, 7)) is is_beyond


def test_given_a_device_when_it_has_synced_then_it_keeps_the_servers_word(shop: ServedDatabase, tmp_path: Path) -> None:
    with joined(shop, tmp_path) as till:
        kept = shown(_witness_of(till))
        assert kept is not None
        till.put_cash()
        till.sync()
        later = shown(_witness_of(till))
        assert later is not None
        assert (later.epoch, later.name) == (kept.epoch, kept.name)
        assert later.tide > kept.tide


def _witness_of(desk: Desk) -> bytes:
    with desk.replica.read() as connection:
        return resending.witness(connection)
