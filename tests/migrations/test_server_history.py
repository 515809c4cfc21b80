"""The server's migration history: head equals the models, up and down work, with data too; a newer database is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from shared.clock import SystemClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import database_url
from sync_server.db.feed import EDITION, edition_statement
from sync_server.db.feed_stamp import LEAF, STAMP, STAMP_TRIGGER
from sync_server.db.migrate import HEAD_REVISION, current_revision, downgrade, migrate, migration_config, upgrade
from sync_server.db.sessions import Database
from sync_server.db.tables import all_metadata
from sync_server.sample_shop.service import load_sample_shop


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("server")
    with EmbeddedPostgres(home, is_durable=False) as embedded:
        yield embedded


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(database_url(url))
    with made.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    yield made
    made.dispose()


def _differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "target_metadata": all_metadata()}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), all_metadata()))


def test_head_is_what_the_models_say(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert (
            current_revision(connection)
            == HEAD_REVISION
            == ScriptDirectory.from_config(migration_config()).get_current_head()
        )
        assert _differences(connection) == []


def test_up_down_up_with_data(engine: Engine) -> None:
    # given a server with a shop in it
    migrate(engine)
    clock = SystemClock()
    load_sample_shop(Database(engine, clock, TimeOrderedIds(clock)))
    # when everything is taken away and built again
    with engine.begin() as connection:
        downgrade(connection)
    with engine.begin() as connection:
        left = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'sync\\_%'")).scalar_one()
        assert left == 0
        upgrade(connection)
    # then it is as new, and takes the shop again
    with engine.connect() as connection:
        assert _differences(connection) == []
    migrate(engine)
    load_sample_shop(Database(engine, clock, TimeOrderedIds(clock)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT position FROM sync_scope WHERE name = 'catalogue'")).scalar_one() > 0


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        before = connection.execute(text("SELECT server_id, epoch FROM server_state")).one()
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT server_id, epoch FROM server_state")).one() == before


def test_a_newer_database_is_refused_untouched(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(EnvironmentFailure) as refusal:
        migrate(engine)
    assert refusal.value.code == "database_newer_than_program"
    with engine.connect() as connection:
        assert current_revision(connection) == "9999"


def test_a_database_with_an_earlier_feed_gets_this_one(engine: Engine) -> None:
    # given a database at the newest revision whose functions are of an earlier program
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("COMMENT ON FUNCTION sync_stamp_transaction() IS NULL"))
        connection.execute(text("DROP FUNCTION sync_note(text, uuid[])"))
    # when this program starts
    migrate(engine)
    # then the feed is this program's
    with engine.connect() as connection:
        assert connection.execute(text(edition_statement())).scalar_one() == EDITION
        assert connection.execute(text("SELECT to_regprocedure('sync_note(text, uuid[])')")).scalar_one() is not None


def test_a_later_feed_is_left_alone(engine: Engine) -> None:
    migrate(engine)
    later = f"COMMENT ON FUNCTION sync_stamp_transaction() IS 'Counterfoil feed, edition {EDITION + 1}'"
    with engine.begin() as connection:
        connection.execute(text(later))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text(edition_statement())).scalar_one() == EDITION + 1


def test_the_edition_rises_when_the_feed_changes() -> None:
    """Replicated tables have revisions of their own; what is hashed here is the part that is written by hand."""
    written = "\n".join((*STAMP_TRIGGER, STAMP, LEAF))
    assert (EDITION, hashlib.sha256(written.encode()).hexdigest()[:16]) == (3, "a37a5c1e2ceca4c4"), (
        "raise feed.EDITION and note the new hash here, or databases in use keep the old functions"
    )
