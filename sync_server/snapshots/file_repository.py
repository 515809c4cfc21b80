"""Writes one scope into a plain SQLite file, as ``shared.schema.snapshot_file`` lays it out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from shared.schema import search, snapshot_file
from shared.schema.registry import Aggregate, WireTable
from sync_server.snapshots import repository
from sync_server.snapshots.repository import ScopeStanding

_CACHE_KIB = 128 * 1024
_LOAD_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}", "temp_store = FILE")


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds."""

    position: int
    mark: bytes
    rows: int


def write_snapshot(
    connection: Connection, path: Path, scope: ScopeStanding, *, epoch: int, schema: int, made_at: int
) -> Written:
    """Write the scope, as the transaction of ``connection`` sees it, into a new file.

    Raises:
        OSError: the disk is full or may not be written.
    """
    repository.lift_time_limits(connection)
    number = snapshot_file.scope_number_of(scope.id)
    aggregates = snapshot_file.aggregates_in(scope.name, schema)
    with _new_file(path) as file:
        for statement in (*snapshot_file.OWN_TABLES, *snapshot_file.table_statements(scope.name, schema)):
            file.execute(statement)
        file.execute("BEGIN")
        rows = sum(_write_aggregate(connection, file, scope, aggregate, number) for aggregate in aggregates)
        entities = [aggregate.entity for aggregate in aggregates]
        buckets = repository.buckets(connection, scope, entities, number)
        file.executemany("INSERT INTO bucket VALUES (?, ?, ?, ?, ?, ?)", buckets)
        for statement in snapshot_file.index_statements(scope.name, schema):
            file.execute(statement)
        search_version = _write_search(file) if snapshot_file.has_search(scope.name, schema) else 0
        file.execute(
            "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                snapshot_file.FORMAT,
                scope.name,
                number,
                epoch,
                schema,
                scope.position,
                scope.mark,
                made_at,
                rows,
                " ".join(entities),
                search_version,
            ),
        )
        file.execute("COMMIT")
    return Written(scope.position, scope.mark, rows)


def _write_aggregate(
    connection: Connection, file: sqlite3.Connection, scope: ScopeStanding, aggregate: Aggregate, number: int
) -> int:
    for table in aggregate.tables:
        insert = _insert(table)
        for rows in repository.rows_of(connection, scope, aggregate, table):
            file.executemany(insert, rows)
    count = 0
    for rows in repository.members(connection, scope, aggregate.entity, number):
        file.executemany("INSERT INTO membership VALUES (?, ?, ?, ?)", rows)
        count += len(rows)
    return count


def _write_search(file: sqlite3.Connection) -> int:
    for statement in search.TABLES:
        file.execute(statement)
    search.build(file)
    return search.INDEX_VERSION


def _insert(table: WireTable) -> str:
    columns = ", ".join(table.column_names)
    return f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(table.columns))})"


@contextmanager
def _new_file(path: Path) -> Iterator[sqlite3.Connection]:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for pragma in _LOAD_PRAGMAS:
            file.execute(f"PRAGMA {pragma}")
        yield file
