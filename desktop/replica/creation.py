"""Brings a replica file to this program's schema before anything else opens it.

The normal path compares one number, the file's ``user_version``; Alembic is imported only when the file is behind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index, StaticPool, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from desktop.replica.driver import DriverError, connect, failure_of
from desktop.replica.schema import HEAD_REVISION, METADATAS, USER_VERSION
from desktop.replica.search import create_tables
from shared.errors import EnvironmentFailure


def make_ready(path: Path, key: bytes) -> None:
    """Create the schema in a new file, upgrade an older one, refuse a newer one untouched.

    Raises:
        EnvironmentFailure: ``replica_newer_than_program`` and those of ``driver.failure_of``.
    """
    connection = connect(path, key)
    try:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found > USER_VERSION:
            raise EnvironmentFailure(
                "replica_newer_than_program",
                "This home was used by a newer version of Counterfoil. Nothing was touched; "
                "install that version or a later one.",
                found=found,
                understood=USER_VERSION,
            )
        if found < USER_VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            is_new = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
            _in_one_transaction(connection, create_schema if is_new else _upgrade)
    except DriverError as error:
        raise failure_of(error, path) from None
    except DBAPIError as error:
        raise failure_of(error, path) from error
    finally:
        connection.close()


def create_schema(connection: Connection) -> None:
    """Every table of a replica, straight from the mapped classes: what the history's head says too."""
    for statement in _statements():
        connection.exec_driver_sql(statement)
    create_tables(connection)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD_REVISION,))
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")


@cache
def _statements() -> tuple[str, ...]:
    """The mapped tables and their indexes as SQLite is told of them; a device that joins makes two files."""
    dialect, made = sqlite.dialect(), []
    for metadata in METADATAS:
        for table in metadata.sorted_tables:
            made.append(str(CreateTable(table).compile(dialect=dialect)))
            indexes = sorted(table.indexes, key=_name)
            made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return tuple(made)


def _name(index: Index) -> str:
    return str(index.name)


def _upgrade(connection: Connection) -> None:
    from desktop.replica.migrations import upgrade

    upgrade(connection)


def _in_one_transaction(raw: Any, work: Callable[[Connection], None]) -> None:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        work(connection)
        connection.commit()
        connection.detach()
