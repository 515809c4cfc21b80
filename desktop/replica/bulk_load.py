"""Filling a new replica: the secondary indexes are left out while rows pour in and built once at the end."""

from __future__ import annotations

from sqlalchemy import Connection, Index
from sqlalchemy.schema import CreateIndex

from desktop.replica import search
from desktop.replica.identity import change_identity
from shared.schema.base import Replicated


def drop_indexes(connection: Connection) -> None:
    """Before the first rows: leave out the indexes, and say so in the identity."""
    for index in _indexes():
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {index.name}")
    search.mark_stale(connection)
    change_identity(connection, is_indexed=False)


def build_indexes(connection: Connection) -> None:
    """After the last row: build them; selling by barcode is quick from here on. Safe to call again."""
    for index in _indexes():
        connection.execute(CreateIndex(index, if_not_exists=True))


def build_search(connection: Connection) -> None:
    """Then the search index, where it is not ready; the load is over."""
    if not search.is_ready(connection):
        search.rebuild(connection)
    change_identity(connection, is_indexed=True)


def _indexes() -> list[Index]:
    return [index for table in Replicated.metadata.sorted_tables for index in sorted(table.indexes, key=_name)]


def _name(index: Index) -> str:
    return str(index.name)
