"""The traps into which change feeds fall, sprung on ours: nothing is lost, doubled or out of order, whoever writes.

Evidence and names of the traps: a naive ``seq > cursor`` reader loses what commits late; xid order is not the order of
versions; a lower number may become visible later; a writer that idles holds up readers that wait for it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from shared.ids import TimeOrderedIds
from shared.sync.buckets import bucket_sums
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from sync_server.sync import bucket_repository, coverage_repository
from sync_server.sync.integrity_service import verify_feed
from tests.helpers.postgres import PostgresCluster

ids = TimeOrderedIds()
SOMETHING = uuid.uuid5(uuid.NAMESPACE_OID, "something")


def url_of(database: Database) -> str:
    return connection_text(database.engine.url.render_as_string(hide_password=False))


@contextmanager
def writer(database: Database, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A writer that is none of ours, as psql is one."""
    with psycopg.connect(url_of(database), autocommit=autocommit) as connection:
        yield connection


def add_barcode(connection: psycopg.Connection, code: str = "1") -> uuid.UUID:
    barcode = ids.new()
    connection.execute("INSERT INTO barcode VALUES (%s, %s, %s, 1000)", [barcode, code, SOMETHING])
    return barcode


def add_and_take_back(connection: psycopg.Connection) -> None:
    connection.execute("SAVEPOINT before")
    add_barcode(connection)
    connection.execute("ROLLBACK TO SAVEPOINT before")


class CursorReader:
    """What a device does: everything above its cursor, then the cursor moves to the last of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cursor = 0
        self.rows: dict[uuid.UUID, int] = {}
        self.replaced_by_older: list[uuid.UUID] = []
        self.gaps: list[int] = []

    def look(self) -> int:
        """Read on; gives how many rows came. Notes whatever must never happen."""
        with self.database.reading() as connection:
            head = connection.execute(text("SELECT position FROM sync_scope WHERE name = 'catalogue'")).scalar() or 0
            rows = connection.execute(
                text(
                    "SELECT r.id, r.position, r.version, r.state FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id "
                    "WHERE s.name = 'catalogue' AND r.position > :cursor ORDER BY r.position"
                ),
                {"cursor": self.cursor},
            ).all()
        if rows and rows[-1].position != head:
            self.gaps.append(head)
        for row in rows:
            if row.state != "live":
                self.rows.pop(row.id, None)
            elif self.rows.get(row.id, 0) >= row.version:
                self.replaced_by_older.append(row.id)
            else:
                self.rows[row.id] = row.version
        self.cursor = max(head, self.cursor)
        return len(rows)


def present(database: Database) -> set[uuid.UUID]:
    with database.reading() as connection:
        return set(connection.execute(text("SELECT id FROM barcode")).scalars())


def assert_feed_is_whole(database: Database) -> None:
    """Dense where nothing moved on, nothing pending, one mark per transaction, sums and tables agree."""
    with database.reading() as connection:
        for table in ("sync_touch", "sync_marker"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
        for scope, position in connection.execute(text("SELECT id, position FROM sync_scope")).all():
            of_rows = "SELECT count(*), count(DISTINCT position), max(position) FROM sync_row WHERE scope_id = :scope"
            rows, distinct, last = connection.execute(text(of_rows), {"scope": scope}).one()
            assert rows == distinct
            assert last == position
            stamped = connection.execute(
                text("SELECT max(position), count(*), count(DISTINCT mark) FROM sync_stamp WHERE scope_id = :scope"),
                {"scope": scope},
            ).one()
            assert stamped[0] == position
            assert stamped[1] == stamped[2]
    assert verify_feed(database).agrees


# What the naive reader loses ------------------------------------------------------------------------------------------


@pytest.mark.scenario(
    "Replicache, Kinto, RxDB and WatermelonDB documentation",
    "a cursor by time or sequence misses what commits late",
)
def test_given_a_late_commit_when_read_by_a_naive_cursor_then_it_is_lost_and_our_feed_has_it(
    fresh_database: Database,
) -> None:
    with writer(fresh_database, autocommit=True) as psql:
        psql.execute("CREATE TABLE naive (seq bigserial PRIMARY KEY, id uuid NOT NULL)")
    reader, naive_cursor = CursorReader(fresh_database), 0
    naive: set[uuid.UUID] = set()

    def look_naively() -> int:
        with fresh_database.reading() as connection:
            rows = connection.execute(text("SELECT seq, id FROM naive WHERE seq > :at"), {"at": naive_cursor}).all()
        naive.update(row.id for row in rows)
        return max((row.seq for row in rows), default=naive_cursor)

    with writer(fresh_database) as slow, writer(fresh_database) as quick:
        late = add_barcode(slow)
        slow.execute("INSERT INTO naive (id) VALUES (%s)", [late])
        early = add_barcode(quick)
        quick.execute("INSERT INTO naive (id) VALUES (%s)", [early])
        quick.commit()
        naive_cursor = look_naively()
        reader.look()
        slow.commit()
        naive_cursor = look_naively()
        reader.look()
    assert naive == {early}, "the trap is real: the row that committed late is gone for the naive reader"
    assert set(reader.rows) == {early, late}
    assert_feed_is_whole(fresh_database)


@pytest.mark.scenario("Watermark readers", "the order of transaction ids is not the order in which one row was written")
def test_given_an_older_transaction_that_writes_last_then_its_row_has_the_higher_version(
    fresh_database: Database,
) -> None:
    """T_a takes the older xid, T_b writes the row and commits, then T_a writes it: by xid the feed would end at T_b."""
    with writer(fresh_database) as first:
        row = add_barcode(first)
        first.commit()
    reader = CursorReader(fresh_database)
    reader.look()
    with writer(fresh_database) as old, writer(fresh_database) as new:
        add_barcode(old)
        older_xid = old.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        new.execute("UPDATE barcode SET code = 'b' WHERE id = %s", [row])
        newer_xid = new.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        new.commit()
        reader.look()
        after_new = reader.rows[row]
        old.execute("UPDATE barcode SET code = 'a' WHERE id = %s", [row])
        old.commit()
    reader.look()
    assert older_xid is not None
    assert newer_xid is not None
    assert older_xid[0] < newer_xid[0], "the trap is real: the last writer has the lower xid"
    assert reader.rows[row] == after_new + 1
    assert reader.replaced_by_older == []
    assert_feed_is_whole(fresh_database)


@pytest.mark.scenario("SymmetricDS gap detector", "new gaps: numbers below the head turn up later, or never")
@pytest.mark.scenario(
    "Couchbase Sync Gateway",
    "a number that was drawn and never used is waited for, then given up as lost",
)
@pytest.mark.scenario("dba.stackexchange 342896", "a newer transaction holds the lower number")
def test_given_a_sequence_number_drawn_early_and_committed_late_then_ours_is_drawn_at_commit(
    fresh_database: Database,
) -> None:
    """New gap: a number below the head that turns up later. Our positions are given under the scope's lock."""
    reader = CursorReader(fresh_database)
    with ExitStack() as stack:
        open_ = [stack.enter_context(writer(fresh_database)) for _ in range(4)]
        made = [add_barcode(connection) for connection in open_]
        for turn, index in enumerate((2, 0, 3), start=1):
            open_[index].commit()
            assert reader.look() == 1
            assert reader.cursor == turn
        open_[1].rollback()
        assert reader.look() == 0
        assert reader.cursor == 3
    assert set(reader.rows) == {made[0], made[2], made[3]}
    assert reader.gaps == []
    assert_feed_is_whole(fresh_database)


# Gaps: new, inside a gap, overlapping, doubled, expired, a busy channel -----------------------------------------------


@pytest.mark.scenario("SymmetricDS gap detector", "a gap inside a gap; data that arrives before the gap does")
def test_given_a_rolled_back_savepoint_inside_an_open_transaction_then_no_gap_is_left_in_a_gap(
    fresh_database: Database,
) -> None:
    reader = CursorReader(fresh_database)
    with writer(fresh_database) as outer, writer(fresh_database, autocommit=True) as psql:
        kept = add_barcode(outer)
        add_and_take_back(outer)
        beside = add_barcode(psql)
        assert reader.look() == 1
        with outer.transaction():
            nested = add_barcode(outer)
        outer.commit()
    assert reader.look() == 2
    assert set(reader.rows) == {kept, beside, nested}
    assert reader.cursor == 3
    assert_feed_is_whole(fresh_database)


@pytest.mark.scenario(
    "SymmetricDS gap detector",
    "gaps that overlap, once and many times, with and without data in them",
)
def test_given_transactions_that_overlap_on_the_same_rows_then_each_row_stands_once_at_its_latest_position(
    fresh_database: Database,
) -> None:
    with writer(fresh_database, autocommit=True) as psql:
        rows = [add_barcode(psql) for _ in range(6)]
    reader = CursorReader(fresh_database)
    reader.look()

    def touch(order: list[uuid.UUID]) -> None:
        with writer(fresh_database) as connection:
            for row in order:
                connection.execute("UPDATE barcode SET quantity = quantity + 1 WHERE id = %s", [row])
            connection.commit()

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(touch, rows[turn % 3 : turn % 3 + 4]) for turn in range(24)]:
            done.result()
    reader.look()
    assert set(reader.rows) == set(rows)
    with fresh_database.reading() as connection:
        versions = {row.id: row.version for row in connection.execute(text("SELECT id, version FROM sync_row"))}
        quantities = {row.id: row.quantity for row in connection.execute(text("SELECT id, quantity FROM barcode"))}
    assert {row: version - 1 for row, version in versions.items()} == {
        row: quantity - 1000 for row, quantity in quantities.items()
    }, "every change of a row raised its version by one: none was lost, none counted twice"
    assert reader.rows == versions
    assert_feed_is_whole(fresh_database)


@pytest.mark.scenario(
    "SymmetricDS gap detector",
    "duplicate detection: the same number is never given or counted twice",
)
def test_given_the_same_row_written_twice_in_one_transaction_then_it_takes_one_position_and_one_version(
    fresh_database: Database,
) -> None:
    with writer(fresh_database) as connection:
        row = add_barcode(connection)
        for code in ("a", "b", "c"):
            connection.execute("UPDATE barcode SET code = %s WHERE id = %s", [code, row])
        connection.commit()
    reader = CursorReader(fresh_database)
    reader.look()
    assert (reader.cursor, reader.rows) == (1, {row: 1})


@pytest.mark.scenario(
    "SymmetricDS gap detector",
    "a busy channel: what is still being written holds up nobody, and is not given up",
)
def test_given_a_writer_that_idles_in_its_transaction_then_nobody_else_waits_and_the_lag_is_shown(
    fresh_database: Database,
) -> None:
    """Watermark readers stop at the oldest open writer; ours only lack what that writer has not committed."""
    reader = CursorReader(fresh_database)
    with writer(fresh_database) as idle, writer(fresh_database, autocommit=True) as psql:
        late = add_barcode(idle)
        idle.execute("SELECT id FROM barcode FOR UPDATE")
        others = {add_barcode(psql) for _ in range(5)}
        reader.look()
        assert set(reader.rows) == others
        with fresh_database.reading() as connection:
            lag = coverage_repository.feed_lag(connection)
        assert lag.idle_writers == 1
        assert lag.milliseconds > 0
        idle.commit()
    reader.look()
    assert set(reader.rows) == others | {late}
    with fresh_database.reading() as connection:
        assert coverage_repository.feed_lag(connection).idle_writers == 0


@pytest.mark.scenario("Watermark readers", "a writer in another database of the cluster holds up the feed")
def test_given_a_writer_in_another_database_of_the_cluster_then_the_feed_goes_on(
    fresh_database: Database, postgres: PostgresCluster
) -> None:
    reader = CursorReader(fresh_database)
    with psycopg.connect(connection_text(postgres.new_empty_database())) as elsewhere:
        elsewhere.execute("CREATE TABLE held (n int)")
        elsewhere.execute("INSERT INTO held VALUES (1)")
        with writer(fresh_database, autocommit=True) as psql:
            row = add_barcode(psql)
        reader.look()
        assert set(reader.rows) == {row}
        with fresh_database.reading() as connection:
            assert coverage_repository.feed_lag(connection).milliseconds == 0
        elsewhere.rollback()


@pytest.mark.scenario(
    "SymmetricDS gap detector",
    "gaps expire: a writer that never ends is ended, its numbers were never given",
)
def test_given_a_session_of_ours_that_idles_with_a_write_then_the_database_ends_it(fresh_database: Database) -> None:
    with fresh_database.engine.connect() as connection:
        shown = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert shown == "10s"


# Everything at once ---------------------------------------------------------------------------------------------------


@pytest.mark.scenario(
    "SymmetricDS gap detector",
    "all of it at once: nine writers, roll-backs, deadlocks, a reader that never waits",
)
def test_given_nine_writers_of_every_kind_then_a_reader_by_cursor_loses_nothing(
    fresh_database: Database, postgres: PostgresCluster
) -> None:
    """Autocommit, transactions, COPY, savepoints, deletes and re-creations, deadlock-prone orders, long transactions."""
    with writer(fresh_database, autocommit=True) as psql:
        shared = [add_barcode(psql) for _ in range(8)]
    is_over = threading.Event()
    committed: list[int] = []

    def autocommit() -> None:
        with writer(fresh_database, autocommit=True) as connection:
            for turn in range(40):
                row = add_barcode(connection)
                connection.execute("UPDATE barcode SET code = 'x' WHERE id = %s", [row])
                if turn % 3 == 0:
                    connection.execute("DELETE FROM barcode WHERE id = %s", [row])
                    connection.execute("INSERT INTO barcode VALUES (%s, 'again', %s, 1)", [row, SOMETHING])

    def copying() -> None:
        with writer(fresh_database) as connection:
            for _ in range(10):
                with connection.cursor().copy("COPY barcode (id, code, variant_id, quantity) FROM STDIN") as copy:
                    for _ in range(50):
                        copy.write_row((ids.new(), "c", SOMETHING, 1))
                connection.commit()

    def long() -> None:
        with writer(fresh_database) as connection:
            for turn in range(4):
                for _ in range(30):
                    add_barcode(connection)
                    add_and_take_back(connection)
                if turn == 2:
                    connection.rollback()
                else:
                    connection.commit()

    def contended(order: Callable[[list[uuid.UUID]], list[uuid.UUID]]) -> None:
        with writer(fresh_database) as connection:
            for turn in range(6):
                try:
                    for row in order(shared)[turn % 4 : turn % 4 + 4]:
                        connection.execute("UPDATE barcode SET quantity = quantity + 1 WHERE id = %s", [row])
                    connection.commit()
                    committed.append(1)
                except psycopg.errors.DeadlockDetected:
                    connection.rollback()

    def idling_elsewhere() -> None:
        with psycopg.connect(connection_text(postgres.new_empty_database())) as connection:
            connection.execute("CREATE TABLE held (n int)")
            is_over.wait(60)

    work = [autocommit, autocommit, copying, copying, long, long, lambda: contended(sorted)]
    work += [lambda: contended(lambda rows: sorted(rows, reverse=True)), lambda: contended(list)]
    reader = CursorReader(fresh_database)
    with ThreadPoolExecutor(len(work) + 1) as pool:
        idle = pool.submit(idling_elsewhere)
        running = [pool.submit(each) for each in work]
        is_last_look = False
        while not is_last_look:
            is_last_look = all(each.done() for each in running)
            reader.look()
        is_over.set()
        for each in (*running, idle):
            each.result()
    assert len(committed) > 0
    assert set(reader.rows) == present(fresh_database)
    assert reader.replaced_by_older == []
    assert reader.gaps == []
    assert_feed_is_whole(fresh_database)


# Sums while everything moves ------------------------------------------------------------------------------------------


def test_given_any_writes_then_the_sums_are_those_of_the_pure_function(fresh_database: Database) -> None:
    with writer(fresh_database) as connection:
        rows = [add_barcode(connection) for _ in range(300)]
        connection.commit()
        connection.execute("UPDATE barcode SET code = 'x' WHERE id = ANY(%s)", [rows[:100]])
        connection.commit()
        connection.execute("DELETE FROM barcode WHERE id = ANY(%s)", [rows[50:150]])
        connection.commit()
    with fresh_database.reading() as connection:
        live = connection.execute(text("SELECT id, version FROM sync_row WHERE state = 'live'")).all()
        scope = connection.execute(text("SELECT id FROM sync_scope WHERE name = 'catalogue'")).scalar_one()
        kept = {each.bucket: each for each in bucket_repository.sums(connection, [scope])}
    expected = bucket_sums("barcode", [(row.id.bytes, row.version) for row in live])
    assert [kept[number].sum if number in kept else 0 for number in range(256)] == expected
    assert sum(each.rows for each in kept.values()) == len(live) == 200


ADD_VARIANT = "INSERT INTO variant (id, product_id, sku, name, position) VALUES (%s, %s, 'L', '', 1)"


def test_given_a_child_that_joins_while_its_root_commits_for_the_first_time_then_readers_are_told_of_it(
    fresh_database: Database,
) -> None:
    """The root has its position but cannot be seen yet, so the child's commit finds nothing to give a position to."""
    product = ids.new()
    with writer(fresh_database) as root, writer(fresh_database) as child, ThreadPoolExecutor(1) as thread:
        root.execute(
            "INSERT INTO product (id, name, description, brand, kind, unit, state, tags, attributes, updated_at, "
            "updated_by) VALUES (%s, 'Lamp', '', '', 'goods', 'piece', 'active', '[]', '{}', 0, '')",
            [product],
        )
        root.execute("SET CONSTRAINTS ALL IMMEDIATE")
        child.execute(ADD_VARIANT, [ids.new(), product])
        stamped = thread.submit(child.execute, "SET CONSTRAINTS ALL IMMEDIATE")
        wait_until_waiting_or_done(fresh_database, stamped)
        root.commit()
        stamped.result(10)
        seen = version_of(fresh_database, product)
        child.commit()
    assert version_of(fresh_database, product) > seen, "a reader who was told of the root is told of its child"
    assert verify_feed(fresh_database).agrees


def wait_until_waiting_or_done(database: Database, stamped: Future[Any]) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
    for _ in range(500):
        with database.reading() as connection:
            if stamped.done() or connection.execute(waiting).scalar_one():
                return
        wait([stamped], 0.01)
    raise AssertionError("the child's commit neither waits nor ends")


def version_of(database: Database, product: uuid.UUID) -> int:
    with database.reading() as connection:
        query = text("SELECT coalesce(max(version), 0) FROM sync_row WHERE id = :id")
        return int(connection.execute(query, {"id": product}).scalar_one())


def test_given_a_child_of_nothing_then_its_commit_ends_and_nothing_is_told(fresh_database: Database) -> None:
    with writer(fresh_database, autocommit=True) as psql:
        psql.execute(ADD_VARIANT, [ids.new()] * 2)
    assert verify_feed(fresh_database).agrees
