"""The feed forgets what left and was deleted long ago; a device that was away for longer starts anew and keeps nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.clock import SettableClock, SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.sessions import Database
from sync_server.sync import scope_repository
from sync_server.sync.housekeeping import DAY_US, HORIZON_US, Housekeeper
from sync_server.sync.integrity_service import verify_feed
from tests.helpers.protocol_device import ProtocolDevice, make_store, running_server

ids = TimeOrderedIds()


@pytest.fixture
def far_till(fresh_database: Database) -> Iterator[ProtocolDevice]:
    """A device that was in step once."""
    make_store(fresh_database, "HS")
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with running_server(url) as address:
        device = ProtocolDevice(address, fresh_database, "HS")
        device.pull_all()
        yield device
        device.close()


def add_barcode(database: Database) -> uuid.UUID:
    barcode = ids.new()
    with database.writing() as connection:
        given = {"id": barcode}
        connection.execute(text("INSERT INTO barcode VALUES (:id, '1', :id, 1000)"), given)
    return barcode


def delete(database: Database, barcode: uuid.UUID) -> None:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM barcode WHERE id = :id"), {"id": barcode})


def age(database: Database, days: float) -> None:
    """Everything stamped until now happened so many days earlier."""
    with database.writing() as connection:
        older = text("UPDATE sync_stamp SET stamped_at = stamped_at - :us")
        connection.execute(older, {"us": round(days * DAY_US)})


def tombstones(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM sync_row WHERE state <> 'live'")).scalar_one())


def test_given_a_deletion_within_the_horizon_then_it_is_remembered(fresh_database: Database) -> None:
    delete(fresh_database, add_barcode(fresh_database))
    age(fresh_database, HORIZON_US / DAY_US - 1)
    assert Housekeeper(fresh_database).tidy().pruned == 0
    assert tombstones(fresh_database) == 1


def test_given_a_worker_whose_clock_is_years_ahead_then_nothing_is_forgotten(fresh_database: Database) -> None:
    delete(fresh_database, add_barcode(fresh_database))
    clock = SettableClock(SystemClock().now() + 1_000 * DAY_US)
    Housekeeper(Database(fresh_database.engine, clock, TimeOrderedIds(clock))).tidy()
    assert tombstones(fresh_database) == 1


@pytest.mark.scenario(
    "PouchDB #2636",
    "deleted documents with compaction: the tombstone is gone, the document stays gone",
)
@pytest.mark.scenario("PowerSync service", "compacting invalidates the checkpoint of a client that was away")
def test_given_a_device_away_beyond_the_horizon_then_it_starts_anew_and_what_was_deleted_does_not_come_back(
    fresh_database: Database, far_till: ProtocolDevice
) -> None:
    kept, deleted = add_barcode(fresh_database), add_barcode(fresh_database)
    far_till.pull_all()
    delete(fresh_database, deleted)
    age(fresh_database, 70)
    add_barcode(fresh_database)
    assert Housekeeper(fresh_database).tidy().pruned > 0
    assert tombstones(fresh_database) == 0
    page = next(page for page in far_till.pull().pages if page.scope == "catalogue")
    assert page.restart
    assert page.from_position == 0
    present = {row.id for row in page.rows}
    assert kept.bytes in present
    assert deleted.bytes not in present
    assert verify_feed(fresh_database).agrees


@pytest.mark.scenario("PowerSync service", "compacting does not send a client back that is in step")
def test_given_a_device_in_step_on_a_scope_where_nothing_happens_then_it_goes_on_where_it_stands(
    fresh_database: Database, far_till: ProtocolDevice
) -> None:
    delete(fresh_database, add_barcode(fresh_database))
    far_till.pull_all()
    age(fresh_database, 70)
    Housekeeper(fresh_database).tidy()
    assert tombstones(fresh_database) == 0
    added = add_barcode(fresh_database)
    page = next(page for page in far_till.pull().pages if page.scope == "catalogue")
    assert not page.restart
    assert [row.id for row in page.rows] == [added.bytes]


@pytest.mark.scenario("PowerSync service", "a download that began after compacting comes to its end")
def test_given_a_device_that_fills_a_pruned_scope_page_by_page_then_it_is_not_sent_back_to_the_start(
    fresh_database: Database, far_till: ProtocolDevice
) -> None:
    rows = {add_barcode(fresh_database).bytes for _ in range(12)}
    delete(fresh_database, add_barcode(fresh_database))
    age(fresh_database, 70)
    Housekeeper(fresh_database).tidy()
    far_till.cursors.clear()
    came: set[bytes] = set()
    for _ in range(40):
        answer = far_till.pull(maximum_bytes=1)
        page = next(page for page in answer.pages if page.scope == "catalogue")
        assert not page.restart
        came |= {row.id for row in page.rows if row.entity == "barcode"}
        if not any(page.more for page in answer.pages):
            break
    assert came == rows


@pytest.mark.scenario("PowerSync service", "compacting in the middle of a download: the half that came is not trusted")
def test_given_a_fill_begun_before_a_pruning_then_it_begins_again(
    fresh_database: Database, far_till: ProtocolDevice
) -> None:
    doomed = [add_barcode(fresh_database) for _ in range(6)]
    far_till.cursors.clear()
    far_till.pull(maximum_bytes=1)
    delete(fresh_database, doomed[0])
    age(fresh_database, 70)
    add_barcode(fresh_database)
    Housekeeper(fresh_database).tidy()
    page = next(page for page in far_till.pull().pages if page.scope == "catalogue")
    assert page.restart
    assert doomed[0].bytes not in {row.id for row in page.rows}


def test_given_more_stamps_than_are_kept_then_the_oldest_go_once_there_is_a_quarter_more(
    fresh_database: Database,
) -> None:
    for _ in range(5):
        add_barcode(fresh_database)
    with fresh_database.writing() as connection:
        assert scope_repository.prunable(connection, horizon_us=HORIZON_US, slack_us=DAY_US, kept=4) == {}
        found = scope_repository.prunable(connection, horizon_us=HORIZON_US, slack_us=DAY_US, kept=3)
        assert list(found.values()) == [2]
        for scope, position in found.items():
            assert scope_repository.prune(connection, scope, position) == 1
            assert scope_repository.prune(connection, scope, position) == 0
        left = connection.execute(text("SELECT position FROM sync_stamp ORDER BY position")).scalars().all()
    assert left == [2, 3, 4, 5]


def test_given_a_row_made_again_after_its_deletion_was_forgotten_then_a_device_in_step_takes_it(
    fresh_database: Database, far_till: ProtocolDevice
) -> None:
    barcode = add_barcode(fresh_database)
    delete(fresh_database, barcode)
    far_till.pull_all()
    age(fresh_database, 70)
    Housekeeper(fresh_database).tidy()
    with fresh_database.writing() as connection:
        connection.execute(text("INSERT INTO barcode VALUES (:id, '1', :id, 1000)"), {"id": barcode})
    page = next(page for page in far_till.pull().pages if page.scope == "catalogue")
    assert [row.id for row in page.rows] == [barcode.bytes]
    assert verify_feed(fresh_database).agrees
