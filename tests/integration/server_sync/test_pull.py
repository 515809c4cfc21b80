"""A pull gives a device everything it may hold, in pages, from one snapshot, and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.schema.registry import sales_scope, stock_scope, store_scope
from shared.sync.digest import scope_digest
from shared.sync.wire import Cursor, PullAnswer, Row
from sync_server.db.sessions import Database
from sync_server.sync import housekeeping
from sync_server.sync.digest_service import device_digests
from tests.helpers.postgres import PostgresCluster
from tests.helpers.protocol_device import ProtocolDevice, ids, make_store, running_server, sale_payload, wire_row


@pytest.fixture
def server(fresh_database: Database) -> Iterator[str]:
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with running_server(url) as address:
        yield address


@pytest.fixture
def database(fresh_database: Database) -> Database:
    return fresh_database


@pytest.fixture
def store_code(database: Database) -> str:
    make_store(database, "HS")
    return "HS"


def rows_of(answers: list[PullAnswer]) -> dict[str, dict[tuple[str, bytes], Row]]:
    """What a device holds after these answers, by scope."""
    held: dict[str, dict[tuple[str, bytes], Row]] = {}
    for answer in answers:
        for page in answer.pages:
            if page.restart:
                held[page.scope] = {}
            scope = held.setdefault(page.scope, {})
            scope |= {(row.entity, row.id): row for row in page.rows}
            for gone in (*page.left, *page.deleted):
                scope.pop((gone.entity, gone.id), None)
    return held


def add_products(till: ProtocolDevice, count: int) -> list[bytes]:
    made = []
    for start in range(0, count, 500):
        batch = []
        for n in range(start, min(start + 500, count)):
            root = wire_row("product", {"name": f"Product {n}", "description": "x" * 200})
            variant = wire_row("product", {"product_id": uuid.UUID(bytes=root[0]), "sku": f"P-{n}"}, "variant")
            batch.append(till.record("product", [root, {"variant": [variant]}], "create"))
            made.append(root[0])
        till.push(batch)
    return made


def test_given_many_products_when_pulled_in_small_pages_then_all_arrive_and_the_digests_match(
    till: ProtocolDevice,
) -> None:
    products = add_products(till, 1_200)
    answers = till.pull_all(maximum_bytes=40_000)
    assert len(answers) > 8
    held = rows_of(answers)
    assert {id_ for entity, id_ in held["catalogue"] if entity == "product"} == set(products)
    told = till.digest(answers[-1].scopes)
    for digest in told.digests:
        mine = sorted(held[digest.scope].values(), key=lambda row: (row.entity, row.id))
        assert scope_digest(mine) == (digest.rows, digest.digest)
        assert till.cursors[digest.scope].position == digest.position


def test_given_a_payload_then_it_is_what_was_pushed_value_for_value(till: ProtocolDevice) -> None:
    payload = sale_payload(
        till.store_id, till.id, [ids.new()], business_date="2026-11-20", note="äöü €", previous_seal=b"\x00\x01"
    )
    till.push([till.record("sale", payload)])
    held = rows_of(till.pull_all())[sales_scope(till.store_id, dt.date(2026, 11, 20))]
    row = held["sale", payload[0][0]]
    assert list(row.payload[0]) == payload[0]
    assert {name: [list(child) for child in rows] for name, rows in row.payload[1].items()} == payload[1]
    assert row.version == 1


def test_given_the_order_of_scopes_then_the_catalogue_comes_first_then_stores_then_sales(till: ProtocolDevice) -> None:
    till.push([till.record("sale", sale_payload(till.store_id, till.id, [ids.new()]))])
    scopes = till.pull().scopes
    assert scopes[:3] == ["catalogue", store_scope(till.store_id), stock_scope(till.store_id)]
    assert scopes[3].startswith(f"sales:{till.store_id}:")


@pytest.mark.scenario(
    "Electric, Replicache",
    "which part of the data a client gets is the server's word, not the client's",
)
def test_given_a_till_then_it_sees_its_own_store_until_the_chain_shares(
    server: str, database: Database, till: ProtocolDevice
) -> None:
    other = make_store(database, "ML")
    for weeks in range(15):
        day = (dt.date(2026, 1, 5) + dt.timedelta(weeks=weeks)).isoformat()
        till.push([till.record("sale", sale_payload(other, till.id, [ids.new()], business_date=day))])
    assert till.pull().scopes == ["catalogue", store_scope(till.store_id), stock_scope(till.store_id)]
    office = ProtocolDevice(server, database, "HS", kind="office")
    weeks_seen = [scope for scope in office.pull().scopes if scope.startswith(f"sales:{other}:")]
    assert len(weeks_seen) == 13
    assert sales_scope(other, dt.date(2026, 1, 5)) not in weeks_seen
    with database.writing() as connection:
        connection.execute(
            text("INSERT INTO setting (id, store_id, key, value) VALUES (:id, NULL, 'share_across_stores', 'true')"),
            {"id": ids.new()},
        )
    answers = till.pull_all()
    assert [scope for scope in answers[-1].scopes if scope.startswith(f"sales:{other}:")] == weeks_seen
    assert len(rows_of(answers)[weeks_seen[0]]) == 1
    office.close()


@pytest.mark.scenario("PowerSync", "a row leaves a bucket and is not deleted: it goes only where no bucket holds it")
def test_given_a_customer_who_leaves_and_one_who_is_deleted_then_the_two_are_told_apart(
    till: ProtocolDevice, database: Database
) -> None:
    other = make_store(database, "ML")
    rows = [wire_row("customer", {"store_id": till.store_id, "name": name}) for name in ("Ann", "Bo")]
    till.push([till.record("customer", [row, {}], "create") for row in rows])
    till.pull_all()
    with database.writing() as connection:
        ann, bo = (uuid.UUID(bytes=row[0]) for row in rows)
        connection.execute(text("UPDATE customer SET store_id = :other WHERE id = :id"), {"other": other, "id": ann})
        connection.execute(text("DELETE FROM customer WHERE id = :id"), {"id": bo})
    page = next(page for page in till.pull().pages if page.scope == store_scope(till.store_id))
    assert [gone.id for gone in page.left] == [rows[0][0]]
    assert [gone.id for gone in page.deleted] == [rows[1][0]]


@pytest.mark.scenario("PouchDB #3999-2", "checkpoints that do not match and no session in common: from the start")
def test_given_a_cursor_that_this_server_never_gave_then_the_scope_starts_anew(till: ProtocolDevice) -> None:
    products = add_products(till, 3)
    till.pull_all()
    head = till.cursors["catalogue"]
    for strange in (
        Cursor("catalogue", head.position, b"another mark"),
        Cursor("catalogue", head.position + 5, head.mark),
        Cursor("catalogue", 1, b""),
    ):
        till.cursors["catalogue"] = strange
        page = next(page for page in till.pull_all()[0].pages if page.scope == "catalogue")
        assert page.restart
        assert page.from_position == 0
        assert {row.id for row in page.rows if row.entity == "product"} == set(products)


@pytest.mark.scenario("Electric must-refetch", "the server's history is another one: everything is fetched again")
def test_given_another_epoch_then_every_scope_starts_anew(till: ProtocolDevice) -> None:
    add_products(till, 2)
    till.pull_all()
    till.epoch = 99
    answer = till.pull()
    assert answer.epoch == 1
    assert [page.restart for page in answer.pages if page.to_position] == [True] * sum(
        1 for page in answer.pages if page.to_position
    )


@pytest.mark.scenario(
    "PouchDB #3999-1, #3999-3",
    "checkpoints differ but a session is shared: on from there, not from the start",
)
def test_given_a_cursor_amid_a_transaction_then_its_mark_is_known_again(till: ProtocolDevice) -> None:
    add_products(till, 50)
    till.pull_all(maximum_bytes=1_000)
    till.cursors.clear()
    answer = till.pull(maximum_bytes=1_000)
    page = answer.pages[0]
    assert page.more
    following = till.pull(maximum_bytes=1_000).pages[0]
    assert not following.restart
    assert following.from_position == page.to_position


@pytest.mark.scenario("PouchDB #3999-3", "old sessions are forgotten: only who is behind them starts over")
def test_given_marks_that_were_tidied_away_then_only_a_device_far_behind_starts_anew(
    till: ProtocolDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        add_products(till, 1)
    till.pull_all()
    fresh = till.cursors["catalogue"]
    monkeypatch.setattr(housekeeping, "STAMPS_KEPT", 2)
    assert housekeeping.Housekeeper(database).tidy().pruned > 0
    assert not till.pull().pages[0].restart
    add_products(till, 1)
    assert not till.pull().pages[0].restart
    for _ in range(3):
        add_products(till, 1)
    housekeeping.Housekeeper(database).tidy()
    till.cursors["catalogue"] = fresh
    assert till.pull().pages[0].restart


def test_given_only_some_scopes_asked_for_then_only_they_come_and_the_others_are_named(till: ProtocolDevice) -> None:
    answer = till.pull(scopes=["catalogue"])
    assert [page.scope for page in answer.pages] == ["catalogue"]
    assert len(answer.scopes) > 1


def test_given_a_push_then_the_pull_says_how_far_it_is_and_what_the_levels_include(
    till: ProtocolDevice, database: Database
) -> None:
    variant = ids.new()
    till.push([till.record("sale", sale_payload(till.store_id, till.id, [variant])) for _ in range(3)])
    assert till.pull().last_number == 3
    while (answer := till.pull()).projected_number < 3:
        continue
    till.cursors.clear()
    held = rows_of(till.pull_all())
    levels = [row for (entity, _), row in held[stock_scope(till.store_id)].items() if entity == "stock_level"]
    assert answer.projected_number == 3
    assert [row.payload[0][3] for row in levels] == [-3_000]


def test_given_digests_of_devices_then_they_are_those_of_their_scopes(
    till: ProtocolDevice, other_till: ProtocolDevice, database: Database, postgres: PostgresCluster
) -> None:
    add_products(till, 10)
    with database.reading() as connection:
        found = {each.device: each for each in device_digests(connection)}
    assert found[till.id].digest == found[other_till.id].digest
    held = rows_of(till.pull_all())
    assert found[till.id].rows == sum(len(rows) for rows in held.values())
