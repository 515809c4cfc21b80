"""Bugs that others met in the field, each as a test against the real server: what they lost, we keep."""

from __future__ import annotations

import threading
import uuid

import msgspec
import pytest
from sqlalchemy import Connection, text

from shared.clock import SystemClock
from shared.errors import EnvironmentFailure
from shared.sync.operations import arguments_hash
from shared.sync.wire import PushAnswer, PushRequest, SentMutation
from sync_server.db.sessions import Database
from sync_server.sync import apply_service, effects
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, sale_payload, unpacked, wire_row


def sale(till: ProtocolDevice) -> SentMutation:
    return till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))


def statuses(answer: PushAnswer) -> list[str]:
    return [result.status for result in answer.results]


def sales_of(database: Database, till: ProtocolDevice) -> int:
    with database.reading() as connection:
        count = text("SELECT count(*) FROM sale WHERE device_id = :id")
        return connection.execute(count, {"id": till.id}).scalar_one()


def scalar(database: Database, query: str, **values: object) -> object:
    with database.reading() as connection:
        return connection.execute(text(query), values).scalar_one()


def renumbered(sent: SentMutation, number: int) -> SentMutation:
    return msgspec.structs.replace(sent, number=number)


@pytest.mark.scenario("Odoo #40567, #40600, #85527", "the server committed, the reply was lost, the order came again")
def test_given_a_reply_lost_after_the_commit_then_the_same_sale_is_not_made_anew(
    till: ProtocolDevice, database: Database
) -> None:
    batch = [sale(till) for _ in range(3)]
    lost = till.push(batch)
    again = till.push(batch)
    assert again.last_number == lost.last_number == 3
    assert again.results == lost.results
    assert sales_of(database, till) == 3
    assert scalar(database, "SELECT count(*) FROM stock_movement WHERE device_id = :id", id=till.id) == 3


@pytest.mark.scenario("Odoo #85527", "the reply was lost and the till has begun a new life meanwhile")
def test_given_a_reply_lost_and_a_new_incarnation_then_what_came_is_recognised_by_its_id(
    till: ProtocolDevice, database: Database
) -> None:
    batch = [sale(till), till.mutation("barn.record", {"row": []})]
    first = till.push(batch)
    assert statuses(first) == ["applied", "refused"]
    till.incarnation = ids.new()
    again = till.push([*batch, renumbered(sale(till), 3)])
    assert statuses(again) == ["repeated", "refused", "applied"]
    assert again.results[1].code == first.results[1].code
    assert again.last_number == 3
    assert sales_of(database, till) == 2
    assert (
        scalar(
            database,
            "SELECT count(*) FROM inbox_entry WHERE kind = 'refused' AND mine_by = :by",
            by=_name(database, till),
        )
        == 1
    )


@pytest.mark.scenario("Odoo #85527", "an edit is not applied a second time under another number")
def test_given_an_edit_that_was_overtaken_when_it_comes_under_a_new_incarnation_then_it_does_not_undo_the_later_one(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    root = wire_row("category", {"name": "Bread"})
    till.push([till.record("category", [root, {}], "create")])
    edit = till.mutation("category.edit", {"id": root[0], "base_version": 0, "changes": {"name": ["Bread", "Rolls"]}})
    assert statuses(till.push([edit])) == ["applied"]
    later = {"id": root[0], "base_version": 2**62, "changes": {"name": ["Rolls", "Loaves"]}}
    assert statuses(other_till.push([other_till.mutation("category.edit", later)])) == ["applied"]
    till.incarnation = ids.new()
    assert statuses(till.push([renumbered(edit, 1)])) == ["repeated"]
    assert scalar(database, "SELECT name FROM category WHERE id = :id", id=uuid.UUID(bytes=root[0])) == "Loaves"


@pytest.mark.scenario("Odoo #152259", "two tabs send the same offline orders at the same time")
def test_given_two_senders_of_one_queue_then_each_sale_is_there_once_and_both_are_answered(
    till: ProtocolDevice, database: Database
) -> None:
    batch = [sale(till) for _ in range(200)]
    answers: list[PushAnswer] = []

    def send() -> None:
        answers.append(till.push(batch))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    assert len(answers) == 4
    assert {answer.last_number for answer in answers} == {200}
    assert all(set(statuses(answer)) <= {"applied", "repeated"} for answer in answers)
    assert sales_of(database, till) == 200
    moved = "SELECT count(*) FROM stock_movement WHERE device_id = :id"
    assert scalar(database, moved, id=till.id) == 200


@pytest.mark.scenario("Odoo #258304", "a retry meets a unique violation and is answered 500 instead of acknowledged")
@pytest.mark.parametrize("entity", ["sale", "cash_movement", "stock_movement", "parked_sale"])
def test_given_what_is_already_in_the_books_under_another_number_then_it_is_acknowledged_not_answered_500(
    till: ProtocolDevice, database: Database, entity: str
) -> None:
    if entity == "sale":
        payload: object = sale_payload(till.store_id, till.id, [ids.new()])
    else:
        payload = [wire_row(entity, {"store_id": till.store_id, "device_id": till.id}), {}]
    verb = "create" if entity == "parked_sale" else "record"
    assert statuses(till.push([till.record(entity, payload, verb)])) == ["applied"]
    answer = till.try_push([till.record(entity, payload, verb), till.record(entity, payload, verb)])
    assert answer.status_code == 200
    assert statuses(unpacked(answer, PushAnswer)) == ["repeated", "repeated"]


@pytest.mark.scenario("Odoo #258304", "rows whose ids are taken by another aggregate do not end in a 500 for ever")
def test_given_a_line_id_that_another_sale_has_then_only_that_sale_is_refused(
    till: ProtocolDevice, database: Database
) -> None:
    first = sale_payload(till.store_id, till.id, [ids.new()])
    second = sale_payload(till.store_id, till.id, [ids.new()])
    second[1]["sale_line"][0][0] = first[1]["sale_line"][0][0]
    answer = till.push([till.record("sale", first), till.record("sale", second), sale(till)])
    assert [(each.status, each.code) for each in answer.results] == [
        ("applied", ""),
        ("refused", "data_refused"),
        ("applied", ""),
    ]


@pytest.mark.scenario("Odoo #288974", "an offline paid order is overwritten by the server's draft and its payment lost")
def test_given_a_sealed_sale_when_a_draft_comes_under_its_id_then_the_paid_one_stands_and_the_draft_is_in_the_inbox(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    paid = sale_payload(till.store_id, till.id, [ids.new()])
    till.push([till.record("sale", paid)])
    draft = msgspec.msgpack.decode(msgspec.msgpack.encode(paid))
    draft[1]["sale_tender"] = []
    answer = other_till.push([other_till.record("sale", draft)])
    assert [(each.status, each.code) for each in answer.results] == [("refused", "id_reused")]
    sale_id = uuid.UUID(bytes=paid[0][0])
    assert scalar(database, "SELECT count(*) FROM sale_tender WHERE sale_id = :id", id=sale_id) == 1
    assert scalar(database, "SELECT count(*) FROM sale WHERE id = :id", id=sale_id) == 1


@pytest.mark.scenario("Odoo #71455", "a duplicated tab goes on with the same receipt sequence")
def test_given_two_copies_of_a_till_then_the_second_is_told_before_any_of_its_sales_takes_a_number_twice(
    till: ProtocolDevice, database: Database
) -> None:
    till.push([sale(till)])
    till.next_number = 2
    mine, copy = sale(till), renumbered(sale(till), 2)
    assert statuses(till.push([mine])) == ["applied"]
    told = till.try_push([copy])
    assert (told.status_code, error_of(told)["error"]) == (409, "push_fork")
    till.incarnation = ids.new()
    assert statuses(till.push([renumbered(copy, 1)])) == ["applied"]
    assert sales_of(database, till) == 3


@pytest.mark.scenario("powersync getCrudBatch", "a batch makes half of what belonged together visible")
def test_given_a_batch_that_breaks_off_then_nothing_of_it_is_visible_and_its_numbers_have_not_moved(
    till: ProtocolDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(connection: Connection, context: object, sale_ids: list[uuid.UUID]) -> None:
        raise EnvironmentFailure("disk_full", "The disk is full.")

    monkeypatch.setattr(apply_service, "AFTER_RECORD", {**effects.AFTER_RECORD, "sale": break_off})
    batch = [sale(till) for _ in range(20)]
    assert till.try_push(batch).status_code == 503
    assert sales_of(database, till) == 0
    monkeypatch.undo()
    assert till.push([]).last_number == 0
    assert statuses(till.push(batch)) == ["applied"] * 20


@pytest.mark.scenario("powersync.dart 253, 307, 308", "one write that cannot be applied wedges the queue for good")
def test_given_nothing_but_poison_then_every_one_is_answered_and_the_queue_moves_on(
    till: ProtocolDevice, database: Database
) -> None:
    unknown = [till.mutation("barn.record", {"row": [n]}) for n in range(400)]
    missing = [
        till.mutation("product.edit", {"id": ids.new().bytes, "base_version": 1, "changes": {}}) for _ in range(100)
    ]
    answer = till.push([*unknown, *missing, sale(till)])
    assert answer.last_number == 501
    assert statuses(answer) == ["refused"] * 500 + ["applied"]
    entries = "SELECT count(*) FROM inbox_entry WHERE kind = 'refused' AND mine_by = :by"
    assert scalar(database, entries, by=_name(database, till)) == 500


POISONED_WORDS = {
    "a name with a NUL": ("barn\x00.record", b"\x80"),
    "an endless name": ("x" * 50_000, b"\x80"),
    "rows nested beyond all reason": ("product.create", b"\x81\xa3row" + b"\x91" * 200_000 + b"\x90"),
    "two lines with one id": ("sale.record", None),
}


@pytest.mark.scenario("powersync.dart 308", "what the server cannot even write down wedges the queue")
@pytest.mark.parametrize("poison", POISONED_WORDS)
def test_given_what_cannot_even_be_written_down_then_it_is_refused_like_any_other(
    till: ProtocolDevice, database: Database, poison: str
) -> None:
    name, encoded = POISONED_WORDS[poison]
    if encoded is None:
        payload = sale_payload(till.store_id, till.id, [ids.new(), ids.new()])
        payload[1]["sale_line"][1] = [*payload[1]["sale_line"][0][:2], None, *payload[1]["sale_line"][0][3:]]
        encoded = msgspec.msgpack.encode({"row": payload})
    made = SentMutation(1, ids.new().bytes, name, 1, encoded, arguments_hash(name, 1, encoded), SystemClock().now())
    till.next_number = 2
    answer = till.push([made, sale(till)])
    assert statuses(answer) == ["refused", "applied"]
    assert answer.results[0].code in {"mutation_unknown", "mutation_malformed"}
    kept = "SELECT arguments FROM device_mutation WHERE device_id = :id AND status = 'refused'"
    assert bytes(scalar(database, kept, id=till.id)) == encoded


@pytest.mark.scenario("powersync-kotlin 340", "an exception on the way is taken for success")
def test_given_a_push_that_failed_then_the_answer_says_so_and_nothing_counts_as_sent(
    till: ProtocolDevice, database: Database
) -> None:
    batch = [sale(till) for _ in range(2)]
    body = PushRequest(1, till.incarnation.bytes, SystemClock().now(), batch)
    token, till.token = till.token, "not a token"
    assert till.post("/sync/push", body).status_code == 401
    till.token = token
    assert till.push([]).last_number == 0
    assert sales_of(database, till) == 0


def test_given_a_push_for_an_earlier_history_of_the_server_then_it_is_told_the_new_epoch_and_nothing_is_taken(
    till: ProtocolDevice, database: Database
) -> None:
    with database.reading() as connection:
        epoch = connection.execute(text("SELECT epoch FROM server_state")).scalar_one()
    batch = [sale(till)]
    for believed, status in ((epoch + 1, 409), (epoch, 200)):
        request = PushRequest(1, till.incarnation.bytes, SystemClock().now(), batch, epoch=believed)
        answer = till.post("/sync/push", request)
        assert answer.status_code == status
        if status == 409:
            assert error_of(answer)["error"] == "epoch_changed"
            assert error_of(answer)["data"] == {"epoch": epoch}
            assert sales_of(database, till) == 0


def test_given_numbers_the_log_no_longer_holds_then_old_ones_are_acknowledged_and_new_ones_under_them_are_a_fork(
    till: ProtocolDevice, database: Database
) -> None:
    from sync_server.sync import mutation_log_service

    old = [sale(till) for _ in range(5)]
    refused = till.mutation("barn.record", {"row": []})
    till.push([*old, refused])
    till.push([sale(till)])
    with database.writing() as connection:
        long_ago = text(
            "UPDATE device_mutation SET received_at = received_at - :age WHERE device_id = :id AND number < 7"
        )
        connection.execute(long_ago, {"age": 40 * 86_400_000_000, "id": till.id})
    assert mutation_log_service.prune_log(database) == 5
    assert mutation_log_service.prune_log(database) == 0
    left = "SELECT string_agg(number::text, ' ' ORDER BY number) FROM device_mutation WHERE device_id = :id"
    assert scalar(database, left, id=till.id) == "6 7", "what was refused stays, and so does what is recent"
    made_then = [msgspec.structs.replace(each, made_at=each.made_at - 41 * 86_400_000_000) for each in old]
    again = till.push(made_then)
    assert statuses(again) == ["repeated"] * 5
    assert again.last_number == 7
    told = till.try_push([renumbered(sale(till), 3)])
    assert (told.status_code, error_of(told)["error"]) == (409, "push_fork")
    assert sales_of(database, till) == 6


def test_given_too_much_at_once_then_it_is_413_with_the_bound_and_nothing_is_taken(
    till: ProtocolDevice, database: Database
) -> None:
    large = wire_row("parked_sale", {"store_id": till.store_id, "label": "x" * 200_000})
    batch = [till.mutation("parked_sale.create", {"row": [[ids.new().bytes, *large[1:]], {}]}) for _ in range(25)]
    told = till.try_push(batch)
    assert (told.status_code, error_of(told)["error"]) == (413, "push_too_large")
    assert error_of(told)["data"]["at_most"] == 4 * 1024 * 1024
    too_much = till.client.post(
        "/sync/push", content=b"x" * (9 * 1024 * 1024), headers={"Authorization": f"Bearer {till.token}"}
    )
    assert (too_much.status_code, error_of(too_much)["error"]) == (413, "body_too_large")
    too_many = [sale(till) for _ in range(1_001)]
    assert till.try_push(too_many).status_code == 400
    assert statuses(till.push([msgspec.structs.replace(each) for each in batch[:10]])) == ["applied"] * 10


def _name(database: Database, till: ProtocolDevice) -> object:
    return scalar(database, "SELECT name FROM device WHERE id = :id", id=till.id)
