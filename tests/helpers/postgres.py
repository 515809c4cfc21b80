"""A real PostgreSQL for tests: one server per session, one fresh database per test module.

``COUNTERFOIL_TEST_DATABASE_URL`` names a running server to use instead of an embedded one; its user must be allowed
to create databases.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.engine import database_url as parsed_url
from sync_server.db.migrate import migrate
from sync_server.db.sessions import Database
from sync_server.settings import ServerSettings

_numbers = count(1)


class PostgresCluster:
    """A running server in which databases are made from a migrated template."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._template = f"template_counterfoil_{os.getpid()}_{next(_numbers)}"
        self._made = [self._template]
        self._run(f"CREATE DATABASE {self._template}")
        engine = make_engine(ServerSettings(home=Path(), database_url=self.url_of(self._template)))
        try:
            migrate(engine)
        finally:
            engine.dispose()

    def new_database(self) -> str:
        """The URL of a fresh, migrated, empty database."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        return self.url_of(name)

    def new_empty_database(self) -> str:
        """The URL of a fresh database without any table."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name}")
        self._made.append(name)
        return self.url_of(name)

    def url_of(self, name: str) -> str:
        """The URL of a database of this cluster."""
        url = parsed_url(self.url).set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    def drop(self) -> None:
        """Drop every database made here."""
        for name in reversed(self._made):
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(connection_text(self.url), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_cluster() -> Iterator[PostgresCluster]:
    """A cluster for as long as the block lasts."""
    given = os.environ.get("COUNTERFOIL_TEST_DATABASE_URL", "")
    if given:
        cluster = PostgresCluster(given)
        yield cluster
        cluster.drop()
        return
    home = Path(tempfile.mkdtemp(prefix="counterfoil-test-"))
    embedded = EmbeddedPostgres(home, is_durable=False)
    try:
        yield PostgresCluster(embedded.start())
    finally:
        embedded.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """The session's cluster."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def database_url(postgres: PostgresCluster) -> str:
    """A fresh migrated database for the module."""
    return postgres.new_database()


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    """The module's database as the server's edge sees it."""
    engine = make_engine(ServerSettings(home=Path(), database_url=database_url))
    yield Database(engine, SystemClock(), TimeOrderedIds())
    engine.dispose()


@pytest.fixture
def fresh_database(postgres: PostgresCluster) -> Iterator[Database]:
    """A fresh migrated database for one test."""
    engine = make_engine(ServerSettings(home=Path(), database_url=postgres.new_database()))
    yield Database(engine, SystemClock(), TimeOrderedIds())
    engine.dispose()
