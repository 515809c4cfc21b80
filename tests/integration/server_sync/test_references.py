"""What is referred to and not there becomes one task that closes by itself, found a bounded piece at a time."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.clock import SettableClock, SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.base import VARIOUS
from shared.schema.registry import AGGREGATES
from shared.schema.types import WireKind
from sync_server.db.sessions import Database
from sync_server.doctor import examine
from sync_server.settings import ServerSettings
from sync_server.sync.reference_service import GRACE_US, NOUNS, Looked, look
from tests.helpers.protocol_device import make_store

ids = TimeOrderedIds()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(SystemClock().now())


@pytest.fixture
def shop(fresh_database: Database, clock: SettableClock) -> Database:
    """A server with one store, everything in it looked at."""
    make_store(fresh_database, "HS")
    made = Database(fresh_database.engine, clock, TimeOrderedIds(clock))
    while look(made).rows:
        pass
    return made


def store_of(database: Database) -> uuid.UUID:
    with database.reading() as connection:
        found: uuid.UUID = connection.execute(text("SELECT id FROM store WHERE code = 'HS'")).scalar_one()
    return found


def run(database: Database, statement: str, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(text(statement), values)


def barcode(database: Database, variant: uuid.UUID, code: str = "4006381333931") -> uuid.UUID:
    made = ids.new()
    run(database, "INSERT INTO barcode VALUES (:id, :code, :variant, 1000)", id=made, code=code, variant=variant)
    return made


def product(database: Database, variant: uuid.UUID) -> None:
    given = {"id": ids.new(), "variant": variant}
    run(
        database,
        "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at,"
        " updated_by) VALUES (:id, 'Soap', '', '', 'goods', 'piece', 'active', '[]', '{}', 0, '')",
        id=given["id"],
    )
    run(
        database,
        "INSERT INTO variant (id, product_id, sku, name, position) VALUES (:variant, :id, 'SOAP', '', 1)",
        **given,
    )


def customer(database: Database, key: uuid.UUID) -> None:
    run(
        database,
        "INSERT INTO customer (id, store_id, number, name, email, phone, addresses, tags, note, may_send_offers,"
        " consent_evidence, points, created_at, is_archived)"
        " VALUES (:id, :store, 'C-1', 'Ann', '', '', '[]', '[]', '', false, '', 0, 1, false)",
        id=key,
        store=store_of(database),
    )


def order(database: Database, number: str, buyer: uuid.UUID) -> uuid.UUID:
    """An order is the least row with a store, a number and a customer."""
    made = ids.new()
    run(
        database,
        "INSERT INTO customer_order (id, store_id, number, channel, reference, customer_id, customer_name, state,"
        " currency, net_total, tax_total, total, placed_at, changed_at)"
        " VALUES (:id, :store, :number, 'web', '', :buyer, 'Ann', 'placed', 'GBP', 1, 0, 1, 1, 1)",
        id=made,
        store=store_of(database),
        number=number,
        buyer=buyer,
    )
    return made


def entries(database: Database) -> list[tuple[uuid.UUID, str, str, str]]:
    with database.reading() as connection:
        found = connection.execute(
            text(
                "SELECT entity_id, title, reason, state FROM inbox_entry WHERE kind = 'dangling' ORDER BY created_at, id"
            )
        )
        return [(row[0], row[1], row[2], row[3]) for row in found]


def test_given_the_schema_then_every_identifier_says_what_it_refers_to() -> None:
    tables = {table.name for aggregate in AGGREGATES.values() for table in aggregate.tables}
    silent = [
        f"{table.name}.{column.name}"
        for aggregate in AGGREGATES.values()
        for table in aggregate.tables
        for column in table.columns
        if column.kind is WireKind.ID
        and column.name not in {"id", table.parent_column}
        and column.refers_to not in {VARIOUS, *tables}
    ]
    assert not silent
    targets = {
        column.refers_to
        for aggregate in AGGREGATES.values()
        for table in aggregate.tables
        for column in table.columns
        if column.refers_to not in {"", VARIOUS}
    }
    assert targets == NOUNS.keys(), "the inbox has a word for each"


def test_given_two_orders_of_a_customer_nobody_sent_when_the_grace_is_over_then_one_task_says_so_until_they_come(
    shop: Database, clock: SettableClock
) -> None:
    missing = ids.new()
    for number in ("W-1", "W-2"):
        order(shop, number, missing)
    assert look(shop) == Looked(rows=2, noted=1)
    assert entries(shop) == []
    clock.advance(GRACE_US // 1_000_000 - 1)
    assert look(shop).opened == 0

    clock.advance(1)
    assert look(shop).opened == 1
    ((about, title, reason, state),) = entries(shop)
    assert (about, title, state) == (missing, "Order W-1", "needs_you")
    assert reason.startswith("Order W-1 refers to a customer that is not here.")
    with shop.reading() as connection:
        place = connection.execute(text("SELECT store_id FROM inbox_entry WHERE kind = 'dangling'")).scalar_one()
    assert place == store_of(shop), "whoever can do something about it sees it"
    assert look(shop).opened == 0, "it is said once"

    customer(shop, missing)
    assert look(shop).closed == 1
    assert entries(shop)[0][3] == "decided"
    assert look(shop).closed == 0


def test_given_what_arrives_within_the_grace_then_nobody_is_told(shop: Database, clock: SettableClock) -> None:
    variant = ids.new()
    barcode(shop, variant)
    assert look(shop).noted == 1
    product(shop, variant)
    clock.advance(GRACE_US // 1_000_000 + 1)
    look(shop)
    assert entries(shop) == []


def test_given_the_row_that_refers_is_gone_then_another_one_keeps_the_task_open_and_the_last_one_closes_it(
    shop: Database, clock: SettableClock
) -> None:
    variant = ids.new()
    first, second = barcode(shop, variant, "1"), barcode(shop, variant, "2")
    look(shop)
    clock.advance(GRACE_US // 1_000_000)
    assert look(shop).opened == 1
    run(shop, "DELETE FROM barcode WHERE id = :id", id=min(first, second))
    assert look(shop).closed == 0
    run(shop, "DELETE FROM barcode WHERE id = :id", id=max(first, second))
    assert look(shop).closed == 1
    with shop.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM missing_reference")).scalar_one() == 0


def test_given_somebody_took_note_when_it_stays_missing_then_it_does_not_come_back(
    shop: Database, clock: SettableClock
) -> None:
    barcode(shop, ids.new())
    look(shop)
    clock.advance(GRACE_US // 1_000_000)
    look(shop)
    run(shop, "UPDATE inbox_entry SET state = 'decided' WHERE kind = 'dangling'")
    clock.advance(GRACE_US // 1_000_000)
    assert look(shop).opened == 0
    assert len(entries(shop)) == 1


def test_given_much_that_is_new_then_each_look_does_a_piece_and_all_of_it_is_gone_through_once(
    shop: Database,
) -> None:
    variants = [ids.new() for _ in range(7)]
    for variant in variants:
        barcode(shop, variant)
    looks = [look(shop, rows=3) for _ in range(4)]
    assert [each.rows for each in looks] == [3, 3, 1, 0]
    assert sum(each.noted for each in looks) == 7


def test_given_what_is_missing_then_the_doctor_counts_it(shop: Database, clock: SettableClock, tmp_path: Path) -> None:
    barcode(shop, ids.new())
    look(shop)
    clock.advance(GRACE_US // 1_000_000)
    look(shop)
    barcode(shop, ids.new())
    look(shop)
    lines = examine(shop, ServerSettings(home=tmp_path)).lines
    (line,) = [each for each in lines if "referred to and not here" in each]
    assert line == "LOOK  referred to and not here: 1 in the inbox, 1 not missing for long yet"
