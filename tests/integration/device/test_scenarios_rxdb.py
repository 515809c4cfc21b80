"""RxDB's replication scenarios, re-expressed for devices and one server: what one side writes, every side ends with."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.cursors import cursors
from desktop.replica.identity import identity_of
from desktop.replica.schema import Outbox
from shared.ids import TimeOrderedIds
from shared.schema.catalogue import Category
from tests.helpers.desks import (
    Desks,
    category_name,
    central,
    desks,
    digest_of,
    entries_about,
    names_everywhere,
    new_category,
    positions,
    rename,
)
from tests.helpers.lives import OpenTill, Shop
from tests.helpers.postgres import database, database_url, postgres
from tests.helpers.protocol_device import ProtocolDevice, wire_row

__all__ = ["central", "database", "database_url", "desks", "postgres"]

ids = TimeOrderedIds()


def cursors_at(desk: OpenTill) -> dict[str, tuple[int, bytes]]:
    with desk.device.replica.read() as connection:
        return {scope: (each.position, each.mark) for scope, each in cursors(connection).items()}


@pytest.mark.scenario("RxDB", "a checkpoint that did not change is not written again")
def test_given_nothing_new_when_synced_again_then_no_cursor_moves_and_the_server_stamps_nothing(
    desks: Desks, central: Shop
) -> None:
    desk = desks("a")
    before, stamped = cursors_at(desk), positions(central.database)
    pushes = len(desk.line.pushes)
    for _ in range(3):
        desk.sync()
    assert cursors_at(desk) == before
    assert positions(central.database) == stamped
    assert len(desk.line.pushes) == pushes, "nothing waits, so nothing is sent"


@pytest.mark.scenario("RxDB", "A to master from B: both write, both end with both")
def test_given_two_devices_that_write_when_both_sync_then_each_holds_what_the_other_made(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    mine, theirs = new_category(a, "From A"), new_category(b, "From B")
    assert names_everywhere(mine, a, b) == {"From A"}
    assert names_everywhere(theirs, a, b) == {"From B"}
    assert digest_of(a) == digest_of(b)


@pytest.mark.scenario("RxDB", "a chain: what A made, B changed and C changed again arrives back at A")
def test_given_a_chain_of_changes_then_the_last_word_is_everywhere_and_nobody_is_in_conflict(desks: Desks) -> None:
    a, b, c = desks("a"), desks("b"), desks("c")
    made = new_category(a, "One")
    a.sync()
    b.sync()
    rename(b, made, "Two")
    b.sync()
    c.sync()
    rename(c, made, "Three")
    assert names_everywhere(made, c, a, b) == {"Three"}
    assert entries_about(a, made) == []


@pytest.mark.scenario("RxDB", "both inserted the exact same document: no conflict")
def test_given_the_same_document_made_on_two_devices_then_it_is_there_once_without_a_conflict(desks: Desks) -> None:
    a, b, made = desks("a"), desks("b"), ids.new()
    for each in (a, b):
        new_category(each, "The same", made)
    assert names_everywhere(made, a, b) == {"The same"}
    assert entries_about(a, made) == []
    assert [outbox_states(each)[-1] for each in (a, b)] == ["accepted", "accepted"]


def outbox_states(desk: OpenTill) -> list[str]:
    with desk.device.replica.read() as connection:
        return list(connection.execute(select(Outbox.state).order_by(Outbox.number)).scalars())


@pytest.mark.scenario("RxDB", "the same id with other properties: a conflict, and one of them everywhere")
def test_given_two_facts_under_one_id_then_the_first_stands_everywhere_and_the_other_is_in_the_inbox(
    desks: Desks,
) -> None:
    a, b, made = desks("a"), desks("b"), ids.new()
    for each, amount in ((a, 100), (b, 250)):
        me = each.identity
        row = {"id": made, "store_id": me.store_id, "device_id": me.device_id, "shift_id": me.device_id}
        row |= {"user_id": me.device_id, "kind": "paid_in", "amount": amount, "reason": "change", "at": 1}
        with each.device.replica.write() as unit:
            unit.record("cash_movement", row)
    a.sync()
    refused = b.engine.cycle().refused
    assert [result.code for result in refused] == ["id_reused"]
    with b.device.replica.read() as connection:
        mutation = outbox.refused_mutation(connection, refused[0].number)
    assert entries_about(b, mutation.id) == ["refused"]


@pytest.mark.scenario("RxDB", "both updated the same document: handled once, the same everywhere")
def test_given_two_updates_of_one_field_then_one_value_is_everywhere_and_the_other_is_kept(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "Before")
    names_everywhere(made, a, b)
    rename(a, made, "Mine")
    rename(b, made, "Theirs")
    found = names_everywhere(made, a, b)
    assert found in ({"Mine"}, {"Theirs"})
    assert entries_about(a, made) == entries_about(b, made) == ["conflict"]
    assert digest_of(a) == digest_of(b)


@pytest.mark.scenario("RxDB", "both updated the same document to the same: no conflict")
def test_given_two_updates_to_the_same_value_then_there_is_nothing_to_decide(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "Draft")
    names_everywhere(made, a, b)
    rename(a, made, "Done")
    rename(b, made, "Done")
    assert names_everywhere(made, a, b) == {"Done"}
    assert entries_about(a, made) == []


@pytest.mark.scenario("RxDB", "many writes on one side are not many writes on the other")
def test_given_a_document_that_was_written_fifty_times_then_it_comes_down_once(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "Version 0")
    for n in range(1, 51):
        rename(a, made, f"Version {n}")
        if n % 10 == 0:
            a.sync()
    received = b.engine.cycle().received
    assert received["category"] == 1
    assert category_name(b.device.replica, made) == "Version 50"


@pytest.mark.scenario("RxDB", "many writes while replicating")
def test_given_writes_that_go_on_while_two_devices_sync_then_none_is_lost_and_all_agree(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    with b.device.replica.read() as connection:
        before = connection.execute(select(func.count()).select_from(Category)).scalar_one()

    def write(desk: OpenTill) -> None:
        for n in range(40):
            new_category(desk, f"{desk.identity.name} {n}")

    writers = [threading.Thread(target=write, args=(desk,)) for desk in (a, b)]
    for thread in writers:
        thread.start()
    while any(thread.is_alive() for thread in writers):
        a.engine.cycle()
        b.engine.cycle()
    for thread in writers:
        thread.join()
    for _ in range(2):
        a.sync()
        b.sync()
    with b.device.replica.read() as connection:
        after = connection.execute(select(func.count()).select_from(Category)).scalar_one()
        assert identity_of(connection).consistent_at is not None
    assert after == before + 80
    assert digest_of(a) == digest_of(b)


@pytest.mark.scenario("RxDB", "replication starts from a given checkpoint and gives only what came after it")
def test_given_a_cursor_then_only_what_was_stamped_after_it_comes(central: Shop) -> None:
    device = ProtocolDevice(central.url, central.database, "HS")
    device.pull_all()
    here = dict(device.cursors)
    made = [wire_row("category", {"name": f"Later {n}"}) for n in range(3)]
    device.push([device.record("category", [row, {}], "create") for row in made])
    device.cursors = here
    rows = [row.id for answer in device.pull_all() for page in answer.pages for row in page.rows]
    assert sorted(rows) == sorted(row[0] for row in made)
    device.close()
