"""What comes under an identifier that is known: the same again is acknowledged, something else never vanishes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from shared.sync.wire import PushAnswer, SentMutation
from sync_server.db.sessions import Database
from sync_server.devices.service import revoke
from sync_server.sync import quarantine_service
from tests.helpers.protocol_device import ProtocolDevice, error_of, ids, sale_payload, wire_row
from tests.integration.server_sync.test_quarantine import hand_in


def told(answer: PushAnswer) -> list[tuple[str, str]]:
    return [(result.status, result.code) for result in answer.results]


def kept_in_inbox(database: Database, mutation: SentMutation) -> list[str]:
    with database.reading() as connection:
        query = text("SELECT kind FROM inbox_entry WHERE entity_id = :id")
        return list(connection.execute(query, {"id": uuid.UUID(bytes=mutation.id)}).scalars())


def edited(till: ProtocolDevice, entity: str, row: list[Any], **changes: Sequence[object]) -> SentMutation:
    arguments = {
        "id": row[0][0],
        "base_version": 1,
        "changes": {name: list(pair) for name, pair in changes.items()},
        "edited_at": 1_000_000,
        "edited_by": "Mara",
    }
    return till.mutation(f"{entity}.edit", arguments)


def category(name: str, id_: uuid.UUID | None = None) -> list[Any]:
    return [wire_row("category", {"id": id_ or ids.new(), "name": name}), {}]


@pytest.mark.scenario("RxDB", "two documents made apart under one identifier, with other properties")
def test_given_two_documents_under_one_id_when_nobody_edited_the_first_then_the_second_waits_for_a_person(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database
) -> None:
    shared_id = ids.new()
    assert told(till.push([till.record("category", category("Candles", shared_id), "create")])) == [("applied", "")]
    other = other_till.record("category", category("Lanterns", shared_id), "create")
    assert told(other_till.push([other])) == [("refused", "id_reused")]
    assert kept_in_inbox(database, other) == ["refused"]
    with database.reading() as connection:
        name = connection.execute(text("SELECT name FROM category WHERE id = :id"), {"id": shared_id}).scalar_one()
    assert name == "Candles"


def test_given_the_same_document_from_two_devices_then_it_is_repeated(
    till: ProtocolDevice, other_till: ProtocolDevice
) -> None:
    row = category("Candles")
    assert told(till.push([till.record("category", row, "create")])) == [("applied", "")]
    assert told(other_till.push([other_till.record("category", row, "create")])) == [("repeated", "")]


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_given_a_document_that_was_edited_since_when_its_making_comes_again_then_it_is_repeated_and_the_edit_stands(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database, is_one_batch: bool
) -> None:
    row = category("Candles")
    made, changed = till.record("category", row, "create"), edited(till, "category", row, name=["Candles", "Lights"])
    for batch in [[made, changed]] if is_one_batch else [[made], [changed]]:
        assert {status for status, _ in told(till.push(batch))} == {"applied"}
    again = other_till.record("category", row, "create")
    assert told(other_till.push([again])) == [("repeated", "")]
    assert kept_in_inbox(database, again) == []
    with database.reading() as connection:
        id_ = {"id": uuid.UUID(bytes=row[0][0])}
        assert connection.execute(text("SELECT name FROM category WHERE id = :id"), id_).scalar_one() == "Lights"


@pytest.mark.parametrize(
    ("made_at", "number"),
    [(2**63 - 1, 1), (-(2**63), 1), (2**64 - 1, 1), (0, 2**63 - 1), (0, 2**64 - 1)],
)
def test_given_an_instant_or_a_number_beyond_all_bounds_then_it_is_400_and_nothing_moves(
    till: ProtocolDevice, made_at: int, number: int
) -> None:
    mutation = till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))
    answer = till.try_push([msgspec.structs.replace(mutation, made_at=made_at, number=number)])
    assert (answer.status_code, error_of(answer)["error"]) == (400, "push_malformed")
    assert till.push([]).last_number == 0


def test_given_edits_in_quarantine_when_applied_then_they_know_of_each_other_and_come_from_one_life_of_the_device(
    till: ProtocolDevice, database: Database
) -> None:
    row = category("Candles")
    till.push([till.record("category", row, "create")])
    with database.writing() as connection:
        revoke(connection, database.clock, till.id)
    changes = [["Candles", "Lights"], ["Lights", "Lamps"]]
    hand_in(till, [edited(till, "category", row, name=change) for change in changes])
    assert quarantine_service.apply(database, till.id).refused == ()
    with database.reading() as connection:
        id_ = {"id": uuid.UUID(bytes=row[0][0])}
        assert connection.execute(text("SELECT name FROM category WHERE id = :id"), id_).scalar_one() == "Lamps"
        origins = connection.execute(text("SELECT DISTINCT origin FROM field_edit WHERE row_id = :id"), id_)
        (origin,) = origins.scalars()
        entries = text("SELECT count(*) FROM inbox_entry WHERE entity_id = :id")
        assert connection.execute(entries, id_).scalar_one() == 0
        lives = text("SELECT incarnation FROM device_mutation WHERE device_id = :id ORDER BY received_at DESC LIMIT 1")
        assert origin == connection.execute(lives, {"id": till.id}).scalar_one()
