"""The feed holds every aggregate once per scope at its latest position, whoever writes and however many at once."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Connection, text

from shared.ids import TimeOrderedIds
from shared.schema.registry import AGGREGATES, sales_scope, scopes_of, store_scope
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from sync_server.sync.record_repository import copy_rows
from tests.helpers.protocol_device import wire_row

ids = TimeOrderedIds()


def feed(connection: Connection, scope: str) -> list[tuple[str, uuid.UUID, int, int, str]]:
    rows = connection.execute(
        text(
            "SELECT r.entity, r.id, r.position, r.version, r.state FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id "
            "WHERE s.name = :scope ORDER BY r.position"
        ),
        {"scope": scope},
    )
    return [tuple(row) for row in rows]


def add_product(connection: Connection, name: str = "Oat bar", variants: int = 1) -> uuid.UUID:
    product = ids.new()
    connection.execute(
        text(
            "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at, updated_by) "
            "VALUES (:id, :name, '', '', 'goods', 'piece', 'active', '[]', '{}', 0, '')"
        ),
        {"id": product, "name": name},
    )
    for position in range(variants):
        connection.execute(
            text(
                "INSERT INTO variant (id, product_id, sku, name, position) VALUES (:id, :product, :sku, '', :position)"
            ),
            {"id": ids.new(), "product": product, "sku": f"SKU-{position}", "position": position},
        )
    return product


def add_customer(connection: Connection, store: uuid.UUID) -> uuid.UUID:
    customer = ids.new()
    connection.execute(
        text(
            "INSERT INTO customer (id, store_id, number, name, email, phone, addresses, tags, note, may_send_offers, "
            "consent_evidence, points, created_at, is_archived) "
            "VALUES (:id, :store, '1', 'Ann', '', '', '[]', '[]', '', false, '', 0, 0, false)"
        ),
        {"id": customer, "store": store},
    )
    return customer


def test_given_a_product_with_variants_when_committed_then_it_stands_once_at_one_position(
    fresh_database: Database,
) -> None:
    with fresh_database.writing() as connection:
        product = add_product(connection, variants=3)
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", product, 1, 1, "live")]


def test_given_an_edit_of_a_child_then_the_root_moves_to_the_head_with_a_higher_version(
    fresh_database: Database,
) -> None:
    with fresh_database.writing() as connection:
        first, second = add_product(connection), add_product(connection)
    with fresh_database.writing() as connection:
        connection.execute(text("UPDATE variant SET sku = 'NEW' WHERE product_id = :id"), {"id": first})
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", second, 2, 1, "live"), ("product", first, 3, 2, "live")]


@pytest.mark.scenario("SymmetricDS SimpleIntegration", "the key by which a child hangs on its parent is changed")
def test_given_a_child_that_moves_to_another_root_then_both_roots_are_stamped(fresh_database: Database) -> None:
    with fresh_database.writing() as connection:
        first, second = add_product(connection), add_product(connection)
    with fresh_database.writing() as connection:
        connection.execute(
            text("UPDATE variant SET product_id = :to WHERE product_id = :id"), {"id": first, "to": second}
        )
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", first, 3, 2, "live"), ("product", second, 4, 2, "live")]


@pytest.mark.scenario("CouchDB", "what was deleted and made again goes on above its deletion")
def test_given_a_deletion_and_a_new_start_then_the_version_goes_on(fresh_database: Database) -> None:
    with fresh_database.writing() as connection:
        product = add_product(connection)
    with fresh_database.writing() as connection:
        connection.execute(text("DELETE FROM variant"))
        connection.execute(text("DELETE FROM product"))
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", product, 2, 2, "deleted")]
    with fresh_database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at, updated_by) "
                "VALUES (:id, 'again', '', '', 'goods', 'piece', 'active', '[]', '{}', 0, '')"
            ),
            {"id": product},
        )
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", product, 3, 3, "live")]


def test_given_a_customer_who_moves_house_then_the_old_store_is_told_left_and_not_deleted(
    fresh_database: Database,
) -> None:
    here, there = ids.new(), ids.new()
    with fresh_database.writing() as connection:
        customer = add_customer(connection, here)
    with fresh_database.writing() as connection:
        connection.execute(text("UPDATE customer SET store_id = :there"), {"there": there})
    with fresh_database.reading() as connection:
        assert feed(connection, store_scope(here)) == [("customer", customer, 2, 2, "left")]
        assert feed(connection, store_scope(there)) == [("customer", customer, 1, 2, "live")]


def test_given_a_savepoint_rolled_back_then_what_follows_is_stamped_all_the_same(fresh_database: Database) -> None:
    with fresh_database.writing() as connection:
        savepoint = connection.begin_nested()
        add_product(connection)
        savepoint.rollback()
        product = add_product(connection)
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", product, 1, 1, "live")]
        assert connection.execute(text("SELECT count(*) FROM sync_touch")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM sync_marker")).scalar_one() == 0


def test_given_constraints_checked_early_then_later_writes_of_the_transaction_are_stamped_too(
    fresh_database: Database,
) -> None:
    with fresh_database.writing() as connection:
        first = add_product(connection)
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        second = add_product(connection)
    with fresh_database.reading() as connection:
        assert [row[1] for row in feed(connection, "catalogue")] == [first, second]


@pytest.mark.scenario("SymmetricDS gap detector", "a transaction that is rolled back leaves no gap to wait for")
def test_given_a_rolled_back_transaction_then_it_leaves_no_gap(fresh_database: Database) -> None:
    with fresh_database.engine.connect() as connection:
        add_product(connection)
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.rollback()
    with fresh_database.writing() as connection:
        product = add_product(connection)
    with fresh_database.reading() as connection:
        assert feed(connection, "catalogue") == [("product", product, 1, 1, "live")]


@pytest.mark.scenario("Logical replication", "TRUNCATE empties the table and tells the readers nothing")
@pytest.mark.parametrize("table", [table.name for aggregate in AGGREGATES.values() for table in aggregate.tables])
def test_given_a_replicated_table_when_truncated_then_it_is_refused(database_url: str, table: str) -> None:
    with psycopg.connect(connection_text(database_url)) as connection, pytest.raises(psycopg.Error, match="refused"):
        connection.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("entity", AGGREGATES)
def test_given_any_aggregate_then_the_sql_puts_it_where_the_registry_says(database: Database, entity: str) -> None:
    aggregate = AGGREGATES[entity]
    is_optional = any(column.name == "store_id" and column.nullable for column in aggregate.root.columns)
    for store in (ids.new(), None) if is_optional else (ids.new(),):
        row = wire_row(entity, {"store_id": store, "business_date": "2027-01-01"})
        root = {"store_id": store, "business_date": dt.date(2027, 1, 1)}
        with database.writing() as connection:
            copy_rows(connection, aggregate.root, [tuple(row)])
        with database.reading() as connection:
            named = connection.execute(
                text("SELECT s.name FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id WHERE r.id = :id"),
                {"id": uuid.UUID(bytes=row[0])},
            )
            assert tuple(named.scalars()) == scopes_of(aggregate, root)


def test_given_the_sql_of_sales_weeks_then_it_names_the_scope_as_the_registry_does(fresh_database: Database) -> None:
    store = ids.new()
    days = [
        dt.date(2026, 12, 31),
        dt.date(2027, 1, 1),
        dt.date(2027, 1, 4),
        dt.date(2024, 12, 30),
        dt.date(2026, 11, 16),
    ]
    with fresh_database.reading() as connection:
        named = [
            connection.execute(
                text("SELECT 'sales:' || CAST(:store AS uuid) || ':' || to_char(CAST(:day AS date), 'IYYY-\"W\"IW')"),
                {"store": store, "day": day},
            ).scalar_one()
            for day in days
        ]
    assert named == [sales_scope(store, day) for day in days]


def test_given_eight_writers_at_once_psql_copy_among_them_then_a_reader_by_cursor_misses_nothing(
    fresh_database: Database,
) -> None:
    """The trap of every ``seq > cursor`` feed: a reader that runs along must end with exactly what is there."""
    store = ids.new()
    url = connection_text(fresh_database.engine.url.render_as_string(hide_password=False))

    def write(worker: int) -> None:
        maker = TimeOrderedIds()
        with psycopg.connect(url, autocommit=True) as connection:
            mine: list[uuid.UUID] = []
            for turn in range(30):
                with connection.transaction():
                    if worker % 4 == 3:
                        rows = [maker.new() for _ in range(5)]
                        with connection.cursor().copy(
                            "COPY barcode (id, code, variant_id, quantity) FROM STDIN"
                        ) as copy:
                            for row in rows:
                                copy.write_row((row, "1", store, 1000))
                    else:
                        rows = [maker.new()]
                        connection.execute("INSERT INTO barcode VALUES (%s, '1', %s, 1000)", [rows[0], store])
                    if mine and turn % 3 == 0:
                        connection.execute("UPDATE barcode SET quantity = quantity + 1 WHERE id = %s", [mine[0]])
                    if len(mine) > 4 and turn % 5 == 0:
                        connection.execute("DELETE FROM barcode WHERE id = %s", [mine.pop()])
                mine += rows

    pool = ThreadPoolExecutor(8)
    writers = [pool.submit(write, worker) for worker in range(8)]
    replica: dict[uuid.UUID, int] = {}
    cursor = 0
    is_last_look = False
    while True:
        with fresh_database.reading() as connection:
            head = connection.execute(text("SELECT position FROM sync_scope WHERE name = 'catalogue'")).scalar() or 0
            rows = connection.execute(
                text("SELECT id, position, version, state FROM sync_row WHERE position > :cursor ORDER BY position"),
                {"cursor": cursor},
            ).all()
            assert not rows or rows[-1].position == head
        for row in rows:
            if row.state == "live":
                assert replica.get(row.id, 0) < row.version
                replica[row.id] = row.version
            else:
                replica.pop(row.id, None)
        cursor = max(cursor, head)
        if is_last_look:
            break
        is_last_look = all(writer.done() for writer in writers)
    pool.shutdown()
    assert [writer.result() for writer in writers] == [None] * 8
    with fresh_database.reading() as connection:
        present = set(connection.execute(text("SELECT id FROM barcode")).scalars())
        stamps, marks = connection.execute(text("SELECT count(*), count(DISTINCT mark) FROM sync_stamp")).one()
        total, distinct = connection.execute(text("SELECT count(*), count(DISTINCT position) FROM sync_row")).one()
    assert set(replica) == present
    assert stamps == marks == 8 * 30
    assert total == distinct
