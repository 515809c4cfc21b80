"""Brings a replica file to this program's schema before anything else opens it.

The normal path compares one number, the file's ``user_version``; Alembic is imported only when the file is behind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import StaticPool, create_engine

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
            _bring_up(connection, found)
    except DriverError as error:
        raise failure_of(error, path) from None
    finally:
        connection.close()


def _bring_up(connection: Any, found: int) -> None:
    is_new = found == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if is_new:
        create_schema(connection)
    else:
        from desktop.replica.migrations import upgrade

        upgrade(connection)


def create_schema(connection: Any) -> None:
    """Every table of a replica, straight from the mapped classes, in one transaction on a raw connection."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as wrapped:
        wrapped.exec_driver_sql("BEGIN IMMEDIATE")
        for metadata in METADATAS:
            metadata.create_all(wrapped, checkfirst=False)
        create_tables(wrapped)
        wrapped.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        wrapped.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD_REVISION,))
        wrapped.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")
        wrapped.commit()
        wrapped.detach()
