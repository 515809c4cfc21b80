"""A till finds a customer of the whole chain by what is exactly theirs, one at a time, and on record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from sync_server.customers.lookup_service import LOOKUPS_PER_MINUTE
from sync_server.db.sessions import Database
from sync_server.sync.housekeeping import Housekeeper
from tests.helpers.protocol_device import ProtocolDevice, error_of, make_store, wire_row


@pytest.fixture
def elsewhere(server: str, database: Database) -> Iterator[ProtocolDevice]:
    """A till of another store."""
    code = f"E{uuid.uuid4().hex[:6]}"
    make_store(database, code)
    device = ProtocolDevice(server, database, code)
    yield device
    device.close()


def look(till: ProtocolDevice, **given: str) -> httpx.Response:
    return till.client.get("/customers/lookup", params=given, headers={"Authorization": f"Bearer {till.token}"})


def customer(home: ProtocolDevice, **values: object) -> uuid.UUID:
    row: list[Any] = wire_row("customer", {"store_id": home.store_id, "name": "Ann Reed", "addresses": [], **values})
    home.push([home.record("customer", [row, {}], "create")])
    return uuid.UUID(bytes=row[0])


def held(till: ProtocolDevice) -> set[uuid.UUID]:
    pages = till.pull().pages
    return {uuid.UUID(bytes=row.id) for page in pages for row in page.rows if row.entity == "customer"}


@pytest.mark.parametrize(
    "given",
    [
        {"card": " C-77001 "},
        {"email": "Ann.Reed@Example.org"},
        {"phone": "020 7946 0018"},
    ],
)
def test_given_a_customer_of_another_store_when_looked_up_exactly_then_the_profile_comes_with_the_next_pull(
    till: ProtocolDevice, elsewhere: ProtocolDevice, database: Database, given: dict[str, str]
) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE customer SET is_archived = true"))
    ann = customer(elsewhere, number="C-77001", email="ann.reed@example.org", phone="+44 20 7946 0018")
    till.pull()
    answer = look(till, **given)
    assert answer.json() == {"count": 1, "customer_id": str(ann), "number": "C-77001"}
    assert held(till) == {ann}
    with database.reading() as connection:
        rows = connection.execute(
            text('SELECT "by", customer_id FROM customer_lookup WHERE device_id = :d'), {"d": till.id}
        )
        assert [tuple(row) for row in rows] == [(next(iter(given)), ann)]


def test_given_a_customer_who_came_from_no_device_when_the_server_has_tidied_then_they_are_found(
    till: ProtocolDevice, elsewhere: ProtocolDevice, database: Database
) -> None:
    ann = uuid.uuid4()
    with database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO customer (id, store_id, number, name, email, phone, addresses, tags, note, may_send_offers,"
                " consent_evidence, points, created_at, is_archived) VALUES (:id, :store, 'C-66001', 'Ann Imported', '',"
                " '', '[]', '[]', '', false, '', 0, 1, false)"
            ),
            {"id": ann, "store": elsewhere.store_id},
        )
    assert Housekeeper(database).tidy().customers_looked_at >= 1
    assert look(till, card="C-66001").json()["customer_id"] == str(ann)


def test_given_part_of_a_number_or_two_people_with_one_when_looked_up_then_nobody_is_told_and_nobody_comes(
    till: ProtocolDevice, elsewhere: ProtocolDevice
) -> None:
    for number in ("C-88001", "C-88002"):
        customer(elsewhere, number=number, phone="0161 496 0000")
    till.pull()
    assert look(till, card="C-8800").json() == {"count": 0, "customer_id": None, "number": ""}
    assert look(till, phone="0161 496 0000").json() == {"count": 2, "customer_id": None, "number": ""}
    assert held(till) == set()
    for wrong in ({}, {"card": " "}, {"email": "ann"}, {"card": "C-88001", "email": "a@example.org"}):
        assert (look(till, **wrong).status_code, error_of(look(till, **wrong))["error"]) == (422, "lookup_empty")


def test_given_many_look_ups_of_one_device_then_it_has_to_wait_and_others_do_not(
    till: ProtocolDevice, other_till: ProtocolDevice
) -> None:
    for number in range(LOOKUPS_PER_MINUTE):
        assert look(till, card=f"C-{number}").status_code == 200
    assert error_of(look(till, card="C-99"))["error"] == "lookups_too_many"
    assert look(other_till, card="C-99").status_code == 200


def test_given_nobody_we_know_then_nothing_is_looked_up(till: ProtocolDevice) -> None:
    assert till.client.get("/customers/lookup", params={"card": "C-1"}).status_code == 401
