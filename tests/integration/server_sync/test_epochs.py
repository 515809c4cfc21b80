"""Noticing that the database is not the one that was served: by PostgreSQL's word, by the marker, by an operator's."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.epoch import current_epoch
from sync_server.db.sessions import Database
from sync_server.epochs import repository, service
from sync_server.epochs.marker import EpochMarker, Mark
from sync_server.epochs.repository import Look
from sync_server.epochs.watch import EpochWatch
from sync_server.settings import ServerSettings
from tests.helpers.postgres import PostgresCluster
from tests.helpers.protocol_device import make_store

CLOCK = SystemClock()
IDS = TimeOrderedIds()


@pytest.fixture
def engine(fresh_database: Database) -> Engine:
    return fresh_database.engine


@pytest.fixture
def marker(tmp_path: Path) -> EpochMarker:
    return service.marker_of(tmp_path)


def epochs(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [each.epoch for each in service.history(connection)]


def look_of(**changes: Any) -> Look:
    known: dict[str, Any] = {
        "server_id": uuid.UUID(int=1),
        "epoch": 3,
        "noted_timeline": "00000001",
        "noted_system": "7",
        "timeline": "00000001",
        "system": "7",
        "tide": 100,
        "known_runs": [uuid.UUID(int=9)],
    }
    return Look(**{**known, **changes})


MARK = Mark(uuid.UUID(int=1), 3, 100, uuid.UUID(int=9))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"tide": 101}, ""),
        ({"epoch": 4, "tide": 1, "known_runs": []}, ""),
        ({"tide": 99}, "older than what this server had"),
        ({"epoch": 2, "tide": 999}, "older than what this server had"),
        ({"known_runs": []}, "before this server's last run"),
        ({"timeline": "00000002"}, "failed over"),
        ({"timeline": ""}, ""),
        ({"system": "8"}, "another PostgreSQL cluster"),
        ({"noted_system": "", "noted_timeline": "", "system": "8"}, ""),
        ({"server_id": uuid.UUID(int=2), "tide": 1, "known_runs": []}, ""),
    ],
)
def test_given_a_database_when_compared_with_the_marker_then_only_another_history_begins_an_epoch(
    changes: dict[str, object], said: str
) -> None:
    why = service.reason_for_new_epoch(look_of(**changes), [MARK])
    assert said in why
    assert bool(why) == bool(said)


HANDED_OVER = Mark(uuid.UUID(int=1), 3, 100, uuid.UUID(int=9), handed_over=uuid.UUID(int=10))
BOTH = [uuid.UUID(int=9), uuid.UUID(int=10)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"timeline": "00000002", "known_runs": BOTH}, ""),
        ({"timeline": "00000002"}, "failed over"),
        ({"timeline": "00000002", "known_runs": BOTH, "tide": 101}, "failed over"),
        ({"timeline": "00000002", "known_runs": BOTH, "tide": 99}, "failed over"),
        ({"timeline": "00000002", "known_runs": BOTH, "epoch": 2}, "failed over"),
        ({"timeline": "00000002", "known_runs": BOTH, "server_id": uuid.UUID(int=2)}, "failed over"),
        ({"timeline": "00000002", "known_runs": BOTH, "system": "8"}, "another PostgreSQL cluster"),
    ],
)
def test_given_a_hand_over_when_the_timeline_is_another_then_only_exactly_what_was_handed_over_stays_in_its_epoch(
    changes: dict[str, object], said: str
) -> None:
    why = service.reason_for_new_epoch(look_of(**changes), [HANDED_OVER])
    assert said in why
    assert bool(why) == bool(said)


def test_given_a_hand_over_when_the_old_database_is_opened_again_then_it_is_void(
    engine: Engine, marker: EpochMarker
) -> None:
    service.begin_run(engine, marker, CLOCK, IDS)
    engine.dispose()
    service.hand_over(engine, marker, CLOCK, IDS)
    handed = marker.read()
    assert handed is not None
    assert handed.handed_over is not None
    assert service.declare_if_needed(engine, marker, CLOCK).declared == ""
    opened = marker.read()
    assert opened is not None
    assert opened.handed_over is None


def test_given_a_new_database_when_served_for_the_first_time_then_it_is_epoch_one_and_stays_so(
    engine: Engine, marker: EpochMarker
) -> None:
    for _ in range(2):
        found = service.begin_run(engine, marker, CLOCK, IDS)
        assert (found.declared, found.mark.epoch) == ("", 1)
    assert epochs(engine) == [1]
    assert marker.read() == found.mark


def test_given_a_marker_ahead_when_several_workers_start_at_once_then_one_of_them_declares_one_epoch(
    engine: Engine, marker: EpochMarker
) -> None:
    mark = service.begin_run(engine, marker, CLOCK, IDS).mark
    marker.write(Mark(mark.server_id, 1, mark.tide + 50, mark.run_id))
    ready = threading.Barrier(4)
    declared: list[str] = []

    def start() -> None:
        ready.wait()
        declared.append(service.begin_run(engine, marker, CLOCK, IDS).declared)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(declared) == 4
    assert sum(bool(why) for why in declared) == 1
    assert epochs(engine) == [1, 2]
    assert service.declare_if_needed(engine, marker, CLOCK).declared == ""


def test_given_a_marker_in_a_later_epoch_when_an_old_copy_is_served_then_the_new_epoch_is_above_both(
    engine: Engine, marker: EpochMarker
) -> None:
    mark = service.begin_run(engine, marker, CLOCK, IDS).mark
    marker.write(Mark(mark.server_id, 7, 0, mark.run_id))
    assert service.begin_run(engine, marker, CLOCK, IDS).mark.epoch == 8


def test_given_a_database_that_grew_elsewhere_from_an_old_copy_when_served_here_again_then_the_run_tells(
    engine: Engine, marker: EpochMarker, fresh_database: Database
) -> None:
    mark = service.begin_run(engine, marker, CLOCK, IDS).mark
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM server_run WHERE id = :id"), {"id": mark.run_id})
    make_store(fresh_database)
    found = service.begin_run(engine, marker, CLOCK, IDS)
    assert "last run" in found.declared
    assert service.begin_run(engine, marker, CLOCK, IDS).declared == ""


def test_given_a_marker_that_cannot_be_read_or_is_of_another_server_when_served_then_it_is_written_anew(
    engine: Engine, marker: EpochMarker, tmp_path: Path
) -> None:
    (tmp_path / "epoch.json").write_text("{")
    mark = service.begin_run(engine, marker, CLOCK, IDS).mark
    assert marker.read() == mark
    marker.write(Mark(uuid.UUID(int=5), 9, 10**9, uuid.UUID(int=6)))
    assert service.begin_run(engine, marker, CLOCK, IDS).mark.epoch == 1


def test_given_a_marker_that_is_further_on_when_a_slower_worker_writes_then_it_stays(marker: EpochMarker) -> None:
    marker.write(MARK)
    marker.write(Mark(MARK.server_id, 3, 99, MARK.run_id))
    assert marker.read() == MARK


@pytest.fixture
def watch(engine: Engine, tmp_path: Path) -> Iterator[EpochWatch]:
    started = EpochWatch(engine, tmp_path, CLOCK, IDS, interval_seconds=3_600)
    started.start()
    yield started
    started.stop()


def test_given_a_timeline_that_changed_behind_the_pool_when_a_connection_is_made_then_it_serves_a_new_epoch(
    engine: Engine, watch: EpochWatch
) -> None:
    del watch
    with engine.begin() as connection:
        connection.execute(text("UPDATE server_state SET timeline = '00000000'"))
    engine.dispose()
    with engine.connect() as connection:
        assert current_epoch(connection) == 2


def test_given_a_timeline_that_changed_behind_an_open_connection_when_it_answers_then_it_says_try_again(
    engine: Engine, watch: EpochWatch
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE server_state SET timeline = '00000000'"))
    with engine.connect() as connection, pytest.raises(Exception, match="failed over") as raised:
        current_epoch(connection)
    assert getattr(raised.value, "code", "") == "history_changed"
    assert "timeline" in watch.look()
    with engine.connect() as connection:
        assert current_epoch(connection) == 2
    assert watch.look() == ""


def test_given_changes_when_the_watch_ends_then_the_marker_has_the_last_tide(
    engine: Engine, tmp_path: Path, fresh_database: Database
) -> None:
    watch = EpochWatch(engine, tmp_path, CLOCK, IDS, interval_seconds=3_600)
    watch.start()
    before = service.marker_of(tmp_path).read()
    make_store(fresh_database)
    watch.stop()
    after = service.marker_of(tmp_path).read()
    assert before is not None
    assert after is not None
    assert after.tide == before.tide + 1


def test_given_an_ordinary_role_when_it_serves_then_it_may_look_at_the_history(
    postgres: PostgresCluster, tmp_path: Path
) -> None:
    role = f"plain_{uuid.uuid4().hex[:8]}"
    url = postgres.new_database()
    with psycopg.connect(connection_text(url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}".encode())
        connection.execute(f"GRANT ALL ON SCHEMA public TO {role}".encode())
    engine = make_engine(ServerSettings(home=tmp_path, database_url=url))

    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET ROLE {role}"))
            connection.commit()
            with connection.begin():
                assert current_epoch(connection) == 1
                assert repository.look(connection, []).system
    finally:
        engine.dispose()
        with psycopg.connect(connection_text(url), autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())
