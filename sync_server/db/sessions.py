"""Transactions: one request is one of them, and only the edge commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from shared.clock import Clock
from shared.ids import IdMaker

__all__ = ["Connection", "Database", "RequestDatabase"]


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

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only snapshot (REPEATABLE READ)."""
        with self.engine.connect() as connection:
            snapshot = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with snapshot.begin():
                yield snapshot

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction (READ COMMITTED): committed at the end, rolled back on any exception."""
        with self.engine.begin() as connection:
            yield connection
        self.after_commit()


def _database_of(request: Request) -> Database:
    database = request.app.state.database
    assert isinstance(database, Database)
    return database


RequestDatabase = Annotated[Database, Depends(_database_of)]
"""What an endpoint takes: ``def place(database: RequestDatabase) -> …: with database.writing() as connection: …``."""
