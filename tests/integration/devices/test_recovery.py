"""A keychain that is gone: the home opens with the shop's recovery key, and what it held reaches the server."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop import main
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, FileStore
from desktop.settings import SECRETS_VARIABLE
from desktop.usecases.doctor import Finding, Health, examine
from shared.ids import TimeOrderedIds
from shared.sync.recovery_key import private_key_from, private_key_text
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_recovery_code
from sync_server.devices.recovery_service import make_recovery_key
from tests.helpers.lives import FILE, Shop

Recover = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def recovery_key(server: str, database: Database) -> str:
    with database.writing() as connection:
        return make_recovery_key(connection)


@pytest.fixture
def recover(tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Recover:
    """``counterfoil recover`` on a home; its exit code and what it said."""
    monkeypatch.setenv(SECRETS_VARIABLE, "file")

    def run(name: str, *, code: str = "", key: str | None = None) -> tuple[int, str]:
        arguments = ["recover", "--home", str(shop.home(name).folder), "--code", code]
        if key is not None:
            file = tmp_path / "recovery.txt"
            file.write_text(key, encoding="utf-8")
            arguments += ["--recovery-key", str(file)]
        capsys.readouterr()
        ended = main.run(arguments)
        said = capsys.readouterr()
        return ended, said.out + said.err

    return run


def lose_keys(shop: Shop, name: str) -> None:
    shop.home(name).secrets.unlink()


def make_code(shop: Shop, device_id: uuid.UUID) -> str:
    with shop.database.writing() as connection:
        return make_recovery_code(connection, shop.database.clock, device_id)


def findings(shop: Shop, name: str) -> dict[str, Finding]:
    class Here:
        def server_time(self) -> int:
            return shop.clock.now()

        def close(self) -> None:
            pass

    found = examine(shop.home(name), FILE, lambda _: Here(), clock=shop.clock, ids=TimeOrderedIds())
    return {finding.subject: finding for finding in found}


def test_given_a_lost_keychain_when_recovered_with_key_and_code_then_every_unsent_sale_reaches_the_server(
    shop: Shop, recovery_key: str, recover: Recover
) -> None:
    before = shop.receipts()
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell(3)
    lose_keys(shop, "till")
    ended, said = recover("till", code=make_code(shop, was.device_id), key=recovery_key.lower().replace("-", " "))
    assert (ended, "Sent 4" in said) == (0, True), said
    assert shop.receipts() == sorted([*before, *sold])
    with shop.open("till") as till:
        sold += till.sell()
        till.sync()
        assert till.identity.receipt_series == 2
        assert till.identity.device_id == was.device_id
    assert shop.receipts() == sorted([*before, *sold])


def test_given_a_lost_keychain_when_recovered_without_a_code_then_the_till_sells_and_says_how_to_send(
    shop: Shop, recovery_key: str, recover: Recover
) -> None:
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell(2)
    lose_keys(shop, "till")
    ended, said = recover("till", key=recovery_key)
    assert (ended, "recovery_code_missing" in said) == (1, True), said
    assert f"recovery-code {was.device_id}" in said
    assert "3 changes wait" in said
    with shop.open_without_server("till") as till:
        sold += till.sell()
    ended, said = recover("till", code=make_code(shop, was.device_id))
    assert (ended, "Sent 4" in said) == (0, True), said
    assert set(sold) <= set(shop.receipts())


def test_given_wrong_inputs_when_recovered_then_each_is_told_apart_and_nothing_in_the_home_changes(
    shop: Shop, recovery_key: str, recover: Recover
) -> None:
    was = shop.join("till").identity
    other = shop.join("other").identity
    with shop.open("till") as till:
        sold = till.sell(2)
    lose_keys(shop, "till")
    home = shop.home("till")
    before = home.replica.read_bytes()
    typo = ("A" if recovery_key[0] != "A" else "B") + recovery_key[1:]
    assert "recovery_key_missing" in recover("till")[1]
    for key, code in (("", "recovery_key_missing"), ("hello", "recovery_key_invalid"), (typo, "recovery_key_invalid")):
        assert code in recover("till", key=key)[1]
    assert "recovery_key_wrong" in recover("till", key=private_key_text(bytes(range(32))))[1]
    wrapped = home.key_file.read_text(encoding="ascii")
    home.key_file.write_text("{", encoding="ascii")
    assert "recovery_file_damaged" in recover("till", key=recovery_key)[1]
    swapped = {**json.loads(wrapped), "wrapped": json.loads(wrapped)["nonce"]}
    home.key_file.write_text(json.dumps(swapped), encoding="ascii")
    assert "recovery_file_damaged" in recover("till", key=recovery_key)[1]
    shutil.copyfile(shop.home("other").key_file, home.key_file)
    assert "recovery_file_foreign" in recover("till", key=recovery_key)[1]
    home.key_file.unlink()
    assert "recovery_file_missing" in recover("till", key=recovery_key)[1]
    home.key_file.write_text(wrapped, encoding="ascii")
    assert home.replica.read_bytes() == before
    assert "enrol_code_invalid" in recover("till", key=recovery_key, code="AAAAA-AAAAA")[1]
    assert "enrol_code_invalid" in recover("till", code=make_code(shop, other.device_id))[1], "another device's code"
    assert "enrol_code_invalid" in recover("till", code=shop.code())[1], "a code to join with"
    ended, said = recover("till", code=make_code(shop, was.device_id))
    assert ended == 0, said
    assert set(sold) <= set(shop.receipts())
    with shop.open("other") as till:
        till.sync()


def test_given_only_the_devices_own_key_lost_when_recovered_by_code_then_no_recovery_key_is_asked_for(
    shop: Shop, recover: Recover
) -> None:
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell()
    FileStore(shop.home("till").secrets).delete(DEVICE_KEY)
    assert recover("till", code=make_code(shop, was.device_id))[0] == 0
    assert set(sold) <= set(shop.receipts())


def test_given_a_home_with_all_its_keys_when_recovered_then_it_just_sends(shop: Shop, recover: Recover) -> None:
    was = shop.join("till").identity
    assert recover("till")[0] == 0
    with shop.open("till") as till:
        assert till.identity.incarnation == was.incarnation


def test_given_a_change_the_server_refuses_when_recovered_then_it_does_not_say_that_all_is_in_step(
    shop: Shop, recover: Recover
) -> None:
    shop.join("till")
    with shop.open("till") as till:
        till.sell()
        with till.device.replica.write() as unit:
            unit.create("category", {"id": unit.ids.new(), "name": "Winter"})
            unit.connection.exec_driver_sql("UPDATE outbox SET hash = zeroblob(32) WHERE name = 'category.create'")
            unit.connection.exec_driver_sql("DELETE FROM category WHERE name = 'Winter'")
    ended, said = recover("till")
    assert ended == main.EXIT_ENVIRONMENT, said
    assert "refused 1 change" in said
    assert "in step" not in said


def test_given_an_empty_folder_when_recovered_then_it_has_not_joined(shop: Shop, recover: Recover) -> None:
    assert "not_enrolled" in recover("nowhere")[1]


def test_given_a_device_that_joined_before_there_was_a_recovery_key_then_both_doctors_say_so_until_it_is_wrapped(
    shop: Shop, recovery_key: str, database: Database
) -> None:
    query = text("DELETE FROM setting WHERE key = 'recovery_public_key' RETURNING id, value")
    with database.writing() as connection:
        row = connection.execute(query).one()
    enrolled = shop.join("till")
    assert not enrolled.is_recoverable
    found = findings(shop, "till")["recovery"]
    assert (found.health, "no recovery key yet" in found.text) == (Health.LOOK, True)
    with database.writing() as connection:
        insert = "INSERT INTO setting (id, store_id, key, value) VALUES (:id, NULL, 'recovery_public_key', :value)"
        connection.execute(text(insert), {"id": row.id, "value": row.value})
    with shop.open("till") as till:
        till.sync()
    assert "not wrapped" in findings(shop, "till")["recovery"].text
    with shop.open("till"):
        pass
    assert findings(shop, "till")["recovery"].health is Health.GOOD
    assert FileStore(shop.home("till").secrets).get(REPLICA_KEY) is not None


def test_given_a_recovery_key_as_printed_then_it_reads_back_however_it_is_typed() -> None:
    key = bytes(range(100, 132))
    printed = private_key_text(key)
    assert private_key_from(printed) == key
    assert private_key_from(printed.lower().replace("-", " ").replace("o", "0").replace("i", "1")) == key
