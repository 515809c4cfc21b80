"""A till in the place of a lost one; a revoked or forgotten device that joins again, with all it holds."""

from __future__ import annotations

import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.replica import outbox
from desktop.replica.identity import change_identity
from desktop.secrets import DEVICE_KEY, NEXT_DEVICE_KEY, FileStore
from desktop.sync.device_key import public_key_text
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import Enrolment, FormerDevice, enrol
from shared.errors import EnvironmentFailure, UserError
from shared.ids import TimeOrderedIds
from shared.sales import parse_receipt_number
from sync_server.db.sessions import Database
from sync_server.devices import service as devices
from tests.helpers.lives import FILE, Shop


def revoke(shop: Shop, device_id: uuid.UUID) -> None:
    with shop.database.writing() as connection:
        devices.revoke(connection, shop.database.clock, device_id)


class LosesAnswer(HttpEnrolmentDesk):
    """The server does what is asked; its first answer to it is lost."""

    is_lost = False

    def enrol(self, code: str, public_key: str, name: str, former: FormerDevice | None = None) -> Enrolment:
        answer = super().enrol(code, public_key, name, former)
        if not self.is_lost:
            self.is_lost = True
            raise EnvironmentFailure("server_unreachable", "The answer was lost.")
        return answer


@pytest.mark.scenario("SymmetricDS SimpleIntegration", "another node takes the place of one that is gone")
def test_given_a_lost_till_when_another_takes_its_number_then_it_is_revoked_and_receipts_go_on_above_its_series(
    shop: Shop,
) -> None:
    lost = shop.join("lost").identity
    with shop.open("lost") as till:
        sold = till.sell(2)
        till.sync()
        unsent = till.sell()
    code = shop.code(number=lost.number, is_replacement=True)
    new = shop.join("new", code)
    assert (new.identity.number, new.replaces) == (lost.number, lost.name)
    assert new.identity.receipt_series == 2
    with shop.open("new") as till:
        sold += till.sell(2)
        till.sync()
    assert not set(sold) & set(unsent)
    assert len(set(sold)) == 4
    with shop.open("lost") as till, pytest.raises(EnvironmentFailure) as refused:
        till.sync()
    assert refused.value.code == "device_revoked"
    third = shop.join("third", shop.code(number=lost.number, is_replacement=True))
    assert (third.identity.receipt_series, third.replaces) == (3, new.identity.name)


def test_given_a_till_that_had_forked_into_a_series_of_its_own_when_replaced_then_the_next_is_still_a_short_one(
    shop: Shop,
) -> None:
    first = shop.join("till").identity
    shop.copy("till", "copy")
    with shop.open("copy") as copy:
        copy.sell(2)
        copy.sync()
    replaced = shop.enrol("new", shop.code(number=first.number, is_replacement=True))
    assert replaced.identity.receipt_series == 2


def test_given_a_number_that_nobody_has_when_it_is_to_be_replaced_then_no_code_is_made(shop: Shop) -> None:
    for wanted, code in (({"number": 99}, "device_unknown"), ({}, "device_number_missing")):
        with pytest.raises(UserError) as refused:
            shop.code(is_replacement=True, **wanted)
        assert refused.value.code == code


@pytest.mark.scenario("SymmetricDS SimpleIntegration", "registration is opened again for a node that has data to send")
def test_given_a_revoked_till_with_unsent_sales_when_it_joins_again_then_it_is_the_same_device_and_all_is_sent(
    shop: Shop,
) -> None:
    before = shop.receipts()
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell(2)
        till.sync()
        sold += till.sell(3)
    revoke(shop, was.device_id)
    again = shop.enrol("till")
    assert (again.identity.device_id, again.identity.number) == (was.device_id, was.number)
    assert again.identity.incarnation != was.incarnation
    assert again.identity.receipt_series == 2
    assert again.waiting == 3
    with shop.open("till") as till:
        assert till.identity.incarnation == again.identity.incarnation, "joining is not taken for a copy"
        assert till.till.station.shift is not None, "the shift that was open goes on"
        till.sync(lose=1)
        sold += till.sell()
        till.sync()
        with till.device.replica.read() as connection:
            assert outbox.pending_count(connection) == outbox.refused_count(connection) == 0
    assert shop.receipts() == sorted([*before, *sold])
    assert parse_receipt_number(sold[-1]).series == 2


def test_given_a_revoked_till_whose_number_was_given_on_when_it_joins_again_then_it_gets_another_number(
    shop: Shop,
) -> None:
    before = shop.receipts()
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell(2)
    shop.join("new", shop.code(number=was.number, is_replacement=True))
    again = shop.enrol("till")
    assert again.identity.device_id == was.device_id
    assert again.identity.number != was.number
    with shop.open("till") as till:
        till.sync()
        sold += till.sell()
        till.sync()
    assert shop.receipts() == sorted([*before, *sold])
    assert len(set(sold)) == len(sold)


def test_given_a_server_that_was_restored_from_before_a_till_joined_when_it_joins_again_then_nothing_is_lost(
    shop: Shop, database: Database
) -> None:
    before = shop.receipts()
    was = shop.join("till").identity
    with shop.open("till") as till:
        sold = till.sell(3)
    with database.writing() as connection:
        for table, column in (("device", "id"), ("device_key", "device_id"), ("device_progress", "device_id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": was.device_id})
    with shop.open("till") as till, pytest.raises(EnvironmentFailure) as refused:
        till.sync()
    assert refused.value.code == "device_unknown"
    again = shop.enrol("till")
    assert (again.identity.device_id, again.identity.number) == (was.device_id, was.number)
    assert again.identity.receipt_series == 2, "above what the device knows, though the server knew of none"
    with shop.open("till") as till:
        till.sync()
    assert shop.receipts() == sorted([*before, *sold])


def test_given_an_answer_that_is_lost_when_a_revoked_till_joins_again_then_the_same_code_does_it_at_the_second_try(
    shop: Shop,
) -> None:
    was = shop.join("till").identity
    revoke(shop, was.device_id)
    code = shop.code()
    with closing(LosesAnswer(shop.url)) as desk:

        def join() -> None:
            enrol(
                shop.home("till"),
                FILE,
                desk,
                code,
                public_key_text=public_key_text,
                clock=shop.clock,
                ids=TimeOrderedIds(),
            )

        with pytest.raises(EnvironmentFailure):
            join()
        join()
    with shop.open("till") as till:
        till.sell()
        till.sync()
        assert till.device.secrets.get(NEXT_DEVICE_KEY) is None


def test_given_a_till_that_may_sync_when_enrolled_again_then_it_stays_as_it_was_and_the_code_is_not_spent(
    shop: Shop,
) -> None:
    was = shop.join("till").identity
    code = shop.code()
    with pytest.raises(UserError) as refused:
        shop.enrol("till", code)
    assert refused.value.code == "already_enrolled"
    with shop.open("till") as till:
        till.sync()
        assert till.identity.incarnation == was.incarnation
    shop.enrol("other", code)


def test_given_another_shops_server_when_a_home_is_enrolled_there_then_it_is_refused(shop: Shop) -> None:
    shop.join("till")
    with shop.open("till") as till, till.device.replica.write() as unit:
        change_identity(unit.connection, server_id="another")
    with pytest.raises(UserError) as refused:
        shop.enrol("till")
    assert refused.value.code == "other_server"


def test_given_somebody_without_the_old_key_when_they_say_they_are_a_revoked_device_then_they_are_not_let_in(
    shop: Shop, tmp_path: Path
) -> None:
    was = shop.join("till").identity
    revoke(shop, was.device_id)
    stranger = FormerDevice(replace(was, number=1), bytes(range(32)))
    with closing(HttpEnrolmentDesk(shop.url)) as desk, pytest.raises(EnvironmentFailure) as refused:
        desk.enrol(shop.code(), public_key_text(bytes(32)), "", stranger)
    assert refused.value.code == "assertion_invalid"


def test_given_a_revoked_home_whose_own_key_is_gone_when_enrolled_again_then_it_says_what_to_do(shop: Shop) -> None:
    was = shop.join("till").identity
    revoke(shop, was.device_id)
    FileStore(shop.home("till").secrets).delete(DEVICE_KEY)
    with pytest.raises(UserError) as refused:
        shop.enrol("till")
    assert refused.value.code == "device_key_missing"
    assert f"recovery-code {was.device_id}" in refused.value.message
