"""The server as a process that starts, works, is killed between any two statements, and is restored from backups.

Its background threads do not run by themselves: what they do (levels, lapsed holds, old marks) is a step of the seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from unittest import mock

import psycopg
from sqlalchemy import Connection, event

from sync_server.epochs.watch import EpochWatch
from sync_server.inventory import service as inventory
from sync_server.orders import service as orders
from sync_server.snapshots import service as snapshots
from sync_server.sync import housekeeping, idle_service, pull_service
from tests.helpers.older_schema import OLDER
from tests.simulation.bridge import RawAnswer, RawRequest, ServerDied
from tests.simulation.stage import Stage


class Loss(StrEnum):
    """How a server comes to an older database, and what tells it so."""

    RESTORE = "is restored from"
    """On the same machine: the marker in its home."""
    FAILOVER = "fails over to"
    """Another machine: PostgreSQL's timeline alone."""
    REBUILD = "is rebuilt from"
    """On a machine that knows nothing, whatever epoch the backup is of: devices alone."""


class ServerProcess:
    """One server for the length of a seed.

    Attributes:
        is_up: whether it runs; a stopped one answers nobody.
        statements: how many statements that change something it has begun, all in all.
        backups: names of databases that are backups, oldest first.
        of_this_history: those made since the last restore; a standby can only be one of these.
        is_older: it is one release back: it gives no rows to programs that are newer.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.is_up = False
        self.statements = 0
        self.backups: list[str] = []
        self.of_this_history: list[str] = []
        self.is_older = False
        self._release = ExitStack()
        self._dies_after: int | None = None

    def be_older(self) -> None:
        """Be one release back until ``upgrade``."""
        self.is_older = True
        for module in (pull_service, idle_service, snapshots):
            self._release.enter_context(mock.patch.object(module, "SCHEMA_VERSION", OLDER))

    def upgrade(self) -> None:
        """Be of this release."""
        self.is_older = False
        self._release.close()

    def start(self) -> None:
        """Start a worker."""
        if not self.is_up:
            self._stage.bridge.start_app()
            engine = self._stage.database.engine
            event.listen(engine, "before_cursor_execute", self._before_statement)
            event.listen(engine, "commit", self._before_commit)
            self.is_up = True

    def stop(self) -> None:
        """Kill it: nothing is written any more; PostgreSQL rolls back what was open."""
        self._dies_after = None
        if self.is_up:
            self.is_up = False
            with mock.patch.object(EpochWatch, "work", return_value=None):
                self._stage.bridge.stop_app()

    def look_at_history(self) -> None:
        """What the thread that watches the database's history does every second."""
        if self.is_up:
            self._stage.watches[-1].look()

    def restart(self) -> None:
        """End and start again."""
        self.stop()
        self.start()

    def call(self, request: RawRequest, *, dies_after: int | None = None) -> RawAnswer:
        """Answer a request.

        Raises:
            ServerDied: it was killed at its ``dies_after``-th writing statement or commit; it is down now.
        """
        if not self.is_up:
            raise ServerDied
        self._dies_after = dies_after
        try:
            return self._stage.bridge.call(request)
        except ServerDied:
            self.stop()
            raise
        finally:
            self._dies_after = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot for whoever checks."""
        with self._stage.database.reading() as connection:
            yield connection

    def bring_levels_up(self) -> None:
        """What the projector's thread does."""
        inventory.bring_levels_up(self._stage.database)

    def sweep(self) -> None:
        """What the sweeper's thread does."""
        with self._stage.database.writing() as connection:
            orders.sweep(connection, now=self._stage.clock.now())

    def tidy(self, kept: int) -> None:
        """What the housekeeper's thread does, keeping only so many marks of each scope."""
        with mock.patch.object(housekeeping, "STAMPS_KEPT", kept):
            housekeeping.Housekeeper(self._stage.database).tidy()

    def back_up(self) -> None:
        """Keep a copy of the whole database. Nothing outside the database (the marker of the epoch) is in it."""
        was_up = self.is_up
        self.look_at_history()
        self.stop()
        name = f"{self._stage.database_name}_backup_{len(self.backups)}"
        self._stage.copy_database(self._stage.database_name, name)
        self.backups.append(name)
        self.of_this_history.append(name)
        if was_up:
            self.start()

    def restore(self, backup: str, how: Loss = Loss.RESTORE) -> None:
        """Become what a backup says."""
        self.look_at_history()
        self.stop()
        self._stage.copy_database(backup, self._stage.database_name)
        if how is not Loss.RESTORE:
            shutil.rmtree(self._stage.server_home)
            self._stage.server_home.mkdir()
        if how is Loss.FAILOVER:
            with psycopg.connect(self._stage.cluster.url_of(self._stage.database_name)) as connection:
                connection.execute("UPDATE server_state SET timeline = '0000000F'")
        self.of_this_history.clear()
        self.start()

    def forget(self) -> None:
        """End it and drop its backups."""
        self.stop()
        self.upgrade()
        self._stage.admin(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in self.backups))
        self.backups.clear()
        self.of_this_history.clear()

    @contextmanager
    def backup_opened(self, backup: str) -> Iterator[psycopg.Connection]:
        """A look into a backup, for whoever must know what is in it."""
        with psycopg.connect(self._stage.cluster.url_of(backup)) as connection:
            yield connection

    @property
    def home(self) -> Path:
        """Where the server keeps what is not in the database."""
        return self._stage.server_home

    def _before_statement(self, *about: object) -> None:
        statement = str(about[2])
        if not statement.lstrip().startswith(("SELECT", "SHOW", "SET")):
            self._moment()

    def _before_commit(self, *_: object) -> None:
        self._moment()

    def _moment(self) -> None:
        self.statements += 1
        if self._dies_after is not None:
            self._dies_after -= 1
            if self._dies_after < 0:
                self._dies_after = None
                raise ServerDied
