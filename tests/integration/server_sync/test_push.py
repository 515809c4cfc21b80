"""Each mutation takes effect once, in order, however often it is sent; a poisoned one holds nobody up."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from sqlalchemy import text

from shared.sync.wire import SentMutation
from sync_server.db.sessions import Database
from sync_server.sync import apply_service, effects
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, sale_payload, wire_row


def sale(till: ProtocolDevice, lines: int = 3) -> SentMutation:
    return till.record("sale", sale_payload(till.store_id, till.id, [ids.new() for _ in range(lines)]))


def statuses(answer: object) -> list[str]:
    return [result.status for result in answer.results]


def sales_of(database: Database, till: ProtocolDevice) -> int:
    with database.reading() as connection:
        count = text("SELECT count(*) FROM sale WHERE device_id = :id")
        return connection.execute(count, {"id": till.id}).scalar_one()


def inbox_kinds(database: Database, mutation: SentMutation) -> list[str]:
    with database.reading() as connection:
        query = text("SELECT kind FROM inbox_entry WHERE entity_id = :id")
        return list(connection.execute(query, {"id": uuid.UUID(bytes=mutation.id)}).scalars())


def test_given_sales_when_pushed_then_they_and_their_lines_are_in_the_books(
    till: ProtocolDevice, database: Database
) -> None:
    answer = till.push([sale(till) for _ in range(5)])
    assert (answer.last_number, statuses(answer)) == (5, ["applied"] * 5)
    with database.reading() as connection:
        lines = text("SELECT count(*) FROM sale_line l JOIN sale s ON s.id = l.sale_id WHERE s.device_id = :id")
        assert connection.execute(lines, {"id": till.id}).scalar_one() == 15
        moved = text("SELECT count(*), sum(quantity) FROM stock_movement WHERE device_id = :id")
        assert tuple(connection.execute(moved, {"id": till.id}).one()) == (15, -15_000)


def test_given_an_answer_that_was_lost_when_sent_again_then_nothing_is_doubled(
    till: ProtocolDevice, database: Database
) -> None:
    batch = [sale(till) for _ in range(3)]
    first = till.push(batch)
    again = till.push([*batch, sale(till)])
    assert again.results[:3] == first.results
    assert again.last_number == 4
    assert sales_of(database, till) == 4


@pytest.mark.scenario("Replicache", "a number above the next one is refused, whatever is in it")
def test_given_a_gap_then_it_is_refused_with_the_expected_number(till: ProtocolDevice, database: Database) -> None:
    till.push([sale(till)])
    till.next_number = 5
    answer = till.try_push([sale(till)])
    assert answer.status_code == 409
    assert error_of(answer)["error"] == "push_gap"
    assert error_of(answer)["data"] == {"expected": 2}
    assert sales_of(database, till) == 1


def test_given_a_copied_device_then_the_fork_is_told_and_nothing_is_lost(
    till: ProtocolDevice, database: Database
) -> None:
    till.push([sale(till)])
    till.next_number = 1
    other = sale(till)
    answer = till.try_push([other])
    assert answer.status_code == 409
    assert error_of(answer)["error"] == "push_fork"
    till.incarnation = ids.new()
    assert till.push([other]).last_number == 1
    assert sales_of(database, till) == 2


def test_given_the_same_fact_under_two_numbers_then_it_is_repeated(till: ProtocolDevice, database: Database) -> None:
    payload = sale_payload(till.store_id, till.id, [ids.new()])
    answer = till.push([till.record("sale", payload), till.record("sale", payload)])
    later = till.push([till.record("sale", payload)])
    assert statuses(answer) == ["applied", "repeated"]
    assert statuses(later) == ["repeated"]
    assert sales_of(database, till) == 1


def test_given_other_content_under_a_known_id_then_it_goes_to_the_inbox(
    till: ProtocolDevice, database: Database
) -> None:
    payload = sale_payload(till.store_id, till.id, [ids.new()])
    changed = msgspec.msgpack.decode(msgspec.msgpack.encode(payload))
    changed[0][-3] = "changed"
    till.push([till.record("sale", payload)])
    forged = till.record("sale", changed)
    answer = till.push([forged, sale(till)])
    assert [(result.status, result.code) for result in answer.results] == [("refused", "id_reused"), ("applied", "")]
    assert inbox_kinds(database, forged) == ["refused"]


POISONS = {
    "unknown name": ("barn.record", {"row": []}),
    "malformed": ("sale.record", {"row": [1, 2]}),
    "nul in text": ("parked_sale.create", None),
    "edit of what is not there": ("product.edit", {"id": bytes(16), "base_version": 1, "changes": {}}),
    "not a date": ("shift.record", {"row": [wire_row("shift", {"business_date": "2026-13-45"}), {}]}),
}


@pytest.mark.parametrize("poison", POISONS)
def test_given_one_poisoned_among_many_then_it_is_refused_and_the_others_go_on(
    till: ProtocolDevice, database: Database, poison: str
) -> None:
    name, arguments = POISONS[poison]
    if arguments is None:
        arguments = {"row": [wire_row("parked_sale", {"label": "a\x00b"}), {}]}
    before, after = [sale(till) for _ in range(7)], []
    bad = till.mutation(name, arguments)
    after = [sale(till) for _ in range(9)]
    answer = till.push([*before, bad, *after])
    assert statuses(answer) == ["applied"] * 7 + ["refused"] + ["applied"] * 9
    assert answer.last_number == 17
    assert sales_of(database, till) == 16
    assert inbox_kinds(database, bad) == ["refused"]
    assert till.push([bad]).results == [answer.results[7]]
    assert till.pull().results == [answer.results[7]]


@pytest.mark.scenario("Replicache errorMode", "a mutation that throws: its number is passed, its effects are not there")
def test_given_a_bug_in_an_effect_then_only_what_meets_it_is_refused(
    till: ProtocolDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = sale(till)
    bad_id = uuid.UUID(bytes=msgspec.msgpack.decode(bad.arguments)["row"][0][0])
    real = effects.AFTER_RECORD["sale"]

    def buggy(connection: object, context: object, sale_ids: list[uuid.UUID]) -> None:
        if bad_id in sale_ids:
            raise ZeroDivisionError
        real(connection, context, sale_ids)

    monkeypatch.setattr(apply_service, "AFTER_RECORD", {**effects.AFTER_RECORD, "sale": buggy})
    answer = till.push([bad, *(sale(till) for _ in range(4))])
    assert [(result.status, result.code) for result in answer.results] == [
        ("refused", "server_bug"),
        *[("applied", "")] * 4,
    ]
    with database.reading() as connection:
        kept = text("SELECT arguments FROM device_mutation WHERE device_id = :id AND status = 'refused'")
        assert connection.execute(kept, {"id": till.id}).scalar_one() == bad.arguments


def test_given_a_damaged_mutation_then_the_request_is_refused_and_nothing_moves(till: ProtocolDevice) -> None:
    damaged = sale(till)
    damaged.arguments += b"x"
    answer = till.try_push([damaged])
    assert (answer.status_code, error_of(answer)["error"]) == (400, "push_malformed")
    assert till.push([]).last_number == 0


def product(till: ProtocolDevice, **values: object) -> tuple[SentMutation, bytes, bytes]:
    root = wire_row("product", {"name": "Oat bar", "kind": "goods", "unit": "piece", "state": "active", **values})
    variant = wire_row("product", {"product_id": uuid.UUID(bytes=root[0]), "sku": "OAT", "position": 1}, "variant")
    return till.record("product", [root, {"variant": [variant]}], "create"), root[0], variant[0]


def edit(till: ProtocolDevice, id_: bytes, version: int, at: int, by: str, **changes: list[object]) -> SentMutation:
    arguments = {"id": id_, "base_version": version, "changes": changes, "edited_at": at, "edited_by": by}
    return till.mutation("product.edit", arguments)


def test_given_edits_of_two_devices_then_other_fields_merge_and_the_same_field_goes_to_the_inbox(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    made, id_, _ = product(till)
    till.push([made])
    one = till.push([edit(till, id_, 1, 2_000_000, "Mara", name=["Oat bar", "Oat bar, honey"])])
    two = other_till.push([edit(other_till, id_, 1, 1_000_000, "Theo", name=["Oat bar", "Oats"], brand=["", "Tide"])])
    assert (statuses(one), statuses(two)) == (["applied"], ["merged"])
    with database.reading() as connection:
        row = connection.execute(text("SELECT name, brand FROM product WHERE id = :id"), {"id": uuid.UUID(bytes=id_)})
        assert tuple(row.one()) == ("Oat bar, honey", "Tide")
        entry = connection.execute(
            text("SELECT kind, field, mine_by, theirs_by, stands FROM inbox_entry WHERE entity_id = :id"),
            {"id": uuid.UUID(bytes=id_)},
        )
        assert tuple(entry.one()) == ("conflict", "name", "Theo", "Mara", "theirs")


def test_given_create_and_edits_of_owned_rows_in_one_batch_then_they_apply_in_order(
    till: ProtocolDevice, database: Database
) -> None:
    made, id_, variant = product(till)
    added = wire_row("product", {"product_id": uuid.UUID(bytes=id_), "sku": "NEW", "position": 2}, "variant")
    children = [
        {"child": "variant", "child_id": variant, "changes": {"sku": ["OAT", "OAT-1"]}},
        {"child": "variant", "child_id": added[0], "row": added},
    ]
    change = till.mutation("product.edit", {"id": id_, "base_version": 0, "changes": {}, "children": children})
    drop = till.mutation(
        "product.edit",
        {"id": id_, "base_version": 0, "children": [{"child": "variant", "child_id": added[0], "removed": True}]},
    )
    assert statuses(till.push([made, change])) == ["applied", "applied"]
    with database.reading() as connection:
        skus = text("SELECT sku FROM variant WHERE product_id = :id ORDER BY position")
        assert list(connection.execute(skus, {"id": uuid.UUID(bytes=id_)}).scalars()) == ["OAT-1", "NEW"]
    assert statuses(till.push([drop])) == ["applied"]
    with database.reading() as connection:
        assert list(connection.execute(skus, {"id": uuid.UUID(bytes=id_)}).scalars()) == ["OAT-1"]


@pytest.mark.parametrize("value", [7, None, "x" * 3 + "\x00"])
def test_given_an_edit_with_a_value_that_does_not_fit_then_it_is_refused(till: ProtocolDevice, value: object) -> None:
    made, id_, _ = product(till)
    answer = till.push([made, edit(till, id_, 1, 0, "Mara", name=["Oat bar", value])])
    assert statuses(answer) == ["applied", "refused"]


def test_given_a_barcode_removed_twice_then_the_second_time_is_repeated(
    till: ProtocolDevice, database: Database
) -> None:
    row = wire_row("barcode", {"code": "5010000000017", "quantity": 1000})
    made = till.record("barcode", [row, {}], "create")
    removals = [
        till.mutation("barcode.remove", {"id": row[0], "base_version": 1, "edited_by": "Mara"}) for _ in range(2)
    ]
    assert statuses(till.push([made, *removals])) == ["applied", "applied", "repeated"]
    with database.reading() as connection:
        gone = text("SELECT state FROM sync_row WHERE id = :id")
        assert connection.execute(gone, {"id": uuid.UUID(bytes=row[0])}).scalar() in (None, "deleted")


def test_given_a_barcode_edited_elsewhere_since_then_a_removal_waits_for_a_person(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    row = wire_row("barcode", {"code": "5010000000024", "quantity": 1000})
    till.push([till.record("barcode", [row, {}], "create")])
    other_till.push(
        [other_till.mutation("barcode.edit", {"id": row[0], "base_version": 1, "changes": {"quantity": [1000, 6000]}})]
    )
    answer = till.push([till.mutation("barcode.remove", {"id": row[0], "base_version": 1, "edited_by": "Mara"})])
    assert statuses(answer) == ["merged"]
    with database.reading() as connection:
        there = text("SELECT quantity FROM barcode WHERE id = :id")
        assert connection.execute(there, {"id": uuid.UUID(bytes=row[0])}).scalar_one() == 6000


def test_given_a_shift_then_it_is_closed_once(till: ProtocolDevice, database: Database) -> None:
    row = wire_row("shift", {"store_id": till.store_id, "device_id": till.id, "currency": "GBP"})
    opened = till.record("shift", [row, {}])
    first = till.mutation("shift.close", {"id": row[0], "changes": {"counted_cash": [None, 12_345]}, "edited_at": 1})
    second = till.mutation("shift.close", {"id": row[0], "changes": {"counted_cash": [None, 99]}, "edited_at": 2})
    assert statuses(till.push([opened, first])) == ["applied", "applied"]
    assert statuses(till.push([second])) == ["merged"]
    assert statuses(till.push([till.record("shift", [row, {}])])) == ["repeated"]
    with database.reading() as connection:
        counted = text("SELECT counted_cash FROM shift WHERE id = :id")
        assert connection.execute(counted, {"id": uuid.UUID(bytes=row[0])}).scalar_one() == 12_345
