"""A fed table may be partitioned: what is written through the parent, or straight into a partition, is captured once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from shared.ids import TimeOrderedIds
from sync_server.db.engine import connection_text
from sync_server.db.feed import install_statements
from sync_server.db.sessions import Database
from sync_server.sync import coverage_repository
from sync_server.sync.housekeeping import Housekeeper
from sync_server.sync.integrity_service import repair_feed, verify_feed

ids = TimeOrderedIds()
LOW, HIGH = uuid.UUID(int=0), uuid.UUID(int=1 << 127)


@pytest.fixture
def psql(fresh_database: Database) -> Iterator[psycopg.Connection]:
    """A foreign writer on a database whose barcodes are in two partitions, half of all ids in each."""
    url = connection_text(fresh_database.engine.url.render_as_string(hide_password=False))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE barcode RENAME TO barcode_before")
        connection.execute("CREATE TABLE barcode (LIKE barcode_before INCLUDING DEFAULTS) PARTITION BY RANGE (id)")
        connection.execute(f"CREATE TABLE barcode_low PARTITION OF barcode FOR VALUES FROM (MINVALUE) TO ('{HIGH}')")
        connection.execute(f"CREATE TABLE barcode_high PARTITION OF barcode FOR VALUES FROM ('{HIGH}') TO (MAXVALUE)")
        connection.execute("DROP TABLE barcode_before")
        for statement in install_statements():
            connection.execute(statement)
        yield connection


def low() -> uuid.UUID:
    return uuid.UUID(int=ids.new().int >> 1)


def high() -> uuid.UUID:
    return uuid.UUID(int=ids.new().int >> 1 | 1 << 127)


def insert(psql: psycopg.Connection, table: str, *rows: uuid.UUID) -> None:
    values = ", ".join(f"('{row}', '1', '{row}', 1000)" for row in rows)
    psql.execute(f"INSERT INTO {table} (id, code, variant_id, quantity) VALUES {values}")


def feed(database: Database) -> dict[uuid.UUID, tuple[int, int, str]]:
    with database.reading() as connection:
        rows = connection.execute(text("SELECT id, position, version, state FROM sync_row"))
        return {row.id: (row.position, row.version, row.state) for row in rows}


def test_given_rows_through_the_parent_then_each_is_noted_once(
    fresh_database: Database, psql: psycopg.Connection
) -> None:
    one, other = low(), high()
    insert(psql, "barcode", one, other)
    assert {row: stamp[1:] for row, stamp in feed(fresh_database).items()} == {one: (1, "live"), other: (1, "live")}
    psql.execute("UPDATE barcode SET code = 'x'")
    assert sorted(stamp[0] for stamp in feed(fresh_database).values()) == [3, 4]


def test_given_rows_straight_into_a_partition_then_they_are_captured_as_well(
    fresh_database: Database, psql: psycopg.Connection
) -> None:
    one, other = low(), high()
    insert(psql, "barcode_low", one)
    with psql.cursor().copy("COPY barcode_high (id, code, variant_id, quantity) FROM STDIN") as copy:
        copy.write_row((other, "1", other, 1000))
    assert feed(fresh_database) == {one: (1, 1, "live"), other: (2, 1, "live")}
    psql.execute("UPDATE barcode_low SET code = 'x'")
    psql.execute("DELETE FROM barcode_high")
    assert feed(fresh_database) == {one: (3, 2, "live"), other: (4, 2, "deleted")}
    assert verify_feed(fresh_database).agrees


@pytest.mark.scenario(
    "SymmetricDS SimpleIntegration",
    "the primary key is changed and the row moves to another partition",
)
def test_given_a_row_that_moves_to_another_partition_then_its_old_and_its_new_root_are_stamped(
    fresh_database: Database, psql: psycopg.Connection
) -> None:
    here, there = low(), high()
    insert(psql, "barcode", here)
    psql.execute("UPDATE barcode SET id = %s WHERE id = %s", [there, here])
    assert feed(fresh_database) == {here: (2, 2, "deleted"), there: (3, 1, "live")} or feed(fresh_database) == {
        here: (3, 2, "deleted"),
        there: (2, 1, "live"),
    }


@pytest.mark.parametrize("table", ["barcode", "barcode_low"])
def test_given_a_partition_when_truncated_then_it_is_refused(psql: psycopg.Connection, table: str) -> None:
    with pytest.raises(psycopg.Error, match="refused"):
        psql.execute(f"TRUNCATE {table}")


def test_given_a_partition_attached_later_then_doctor_says_so_and_housekeeping_covers_it_and_verify_finds_its_rows(
    fresh_database: Database, psql: psycopg.Connection
) -> None:
    psql.execute("ALTER TABLE barcode DETACH PARTITION barcode_high")
    psql.execute("DROP TABLE barcode_high")
    psql.execute("CREATE TABLE barcode_new (LIKE barcode INCLUDING DEFAULTS)")
    slipped_in = high()
    insert(psql, "barcode_new", slipped_in)
    psql.execute(f"ALTER TABLE barcode ATTACH PARTITION barcode_new FOR VALUES FROM ('{HIGH}') TO (MAXVALUE)")
    with fresh_database.reading() as connection:
        assert coverage_repository.uncovered(connection) == ["barcode_new"]
    assert Housekeeper(fresh_database).tidy().triggers_made == 4
    captured = high()
    insert(psql, "barcode_new", captured)
    assert set(feed(fresh_database)) == {captured}
    found = verify_feed(fresh_database)
    assert [(each.entity, each.id, each.scope, each.is_missing) for each in found.rows] == [
        ("barcode", str(slipped_in), "catalogue", True)
    ]
    assert found.uncovered == ()
    repair_feed(fresh_database, found)
    assert set(feed(fresh_database)) == {slipped_in, captured}
    assert verify_feed(fresh_database).agrees


def test_given_the_feed_installed_again_then_nothing_is_doubled(
    fresh_database: Database, psql: psycopg.Connection
) -> None:
    for statement in install_statements():
        psql.execute(statement)
    row = low()
    insert(psql, "barcode", row)
    assert feed(fresh_database) == {row: (1, 1, "live")}
    with fresh_database.writing() as connection:
        assert coverage_repository.cover(connection) == 0
