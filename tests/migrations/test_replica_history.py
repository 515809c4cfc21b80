"""The replica's migration history: head equals the models, up and down work, with data too; a newer file is refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, StaticPool, create_engine, text

from desktop.replica import bulk_load
from desktop.replica.driver import connect
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.migrations import downgrade, history_config, upgrade
from desktop.replica.schema import HEAD_REVISION, METADATAS, USER_VERSION, Identity
from shared.clock import SystemClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from tests.helpers.replica import KEY, fill


def _open(path: Path) -> Replica:
    return Replica.open(path, KEY, clock=SystemClock(), ids=TimeOrderedIds())


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Any]:
    connection = connect(tmp_path / "history.db", KEY)
    yield connection
    connection.close()


@pytest.fixture
def connection(raw: Any) -> Iterator[Connection]:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as made:
        made.exec_driver_sql("BEGIN")
        yield made
        made.rollback()


def _shape(connection: Connection) -> dict[str, object]:
    """Every table's columns and every index, as SQLite sees them."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    shape: dict[str, object] = {}
    for name in names.scalars().all():
        columns = connection.exec_driver_sql(f"PRAGMA table_xinfo({name})").all()
        indexes = connection.exec_driver_sql(f"PRAGMA index_list({name})").all()
        keys = {
            index[1]: [row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info('{index[1]}')")]
            for index in indexes
        }
        listed = connection.exec_driver_sql(f"SELECT wr, strict FROM pragma_table_list('{name}')").all()
        shape[name] = (
            [tuple(column) for column in columns],
            sorted((index[1], index[2], index[4]) for index in indexes),
            keys,
            [tuple(row) for row in listed],
        )
    return shape


def test_given_the_history_when_run_up_then_it_is_what_the_models_say(connection: Connection) -> None:
    upgrade(connection)
    for metadata in METADATAS:
        others = {name for each in METADATAS if each is not metadata for name in each.tables}

        def is_ours(name: str | None, kind: str, _: object, others: set[str] = others) -> bool:
            return not (kind == "table" and (name in others or str(name).startswith("search_")))

        options = {"compare_type": True, "include_name": is_ours, "target_metadata": metadata}
        assert list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata)) == []


def test_given_a_new_file_when_created_without_the_history_then_it_has_the_same_shape(
    tmp_path: Path, connection: Connection
) -> None:
    upgrade(connection)
    replica = _open(tmp_path / "new.db")
    with replica.read() as created:
        assert _shape(created) == _shape(connection)
        assert created.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == HEAD_REVISION
    replica.close()


def test_given_the_history_then_its_head_is_the_one_the_program_names(connection: Connection) -> None:
    assert ScriptDirectory.from_config(history_config(connection)).get_current_head() == HEAD_REVISION


def test_given_data_when_taken_down_and_up_again_then_it_takes_data_as_new(connection: Connection) -> None:
    upgrade(connection)
    before = _shape(connection)
    fill(connection)
    downgrade(connection)
    left = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT LIKE 'search%' AND name <> 'alembic_version'"
    )
    assert left.all() == []
    upgrade(connection)
    assert _shape(connection) == before
    fill(connection)
    assert connection.exec_driver_sql("SELECT count(*) FROM product").scalar_one() > 0


def test_given_a_replica_that_still_fills_when_taken_back_a_revision_then_its_missing_indexes_do_no_harm(
    connection: Connection,
) -> None:
    """Found by the simulator: an update in the middle of the first load meets tables without their indexes."""
    upgrade(connection)
    before = _shape(connection)
    fill(connection)
    bulk_load.drop_indexes(connection)
    command.downgrade(history_config(connection), "0001")
    upgrade(connection)
    bulk_load.build_indexes(connection)
    assert _shape(connection) == before


def test_given_a_file_behind_the_program_when_opened_then_the_history_brings_it_up_and_keeps_its_rows(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    replica = _open(path)
    with replica.write() as unit:
        fill(unit.connection)
    replica.close()
    raw = connect(path, KEY)
    raw.execute("PRAGMA user_version = 0")
    raw.close()
    replica = _open(path)
    with replica.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM product")).scalar_one() > 0
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == USER_VERSION
    replica.close()


@pytest.mark.scenario(
    "WatermelonDB",
    "the program was put back to an older one than last synced: refused, not guessed at",
)
def test_given_a_file_newer_than_the_program_when_opened_then_it_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    _open(path).close()
    raw = connect(path, KEY)
    raw.execute(f"PRAGMA user_version = {USER_VERSION + 1}")
    raw.close()
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(EnvironmentFailure) as refusal:
        _open(path)
    assert refusal.value.code == "replica_newer_than_program"
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_given_an_up_to_date_file_when_opened_then_alembic_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "fresh.db"
    _open(path).close()
    program = (
        "import sys; from pathlib import Path\n"
        "from desktop.replica.engine import Replica\n"
        "from shared.clock import SystemClock\nfrom shared.ids import TimeOrderedIds\n"
        f"Replica.open(Path({str(path)!r}), bytes(range(32)), clock=SystemClock(), ids=TimeOrderedIds()).close()\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


@pytest.mark.scenario("PouchDB #3999-4", "a checkpoint as an older program wrote it is taken over")
def test_given_a_home_of_the_first_schema_when_brought_up_then_its_device_pushes_as_one_that_has_no_secret_yet(
    connection: Connection,
) -> None:
    upgrade(connection)
    fill(connection)
    added = ("succession", "successor", "fingerprint", "openings")
    with Operations.context(MigrationContext.configure(connection)) as operations:
        for name in added:
            operations.drop_column("identity", name)
        history = ScriptDirectory.from_config(history_config(connection)).get_revision(HEAD_REVISION).path
        columns = {column.name: column for column in Identity.__table__.columns}
        assert all(f'"{name}"' in Path(history).read_text(encoding="utf-8") for name in added)
        for name in added:
            operations.add_column("identity", columns[name]._copy())
    me = identity_of(connection)
    assert (me.succession, me.successor, me.fingerprint, me.openings) == (b"", b"", "", 0)
