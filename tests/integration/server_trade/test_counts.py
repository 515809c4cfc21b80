"""A count is N at a ledger position: sales of others go on, overlapping counts do not put one error right twice."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from sync_server.db.sessions import Database
from sync_server.inventory import service as inventory
from tests.helpers.protocol_device import ProtocolDevice, ids, sale_payload, wire_row
from tests.integration.server_trade.shop_questions import HS, one

SHELF = 12_000


@pytest.fixture
def other(server: str, shop: Database) -> Iterator[ProtocolDevice]:
    device = ProtocolDevice(server, shop, "HS")
    yield device
    device.close()


@pytest.fixture
def key(till: ProtocolDevice) -> uuid.UUID:
    """A variant with twelve on the books, at ledger position 1."""
    made = uuid.uuid4()
    till.push([till.record("stock_movement", [movement(till, made, SHELF, reason="receipt"), {}])])
    return made


def movement(device: ProtocolDevice, key: uuid.UUID, quantity: int, **values: object) -> list[object]:
    row: dict[str, object] = {"id": ids.new(), "store_id": HS, "variant_id": key, "quantity": quantity}
    row |= {"device_id": device.id, "business_date": dt.date(2026, 11, 21), "source_id": None, "user_id": None}
    return wire_row("stock_movement", {**row, "counted": None, "counted_at_position": None, **values})


def counted(
    device: ProtocolDevice, key: uuid.UUID, there: int, *, at: int, base: int = 1, shown: int = SHELF
) -> list[object]:
    """A count of so many, held against what the device showed at a ledger position."""
    given = {"reason": "count", "at": at, "counted": there, "counted_at_position": base}
    return movement(device, key, there - shown, **given)


def send(device: ProtocolDevice, row: list[object]) -> None:
    answer = device.push([device.record("stock_movement", [row, {}])])
    assert [result.status for result in answer.results] == ["applied"]


def on_hand(shop: Database, key: uuid.UUID) -> int:
    found: int = one(shop, "SELECT on_hand FROM stock_balance WHERE variant_id = :key", key=key)
    assert inventory.verify_stock(shop).differences == ()
    return found


def test_given_sales_of_this_till_and_of_one_that_was_offline_when_counted_then_both_count_as_after_it(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    till.push([till.record("sale", sale_payload(HS, till.id, [key]))])
    send(till, counted(till, key, 10_000, at=100))
    assert on_hand(shop, key) == 9_000, "begun before the sale: one of the ten has left"
    other.push([other.record("sale", sale_payload(HS, other.id, [key])) for _ in range(3)])
    assert on_hand(shop, key) == 6_000


@pytest.mark.parametrize("is_later_first", [False, True])
def test_given_two_counts_that_did_not_know_of_each_other_then_the_later_one_stands_and_both_are_kept(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID, *, is_later_first: bool
) -> None:
    arrivals = [(till, counted(till, key, 10_000, at=100)), (other, counted(other, key, 9_000, at=200))]
    for device, row in reversed(arrivals) if is_later_first else arrivals:
        send(device, row)
    assert on_hand(shop, key) == 9_000
    query = text(
        "SELECT counted, quantity, source_id IS NOT NULL FROM stock_movement"
        " WHERE variant_id = :key AND reason = 'count' ORDER BY counted NULLS LAST"
    )
    with shop.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query, {"key": key})]
    assert rows[:2] == [(9_000, -3_000, False), (10_000, -2_000, False)], "facts stay as they were made"
    assert rows[2:] == [(None, 2_000, True)], "one correction, and it says of which count"


def test_given_the_same_finding_twice_when_both_arrive_then_the_error_is_put_right_once(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    send(till, counted(till, key, 10_000, at=100))
    other.push([other.record("sale", sale_payload(HS, other.id, [key]))])
    send(other, counted(other, key, 10_000, at=200))
    assert on_hand(shop, key) == 9_000, "counted with the level of before the sale"


def test_given_a_count_that_is_sent_again_then_it_and_its_correction_are_there_once(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    send(till, counted(till, key, 10_000, at=100))
    row = counted(other, key, 9_000, at=200)
    send(other, row)
    again = other.push([other.record("stock_movement", [row, {}])])
    assert [result.status for result in again.results] == ["repeated"]
    assert on_hand(shop, key) == 9_000


def test_given_a_count_held_against_the_level_of_the_one_before_then_nothing_is_taken_back(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    send(till, counted(till, key, 10_000, at=100))
    position = one(shop, "SELECT ledger_position FROM stock_balance WHERE variant_id = :key", key=key)
    send(other, counted(other, key, 10_000, at=200, base=position, shown=10_000))
    assert on_hand(shop, key) == 10_000


def test_given_counts_of_one_device_in_one_push_then_the_last_one_stands(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    send(other, counted(other, key, 11_000, at=150))
    first = counted(till, key, 10_000, at=100)
    second = counted(till, key, 8_000, at=300, shown=10_000)
    till.push([till.record("stock_movement", [row, {}]) for row in (first, second)])
    assert on_hand(shop, key) == 8_000


def test_given_a_count_of_an_older_program_then_its_difference_counts_as_it_always_did(
    till: ProtocolDevice, other: ProtocolDevice, shop: Database, key: uuid.UUID
) -> None:
    send(till, counted(till, key, 10_000, at=100))
    send(other, movement(other, key, -1_000, reason="count"))
    assert on_hand(shop, key) == 9_000
