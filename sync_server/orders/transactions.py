"""A transaction that is tried again where the database gave it up for another's sake."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sync_server.db.sessions import Connection, Database, DBAPIError, is_retryable

TRIES_MAX = 4

Result = TypeVar("Result")


def in_transaction(database: Database, work: Callable[[Connection], Result]) -> Result:
    """Do ``work`` in one transaction; a deadlock with a till's push undoes it whole, and it is done again.

    Raises:
        DBAPIError: the database failed otherwise, or four times in a row.
    """
    for _ in range(TRIES_MAX - 1):
        try:
            with database.writing() as connection:
                return work(connection)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
    with database.writing() as connection:
        return work(connection)
