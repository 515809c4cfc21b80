"""Transactions: one request is one of them, and only the edge commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Annotated

import psycopg
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.clock import Clock
from shared.ids import IdMaker
from sync_server.db.epoch import current_epoch
from sync_server.db.identity import ServerIdentity, load_identity

__all__ = [
    "Connection",
    "DBAPIError",
    "Database",
    "Engine",
    "PoolTimeout",
    "RequestDatabase",
    "is_retryable",
    "is_unwell",
]


def _nothing() -> None:
    """What follows a commit where nobody listens."""


class Database:
    """The database as the edge sees it: a snapshot to read, a transaction to write.

    Attributes:
        engine: the pool.
        clock: the server's time.
        ids: the server's identifiers.
        after_commit: called after each committed ``writing`` block; the poker puts itself here.
    """

    def __init__(self, engine: Engine, clock: Clock, ids: IdMaker) -> None:
        self.engine = engine
        self.clock = clock
        self.ids = ids
        self.after_commit: Callable[[], None] = _nothing

    @cached_property
    def identity(self) -> ServerIdentity:
        """Who this server is; read once. Its epoch may have changed since: ``epoch`` reads it anew."""
        with self.reading() as connection:
            return load_identity(connection)

    def epoch(self) -> int:
        """The epoch now; an answer made from the database reads it in its own transaction (``db.epoch``)."""
        with self.reading() as connection:
            return current_epoch(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only snapshot (REPEATABLE READ)."""
        with self.engine.connect() as connection:
            snapshot = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with snapshot.begin():
                yield snapshot

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for one statement that only reads: a snapshot by itself, with no transaction to open and end."""
        with self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction (READ COMMITTED): committed at the end, rolled back on any exception."""
        with self.engine.begin() as connection:
            yield connection
        self.after_commit()


def is_retryable(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when tried again: a deadlock or a serialization failure."""
    return isinstance(error.orig, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure)


def is_unwell(error: DBAPIError) -> bool:
    """Whether the database could not do it now (gone, full, overloaded, a standby), whatever was asked of it.

    Values beyond a limit of the database itself count as operational errors for the driver, but not here: they would
    fail for ever.
    """
    if isinstance(error.orig, psycopg.errors.ProgramLimitExceeded | psycopg.errors.StatementTooComplex):
        return False
    if isinstance(error.orig, psycopg.errors.FeatureNotSupported):
        return True  # What a standby says to a transaction that wants to write.
    return isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError)


async def _database_of(request: Request) -> Database:
    # Without waiting for anything: a plain function would cost each request a change of threads.
    database = request.app.state.database
    assert isinstance(database, Database)
    return database


RequestDatabase = Annotated[Database, Depends(_database_of)]
"""What an endpoint takes: ``def place(database: RequestDatabase) -> …: with database.writing() as connection: …``."""
