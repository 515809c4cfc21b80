"""Whoever was revoked before a restore is revoked after it: the lasting log of the server's home knows."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.replica import outbox
from desktop.replica.identity import start_new_incarnation
from shared.clock import MICROSECONDS_PER_SECOND, Clock, SettableClock, SystemClock
from shared.errors import EnvironmentFailure
from sync_server.db.lasting_log import LASTING_NAME, Deed, Lasting, LastingLog
from sync_server.db.sessions import Database
from sync_server.devices import service as devices
from sync_server.devices.joining_service import make_enrol_code, make_recovery_code, rekey
from sync_server.devices.revocation_service import RevocationKeeper, missing_in
from sync_server.sync import quarantine_service
from tests.helpers.postgres import PostgresCluster
from tests.helpers.protocol_device import ProtocolDevice, error_of
from tests.helpers.restorable_shop import CANDLE, Desk, ServedDatabase, backed_up, count_rows, joined, restore, served

HOUR_US = 3_600 * MICROSECONDS_PER_SECOND


def revoke(shop: ServedDatabase, device_id: uuid.UUID, clock: Clock | None = None) -> None:
    """As an operator does, by this clock of the server, and as the watch sees it a second later."""
    with shop.database.writing() as connection:
        devices.revoke(connection, clock or SystemClock(), device_id)
    follow(shop)


def let_in_again(shop: ServedDatabase, device: ProtocolDevice, clock: Clock) -> None:
    """With a new key, by a code, by this clock of the server."""
    database = Database(shop.database.engine, clock, shop.database.ids)
    with database.writing() as connection:
        code = make_recovery_code(connection, clock, device.id)
    rekey(database, device_id=device.id, code=code, public_key=device.key.public_key().public_bytes_raw(), address="")


def key_made_at(shop: ServedDatabase, device_id: uuid.UUID) -> int:
    with shop.database.reading() as connection:
        sql = text("SELECT enrolled_at FROM device_key WHERE device_id = :id")
        return int(connection.execute(sql, {"id": device_id}).scalar_one())


def follow(shop: ServedDatabase, home: Path | None = None) -> None:
    """What a worker of a machine does every second, here for a home of one's own choice."""
    server = shop.database.identity.server_id
    RevocationKeeper(home or shop.home, SystemClock()).follow(shop.database.engine, server, shop.database.epoch())


def is_revoked(shop: ServedDatabase, device_id: uuid.UUID) -> bool:
    with shop.database.reading() as connection:
        return next(each.revoked_at for each in devices.list_devices(connection) if each.id == device_id) is not None


def test_given_a_device_revoked_after_the_backup_when_that_is_restored_then_it_may_not_sync(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as lost, joined(shop, tmp_path) as other, backed_up(shop, postgres.url) as backup:
        device_id = lost.me.device_id
        revoke(shop, device_id)
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, device_id), "before anything was served"
        assert _code_of(lost) == "device_revoked"
        other.sync()
        assert count_rows(shop, "inbox_entry", "kind = 'recovery' AND state = 'settled'") == 1
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, device_id)


def test_given_a_device_let_in_again_after_it_was_revoked_when_the_server_starts_again_then_it_stays_let_in(
    shop: ServedDatabase, postgres: PostgresCluster
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    revoke(shop, device.id)
    let_in_again(shop, device, SystemClock())
    shop.stop()
    shop.start()
    assert not is_revoked(shop, device.id)
    with backed_up(shop, postgres.url) as backup:
        restore(shop, postgres.url, backup)
        assert not is_revoked(shop, device.id)
    device.close()


@pytest.mark.parametrize("set_back_us", [0, HOUR_US])
def test_given_a_server_whose_clock_stood_or_was_set_back_when_a_till_is_revoked_then_a_restore_keeps_it_out(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path, set_back_us: int
) -> None:
    with joined(shop, tmp_path) as lost, backed_up(shop, postgres.url) as backup:
        lost.put_cash()
        device_id = lost.me.device_id
        revoke(shop, device_id, SettableClock(key_made_at(shop, device_id) - set_back_us))
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, device_id)
        assert _code_of(lost) == "device_revoked"
        assert lost.cash() == set()


def test_given_a_till_let_in_again_after_the_clock_was_set_back_when_the_server_starts_again_then_it_stays_let_in(
    shop: ServedDatabase,
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    ahead = SystemClock().now() + HOUR_US
    revoke(shop, device.id, SettableClock(ahead))
    let_in_again(shop, device, SettableClock(ahead - HOUR_US))
    shop.stop()
    shop.start()
    assert not is_revoked(shop, device.id)
    device.close()


def test_given_a_key_changed_and_revoked_after_the_clock_was_set_back_when_the_former_key_is_restored_then_it_is_out(
    shop: ServedDatabase, postgres: PostgresCluster
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    with backed_up(shop, postgres.url) as backup:
        set_back = SettableClock(key_made_at(shop, device.id) - HOUR_US)
        let_in_again(shop, device, set_back)
        revoke(shop, device.id, set_back)
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, device.id)
    device.close()


def test_given_a_second_machine_when_the_first_revokes_then_a_restore_on_the_second_keeps_it_revoked(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    with backed_up(shop, postgres.url) as backup:
        revoke(shop, device.id)
        second = tmp_path / "second machine"
        with served(shop.database_url, second) as other:
            follow(other)
        (shop.home / LASTING_NAME).unlink()
        shop.home = second
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, device.id)
        answer = device.client.post("/devices/token", json={"assertion": device.assertion()})
        assert (answer.status_code, error_of(answer)["error"]) == (401, "device_revoked")
    device.close()


def test_given_a_home_without_a_log_when_a_worker_runs_then_it_learns_what_the_database_knows(
    shop: ServedDatabase, tmp_path: Path
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    revoke(shop, device.id)
    fresh, server = LastingLog(tmp_path / "fresh"), shop.database.identity.server_id
    with shop.database.reading() as connection:
        assert missing_in(connection, fresh, server) == 1
    follow(shop, tmp_path / "fresh")
    with shop.database.reading() as connection:
        assert missing_in(connection, fresh, server) == 0
    device.close()


def test_given_a_till_that_was_replaced_after_the_backup_when_that_is_restored_then_the_old_one_stays_out(
    shop: ServedDatabase, postgres: PostgresCluster
) -> None:
    old = ProtocolDevice(shop.url, shop.database, "HS")
    with backed_up(shop, postgres.url) as backup:
        with shop.database.writing() as connection:
            code = make_enrol_code(
                connection, SystemClock(), store_code="HS", kind="till", number=old.number, is_replacement=True
            )
        body = {"code": code, "public_key": "A" * 43}
        assert old.client.post("/devices/enrol", json=body).status_code == 200
        follow(shop)
        restore(shop, postgres.url, backup)
        assert is_revoked(shop, old.id)
    old.close()


def test_given_a_revoked_till_whose_sales_a_restore_lost_when_it_is_told_then_it_hands_them_in_and_they_count_once(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till:
        known = till.put_cash()
        seller = till.till()
        till.sync()
        with backed_up(shop, postgres.url) as backup:
            seller.scan(CANDLE)
            seller.exact_cash()
            lost = till.put_cash()
            till.sync()
            unsent = till.put_cash()
            device_id = till.me.device_id
            revoke(shop, device_id)
            restore(shop, postgres.url, backup)
        assert count_rows(shop, "sale") == 0
        assert _code_of(till) == "device_revoked"
        assert till.sales() == till.cash() == set()
        with shop.database.reading() as connection:
            (held,) = quarantine_service.handed_in(connection)
        assert held.waiting == 3, "the sale and the cash that were lost, and the cash that was never sent"
        applied = quarantine_service.apply(shop.database, device_id)
        assert (applied.applied, applied.refused) == (3, ())
        assert count_rows(shop, "sale") == 1
        with shop.database.reading() as connection:
            found = set(connection.execute(text("SELECT id FROM cash_movement")).scalars())
        assert found == {known, lost, unsent}


def test_given_a_revoked_till_when_nothing_was_lost_then_it_hands_in_only_what_it_never_sent(
    shop: ServedDatabase, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till:
        till.put_cash()
        till.sync()
        till.put_cash()
        revoke(shop, till.me.device_id)
        assert _code_of(till) == "device_revoked"
        with till.replica.read() as connection:
            assert outbox.quarantined_count(connection) == 1
        with shop.database.reading() as connection:
            (held,) = quarantine_service.handed_in(connection)
        assert held.waiting == 1


def test_given_a_revoked_till_in_a_later_life_when_a_restore_lost_what_came_in_an_earlier_one_then_that_comes_too(
    shop: ServedDatabase, postgres: PostgresCluster, tmp_path: Path
) -> None:
    with joined(shop, tmp_path) as till, backed_up(shop, postgres.url) as backup:
        till.put_cash()
        till.sync()
        with till.replica.write() as unit:
            start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
        till.put_cash()
        till.sync()
        revoke(shop, till.me.device_id)
        restore(shop, postgres.url, backup)
        assert _code_of(till) == "device_revoked"
        assert _code_of(till) == "device_revoked"
        with shop.database.reading() as connection:
            (held,) = quarantine_service.handed_in(connection)
        assert held.waiting == 2


def test_given_an_office_that_revokes_when_it_is_answered_then_the_log_has_it_already(shop: ServedDatabase) -> None:
    office = ProtocolDevice(shop.url, shop.database, "HS", kind="office")
    lost = ProtocolDevice(shop.url, shop.database, "HS")
    headers = {"Authorization": f"Bearer {office.token}"}
    answer = office.client.post(f"/devices/{lost.id}/revoke", headers=headers)
    assert answer.status_code == 200
    assert lost.id in {line.subject for line in LastingLog(shop.home).read().lines}
    for device in (office, lost):
        device.close()


def test_given_a_log_with_a_torn_line_when_written_and_read_then_nothing_else_is_lost(tmp_path: Path) -> None:
    log = LastingLog(tmp_path / "home")
    one, two = (Lasting(uuid.UUID(int=1), Deed.REVOKED, uuid.UUID(int=n), n) for n in (1, 2))
    assert log.read().lines == frozenset()
    assert log.append([one]) == 1
    with log.path.open("ab") as file:
        file.write(b'{"server_id":"0000')
    assert log.append([one, two]) == 1
    kept = log.read()
    assert (kept.lines, kept.damaged) == (frozenset({one, two}), 1)
    assert log.append([two, one]) == 0


def test_given_lines_of_another_server_and_of_a_later_program_when_restored_then_they_do_nothing(
    shop: ServedDatabase, tmp_path: Path
) -> None:
    device = ProtocolDevice(shop.url, shop.database, "HS")
    later = SystemClock().now() + 1
    log = LastingLog(tmp_path / "home")
    log.append([Lasting(uuid.uuid4(), Deed.REVOKED, device.id, later)])
    log.append([Lasting(shop.database.identity.server_id, "erased", device.id, later)])
    follow(shop, tmp_path / "home")
    assert not is_revoked(shop, device.id)
    assert len(log.read().lines) == 2
    device.close()


def _code_of(desk: Desk) -> str:
    with pytest.raises(EnvironmentFailure) as raised:
        desk.cycle.run()
    return raised.value.code
