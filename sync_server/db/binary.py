"""Rows in PostgreSQL's binary format, straight from the driver: what travels to devices is not converted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

import psycopg
from sqlalchemy import Connection


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's connection inside a transaction of ours."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def fetch_binary(
    connection: Connection, statement: LiteralString | str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a statement; identifiers that were sent with ``uuid_send`` arrive as bytes."""
    with driver_connection(connection).cursor(binary=True) as cursor:
        cursor.execute(statement.encode(), parameters)
        return cursor.fetchall()
