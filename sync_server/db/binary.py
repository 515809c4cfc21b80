"""Rows in PostgreSQL's binary format, straight from the driver: what travels to devices is not converted twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def driver_cursor(connection: Connection, *, binary: bool = False) -> Iterator[psycopg.Cursor[Any]]:
    """The driver's own cursor inside a transaction of ours; its errors come out as ours do.

    Raises:
        DBAPIError: whatever the database refused.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor(binary=binary) as cursor:
            yield cursor
    except psycopg.Error as error:
        raise DBAPIError(None, None, error, connection_invalidated=driver.closed) from error


def fetch_binary(
    connection: Connection, statement: LiteralString | str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a statement; identifiers that were sent with ``uuid_send`` arrive as bytes."""
    with driver_cursor(connection, binary=True) as cursor:
        cursor.execute(statement.encode(), parameters)
        return cursor.fetchall()


def stream_binary(connection: Connection, statement: str, chunk_rows: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a statement in chunks, through a cursor on the database's side: no more than a chunk is in memory."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor(name="stream", binary=True) as cursor:
            cursor.execute(statement.encode())
            while rows := cursor.fetchmany(chunk_rows):
                yield rows
    except psycopg.Error as error:
        raise DBAPIError(None, None, error, connection_invalidated=driver.closed) from error
