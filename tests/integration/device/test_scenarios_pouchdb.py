"""PouchDB's replication scenarios, re-expressed: checkpoints, deletions, conflicts and one document that will not go."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import text

from desktop.replica import outbox
from desktop.replica.cursors import cursors
from desktop.sync.engine import SyncEngine
from shared.errors import BugError, EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.sync.wire import PullAnswer
from sync_server.chain.service import set_setting
from tests.helpers.desks import (
    Desks,
    category_name,
    central,
    codes,
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


def new_barcode(desk: OpenTill, code: str) -> uuid.UUID:
    with desk.device.replica.write() as unit:
        made = unit.ids.new()
        unit.create("barcode", {"id": made, "code": code, "variant_id": unit.ids.new(), "quantity": 1000})
        return made


def remove_barcode(desk: OpenTill, barcode: uuid.UUID) -> None:
    with desk.device.replica.write() as unit:
        unit.remove("barcode", barcode, edited_by=desk.identity.name)


@pytest.mark.scenario("PouchDB #3999", "the two sides share no session any more: everything is gone through again")
@pytest.mark.parametrize("foreign", [b"a mark of nobody", b""])
def test_given_a_cursor_the_server_does_not_know_then_the_scope_is_filled_anew_and_nothing_is_lost(
    desks: Desks, foreign: bytes
) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "Kept")
    a.sync()
    with a.device.replica.write() as unit:
        unit.connection.exec_driver_sql("UPDATE cursor SET mark = ? WHERE scope = 'catalogue'", (foreign,))
    rename(a, made, "Kept and changed")
    assert names_everywhere(made, a, b) == {"Kept and changed"}
    assert digest_of(a) == digest_of(b)


@pytest.mark.scenario("PouchDB #3999", "the checkpoint is on the target only: the source forgot how far it was")
def test_given_a_device_that_never_heard_the_answers_then_it_sends_all_again_and_nothing_is_doubled(
    desks: Desks,
) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "Sent twice")
    a.sync()
    with a.device.replica.write() as unit:
        number = outbox.last_number(unit.connection)
        assert outbox.send_again_from(unit.connection, max(1, number - 3)) > 0
    assert names_everywhere(made, a, b) == {"Sent twice"}
    assert a.engine.status().pending == 0
    assert entries_about(a, made) == []


@pytest.mark.scenario(
    "PouchDB #2689", "a filter that lets nothing through leads to empty batches, not to an endless loop"
)
def test_given_changes_that_are_all_for_others_then_one_answer_without_rows_says_so(
    central: Shop, desks: Desks, request: pytest.FixtureRequest
) -> None:
    def share(answer: str) -> None:
        with central.database.writing() as connection:
            set_setting(connection, "share_across_stores", answer)

    share("false")
    request.addfinalizer(lambda: share("true"))
    a = desks("a")
    other = ProtocolDevice(central.url, central.database, "ML")
    a.sync()
    theirs = {"store_id": other.store_id, "device_id": other.id, "currency": "GBP"}
    other.push([other.record("parked_sale", [wire_row("parked_sale", theirs), {}], "create") for _ in range(60)])
    answers: list[PullAnswer] = []
    SyncEngine(a.device.replica, a.line, a.device.clock, on_page=answers.append).cycle()
    assert len(answers) == 1
    assert [row for page in answers[0].pages for row in page.rows] == []
    assert not any(page.more for page in answers[0].pages)
    other.close()


@pytest.mark.scenario("PouchDB #909", "what fills a page exactly does not end the replication early")
@pytest.mark.parametrize("maximum_bytes", [1, 700, 5_000])
def test_given_pages_of_any_size_then_together_they_hold_every_row_once(central: Shop, maximum_bytes: int) -> None:
    device = ProtocolDevice(central.url, central.database, "HS")
    in_one = {row.id for answer in device.pull_all() for page in answer.pages for row in page.rows}
    fresh = ProtocolDevice(central.url, central.database, "HS")
    made = [wire_row("category", {"name": f"Page {n} {'x' * 300}"}) for n in range(23)]
    fresh.push([fresh.record("category", [row, {}], "create") for row in made])
    fresh.cursors = dict(device.cursors)
    fresh.epoch = device.epoch
    answers = fresh.pull_all(maximum_bytes=maximum_bytes)
    rows = [row.id for answer in answers for page in answer.pages for row in page.rows if row.entity == "category"]
    assert sorted(rows) == sorted(row[0] for row in made)
    assert not in_one & set(rows)
    for each in (device, fresh):
        each.close()


@pytest.mark.scenario("PouchDB #4963", "one document fails to be written: the checkpoint does not move beyond it")
def test_given_a_row_that_cannot_be_written_then_the_cursor_stays_and_the_next_time_all_of_it_comes(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = desks("a"), desks("b")
    made = [new_category(b, f"Row {n}") for n in range(5)]
    b.sync()
    before = cursor_of(a)
    from desktop.replica import pulled

    def fail(*_: object) -> None:
        raise BugError("disk_odd", "It could not be written.")

    monkeypatch.setattr(pulled.cursors, "add_members", fail)
    with pytest.raises(BugError):
        a.engine.cycle()
    assert cursor_of(a) == before
    monkeypatch.undo()
    a.sync()
    assert [category_name(a.device.replica, each) for each in made] == [f"Row {n}" for n in range(5)]


def cursor_of(desk: OpenTill) -> int:
    with desk.device.replica.read() as connection:
        return cursors(connection)["catalogue"].position


@pytest.mark.scenario("PouchDB #2268", "a forbidden document does not keep the rest from replicating")
def test_given_a_change_that_the_server_will_not_take_then_what_follows_it_arrives(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    new_category(a, "Forbidden")
    with a.device.replica.write() as unit:
        number = outbox.last_number(unit.connection)
        broken = "UPDATE outbox SET name = 'barn.create', hash = ? WHERE number = ?"
        row = outbox.waiting(unit.connection, count_max=1, bytes_max=1, from_number=number)[0]
        from shared.sync.operations import arguments_hash

        unit.connection.exec_driver_sql(broken, (arguments_hash("barn.create", row.version, row.arguments), number))
    made = new_category(a, "Allowed")
    assert [result.code for result in a.engine.cycle().refused] == ["mutation_unknown"]
    assert names_everywhere(made, a, b) == {"Allowed"}


@pytest.mark.scenario("PouchDB #2636", "a deletion replicates, and a device that comes later never sees the document")
def test_given_a_removed_document_then_it_is_gone_everywhere_and_new_devices_never_hear_of_it(
    desks: Desks, central: Shop
) -> None:
    a, b = desks("a"), desks("b")
    code = str(ids.new())
    made = new_barcode(a, code)
    a.sync()
    b.sync()
    assert code in codes(b.device.replica)
    remove_barcode(a, made)
    a.sync()
    b.sync()
    assert code not in codes(b.device.replica)
    fresh = ProtocolDevice(central.url, central.database, "HS")
    rows = [row.id for answer in fresh.pull_all() for page in answer.pages for row in page.rows]
    assert made.bytes not in rows
    fresh.close()


@pytest.mark.scenario("PouchDB", "the checkpoint stands after a deletion: it does not come a second time")
def test_given_a_deletion_that_was_applied_then_the_next_answers_are_empty(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    made = new_barcode(a, str(ids.new()))
    a.sync()
    b.sync()
    remove_barcode(a, made)
    a.sync()
    assert b.engine.cycle().received == {"barcode": 1}
    assert b.engine.cycle().received == {}


@pytest.mark.scenario("PouchDB", "a deleted document is not brought back by an edit that did not know")
def test_given_a_removal_and_an_edit_that_did_not_know_of_each_other_then_it_ends_the_same_everywhere(
    desks: Desks,
) -> None:
    a, b = desks("a"), desks("b")
    code = str(ids.new())
    made = new_barcode(a, code)
    a.sync()
    b.sync()
    remove_barcode(a, made)
    with b.device.replica.write() as unit:
        unit.edit("barcode", made, {"quantity": 6000}, edited_by="b")
    for _ in range(2):
        a.sync()
        b.engine.cycle()
    assert (code in codes(a.device.replica)) == (code in codes(b.device.replica))
    assert digest_of(a) == digest_of(b)


@pytest.mark.scenario("PouchDB #5379", "no needless checkpoint: looking does not write")
def test_given_devices_that_only_look_then_the_server_s_positions_stand(desks: Desks, central: Shop) -> None:
    a, b = desks("a"), desks("b")
    before = positions(central.database)
    with central.database.reading() as connection:
        progress = connection.execute(text("SELECT count(*), max(seen_at) FROM device_progress")).one()
    for each in (a, b, a, b):
        each.sync()
    assert positions(central.database) == before
    with central.database.reading() as connection:
        assert connection.execute(text("SELECT count(*), max(seen_at) FROM device_progress")).one() == progress


@pytest.mark.scenario("PouchDB", "live replication that begins offline catches up when the line is there")
def test_given_an_engine_that_starts_without_a_line_then_it_sends_and_fetches_by_itself_afterwards(
    desks: Desks,
) -> None:
    a, b = desks("a"), desks("b")
    theirs = new_category(b, "Made meanwhile")
    b.sync()
    a.engine.go_offline()
    mine = new_category(a, "Made offline")
    with pytest.raises(EnvironmentFailure, match="offline"):
        a.engine.cycle()
    a.engine.go_online()
    assert names_everywhere(mine, a, b) == {"Made offline"}
    assert category_name(a.device.replica, theirs) == "Made meanwhile"


@pytest.mark.scenario("PouchDB test.conflicts", "the winner of a conflict is the same wherever it is looked at")
@pytest.mark.parametrize("first", ["a", "b"])
def test_given_a_conflict_then_the_order_in_which_the_sides_sync_does_not_change_who_wins(
    desks: Desks, first: str
) -> None:
    a, b, c = desks("a"), desks("b"), desks("c")
    made = new_category(a, "Before")
    names_everywhere(made, a, b, c)
    rename(a, made, "Earlier")
    rename(b, made, "Later")
    order = (a, b) if first == "a" else (b, a)
    assert names_everywhere(made, *order, c) == {"Later"}
    assert entries_about(c, made) == ["conflict"]


@pytest.mark.scenario("PouchDB", "a document that is edited while it is being sent keeps the edit")
def test_given_an_edit_made_while_its_document_is_on_the_way_then_it_is_sent_after_it(desks: Desks) -> None:
    a, b = desks("a"), desks("b")
    made = new_category(a, "First")
    push = a.line.push

    def push_and_edit(request: object) -> object:
        a.line.push = push
        answer = push(request)
        rename(a, made, "Second")
        return answer

    a.line.push = push_and_edit
    a.engine.cycle()
    assert category_name(a.device.replica, made) == "Second"
    assert names_everywhere(made, a, b) == {"Second"}
