"""Bringing a database to this program's schema, one transaction for all of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from shared.clock import Clock, SystemClock
from shared.errors import EnvironmentFailure
from sync_server.db.feed import EDITION, edition_statement, install_statements, remove_statements
from sync_server.db.migrations import steps_0002

if TYPE_CHECKING:
    from alembic.config import Config

HEAD_REVISION = "0002"
"""The newest revision this program knows; said here, so that an up-to-date database needs no Alembic."""

_HISTORY = Path(__file__).parent / "migrations"
_POSTGRES_AT_LEAST = 150_000
_LOCK = 0x4D494752415445  # "MIGRATE": two servers that start at once take turns


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the server's history, on a connection of ours."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HISTORY))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, clock: Clock | None = None) -> None:
    """Create or upgrade every table, function and trigger; does nothing on an up-to-date database.

    Raises:
        EnvironmentFailure: ``database_newer_than_program`` or ``database_too_old``, nothing was touched;
            ``database_unreachable``.
    """
    if _first_look(engine) == HEAD_REVISION and _has_feed(engine):
        return
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_newer(connection)
        upgrade(connection)
        _introduce(connection, (clock or SystemClock()).now())


def _first_look(engine: Engine) -> str | None:
    """The revision of a database that we can reach and that is recent enough."""
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
            if version < _POSTGRES_AT_LEAST:
                raise EnvironmentFailure(
                    "database_too_old", "The database must be PostgreSQL 15 or later. Upgrade it.", version=version
                )
            return current_revision(connection)
    except OperationalError as error:
        raise EnvironmentFailure(
            "database_unreachable",
            f"The database does not answer: {str(error.orig).splitlines()[0]}. Start it, or correct "
            "COUNTERFOIL_DATABASE_URL.",
        ) from error


def _has_feed(engine: Engine) -> bool:
    with engine.connect() as connection:
        return int(connection.execute(text(edition_statement())).scalar_one()) >= EDITION


def upgrade(connection: Connection) -> None:
    """Run the history up to its head, then put the feed's functions and triggers onto the tables as they are now.

    The feed is generated from the registry, so it is taken off before and put back after, never part of a revision.
    """
    from alembic import command

    before = current_revision(connection)
    _run(connection, remove_statements())
    command.upgrade(migration_config(connection), "head")
    _run(connection, install_statements())
    if before == "0001":
        steps_0002.restamp(connection)


def downgrade(connection: Connection) -> None:
    """Take every table of ours away, data included; for tests and for an operator who starts afresh."""
    from alembic import command

    _run(connection, remove_statements())
    command.downgrade(migration_config(connection), "base")


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def current_revision(connection: Connection) -> str | None:
    """The revision a database is at; None for a new one."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _refuse_newer(connection: Connection) -> None:
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    current = current_revision(connection)
    if current is None:
        return
    try:
        ScriptDirectory.from_config(migration_config()).get_revision(current)
    except CommandError as error:
        raise EnvironmentFailure(
            "database_newer_than_program",
            "This database was used by a newer version of Counterfoil. Nothing was touched; install that version or a "
            "later one.",
            found=current,
            understood=HEAD_REVISION,
        ) from error


def _introduce(connection: Connection, now: int) -> None:
    """Give a new database its identity: id, first epoch, and the secret that signs tokens."""
    connection.execute(
        text(
            "INSERT INTO server_state (server_id, epoch, secret, made_at) VALUES (gen_random_uuid(), 1, "
            "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), :now) ON CONFLICT DO NOTHING"
        ),
        {"now": now},
    )
