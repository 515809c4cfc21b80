"""A new replica file that takes the place of the present one: filled from snapshot files beside a shop that goes on.

While it is filled the present file stays what it is. At the end, with the write lock held, what the clerk did meanwhile
goes over, and one renaming makes it the replica. A crash before the renaming leaves the old file and rubbish, which the
next start removes; a crash after it leaves the new one, whole.

What is carried over: every table of the device's own, unless it says below how it is put together, and every aggregate
that the snapshot scopes do not hold alone. Edits whose outcome is not known yet are laid over the new rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, StaticPool, Table, create_engine

from desktop.replica import creation, overlay
from desktop.replica import search as search_index
from desktop.replica.driver import connect
from desktop.replica.fingerprint import renew_fingerprint
from desktop.replica.identity import change_identity, find_identity
from desktop.replica.rows import aggregate_of, column_list, erase_payloads, read_payload
from desktop.replica.schema import DeviceTable
from desktop.replica.snapshot_copy import SnapshotFacts, copy_snapshot
from shared.errors import EnvironmentFailure
from shared.schema import search
from shared.schema.registry import AGGREGATES, Aggregate
from shared.schema.snapshot_file import aggregates_of

CACHE_KIB = 16 * 1024
"""More makes nothing faster: tables come one after the other, each in its own order, so that a page is written once."""
COMPOSED = {"cursor": "number", "membership": "scope_number", "bucket": "scope_number"}
"""Device tables that are put together from both sides, and the column that names the scope; every other one is carried
over as it stands."""
GROWING = frozenset({"outbox"})
"""Carried over in two goes: what the table had at first, and under the lock only what came or changed since."""

_FILLING = ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}", "temp_store = MEMORY")
_IN_USE = ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY")
_SUFFIXES = ("", "-wal", "-shm", "-journal")


def successor_path(replica: Path) -> Path:
    """Where the new file lies until it takes the place of the replica."""
    return replica.with_name(replica.name + ".new")


def remove_leftovers(replica: Path) -> None:
    """Remove what an import that broke off has left beside a replica."""
    made = successor_path(replica)
    for suffix in _SUFFIXES:
        made.with_name(made.name + suffix).unlink(missing_ok=True)


def exchange_files(replica: Path) -> None:
    """Put the finished new file in the place of the replica, which nobody has open.

    The old log must be gone for good before: SQLite would play it into the new file.

    Raises:
        EnvironmentFailure: ``replica_busy`` when the old log is still there; nothing has changed then.
    """
    log = replica.with_name(replica.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise EnvironmentFailure("replica_busy", "The shop on this device is in use. It will be tried again later.")
    for suffix in ("-wal", "-shm"):
        replica.with_name(replica.name + suffix).unlink(missing_ok=True)
    _sync_folder(replica.parent)
    successor_path(replica).replace(replica)
    _sync_folder(replica.parent)


class Successor:
    """A replica in the making; used by one thread."""

    def __init__(self, replica: Path, key: bytes) -> None:
        self._replica = replica
        self._path = successor_path(replica)
        self._key = key
        self._raw: Any = None
        self._connection: Connection | None = None
        self._facts: list[SnapshotFacts] = []
        self._replaced: list[int] = []
        self._newer: list[tuple[str, bytes]] = []
        self._outbox_seen = 0

    def make(self) -> None:
        """Create the file with its schema."""
        remove_leftovers(self._replica)
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self._open(_FILLING)
        self._raw.execute("BEGIN")
        creation.create_schema(self.connection)
        self._raw.execute("COMMIT")

    def _open(self, pragmas: Iterable[str]) -> None:
        self._raw = connect(self._path, self._key)
        for pragma in pragmas:
            self._raw.execute(f"PRAGMA {pragma}").fetchone()
        self._raw.execute("ATTACH ? AS old KEY ?", (str(self._replica), f"x'{self._key.hex()}'"))
        self._connection = _over(self._raw)

    @property
    def connection(self) -> Connection:
        """The new file, for the rest of the replica's code; begin and commit are ours."""
        assert self._connection is not None
        return self._connection

    def take_snapshot(self, plain: Path) -> SnapshotFacts:
        """Copy a plain snapshot file; the largest should come first.

        Raises:
            EnvironmentFailure: ``snapshot_unfit``.
        """
        facts = copy_snapshot(self._raw, plain)
        self._facts.append(facts)
        return facts

    @contextmanager
    def filling(self) -> Iterator[Connection]:
        """A transaction on the new file, for rows that come by other means."""
        self._raw.execute("BEGIN")
        yield self.connection
        self._raw.execute("COMMIT")

    def carry_over(self) -> None:
        """Everything that is not in the snapshots, as it stands now; the shop may go on meanwhile."""
        raw = self._raw
        scopes = [facts.scope for facts in self._facts]
        marks = ",".join("?" * len(scopes))
        raw.execute("BEGIN")
        found = raw.execute(f"SELECT number FROM old.cursor WHERE scope IN ({marks})", scopes)
        self._replaced = [row[0] for row in found]
        self._outbox_seen = int(raw.execute("SELECT coalesce(max(number), 0) FROM old.outbox").fetchone()[0])
        self._refuse_doubled_numbers()
        for aggregate in AGGREGATES.values():
            self._carry_aggregate(aggregate)
        for table in DeviceTable.metadata.sorted_tables:
            if table.name in GROWING:
                _copy_whole(raw, table)
            elif table.name in COMPOSED:
                _copy_whole(raw, table, f" WHERE {COMPOSED[table.name]} NOT IN ({self._replaced_list})")
        self._newer = self._newer_elsewhere()
        self._finish_search()
        raw.execute("COMMIT")
        self._make_durable()

    def catch_up(self) -> None:
        """Under the write lock: what changed in the old file since, and the device's own tables."""
        raw = self._raw
        raw.execute("BEGIN")
        for table in DeviceTable.metadata.sorted_tables:
            if table.name in GROWING:
                _copy_changes(raw, table)
            elif table.name not in COMPOSED:
                raw.execute(f"DELETE FROM main.{table.name}")
                _copy_whole(raw, table)
        _copy_sequences(raw)
        connection = self.connection
        self._bring_touched(connection)
        self._rebase(connection)
        if find_identity(connection) is not None:
            change_identity(connection, is_indexed=True, epoch=self._facts[0].epoch)
            renew_fingerprint(connection, self._path)
        raw.execute("COMMIT")

    def close(self) -> None:
        """Let go of both files; the log of the new one is folded in."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def _carry_aggregate(self, aggregate: Aggregate) -> None:
        """The aggregates of one entity that are not in snapshot scopes alone, and are not there already."""
        raw, root = self._raw, aggregate.root
        if not any(aggregate in aggregates_of(facts.scope, facts.schema) for facts in self._facts):
            for table in aggregate.tables:
                columns = column_list(table)
                raw.execute(f"INSERT INTO main.{table.name} ({columns}) SELECT {columns} FROM old.{table.name}")
            return
        raw.execute("CREATE TEMP TABLE carried (id BLOB PRIMARY KEY) WITHOUT ROWID")
        held = "SELECT 1 FROM old.membership m WHERE m.entity = ?1 AND m.id = t.id AND m.scope_number"
        raw.execute(
            f"INSERT INTO carried SELECT t.id FROM old.{root.name} t "
            f"WHERE (NOT EXISTS ({held} IN ({self._replaced_list})) OR EXISTS ({held} NOT IN ({self._replaced_list}))) "
            f"AND NOT EXISTS (SELECT 1 FROM main.{root.name} n WHERE n.id = t.id)",
            (aggregate.entity,),
        )
        for table in aggregate.tables:
            columns = ", ".join(f"t.{name}" for name in table.column_names)
            raw.execute(
                f"INSERT INTO main.{table.name} ({column_list(table)}) SELECT {columns} FROM carried k "
                f"CROSS JOIN old.{table.name} t ON t.{table.parent_column or 'id'} = k.id"
            )
        raw.execute("DROP TABLE carried")

    def _refuse_doubled_numbers(self) -> None:
        """Two servers may have numbered their scopes alike; then the rows come by pages."""
        doubled = self._raw.execute(
            "SELECT 1 FROM old.cursor o JOIN main.cursor n ON n.number = o.number "
            f"WHERE o.number NOT IN ({self._replaced_list})"
        ).fetchone()
        if doubled is not None:
            raise EnvironmentFailure("snapshot_unfit", "The snapshot cannot be taken over. The rows come by pages.")

    def _newer_elsewhere(self) -> list[tuple[str, bytes]]:
        """What another scope holds at a later version than the snapshot has it: it moved between scopes."""
        found = self._raw.execute(
            "SELECT DISTINCT o.entity, o.id FROM old.membership o CROSS JOIN main.membership n "
            "ON n.entity = o.entity AND n.id = o.id AND n.version < o.version "
            f"WHERE o.scope_number NOT IN ({self._replaced_list}) "
            "AND o.scope_number NOT IN (SELECT number FROM old.cursor WHERE scope LIKE '~%')"
        )
        return [(row[0], row[1]) for row in found]

    def _finish_search(self) -> None:
        found = self._raw.execute("SELECT max(version) FROM main.search_state").fetchone()
        if found[0] != search.INDEX_VERSION:
            search.build(self._raw)

    def _make_durable(self) -> None:
        """On the disk for good before the lock is taken, and in the mode in which it will be used."""
        self.close()
        handle = os.open(self._path, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        # Opened anew: the full-text index does not notice that its tables were filled from outside.
        self._open(_IN_USE)

    @property
    def _replaced_list(self) -> str:
        return ",".join(map(str, self._replaced))

    def _bring_touched(self, connection: Connection) -> None:
        touched = self._raw.execute(
            "SELECT DISTINCT entity, entity_id FROM main.outbox WHERE number > ?", (self._outbox_seen,)
        ).fetchall()
        for entity, entity_id in self._newer:
            self._bring(connection, entity, entity_id)
        for entity, entity_id in touched:
            if not self._is_in_snapshot(connection, entity, entity_id):
                self._bring(connection, entity, entity_id)
                search_index.index_changed(connection, entity, [UUID(bytes=entity_id)])

    def _bring(self, connection: Connection, entity: str, entity_id: bytes) -> None:
        """Make the new file hold an aggregate as the old one does."""
        aggregate = aggregate_of(entity)
        erase_payloads(connection, aggregate, [entity_id])
        for table in aggregate.tables:
            columns = column_list(table)
            connection.exec_driver_sql(
                f"INSERT INTO main.{table.name} ({columns}) SELECT {columns} FROM old.{table.name} "
                f"WHERE {table.parent_column or 'id'} = ?",
                (entity_id,),
            )

    def _rebase(self, connection: Connection) -> None:
        """Lay this device's unsettled edits over what the snapshots say now."""
        me = find_identity(connection)
        if me is None:
            return
        dirty = connection.exec_driver_sql("SELECT entity, id FROM main.base_copy").all()
        for entity, entity_id in dirty:
            if self._is_in_snapshot(connection, entity, entity_id):
                version = overlay.version_of(connection, entity, entity_id)
                payload = read_payload(connection, aggregate_of(entity), entity_id)
                overlay.set_base(connection, entity, entity_id, version, payload)
                overlay.lay_over(connection, entity, entity_id, me.settled_number)
                search_index.index_changed(connection, entity, [UUID(bytes=entity_id)])
            elif self._was_replaced(entity, entity_id):
                overlay.set_base(connection, entity, entity_id, 0, None)
                overlay.lay_over(connection, entity, entity_id, me.settled_number)
                search_index.index_changed(connection, entity, [UUID(bytes=entity_id)])

    def _is_in_snapshot(self, connection: Connection, entity: str, entity_id: bytes) -> bool:
        numbers = ",".join(str(facts.scope_number) for facts in self._facts)
        found = connection.exec_driver_sql(
            f"SELECT 1 FROM main.membership WHERE entity = ? AND id = ? AND scope_number IN ({numbers})",
            (entity, entity_id),
        )
        return found.first() is not None

    def _was_replaced(self, entity: str, entity_id: bytes) -> bool:
        """Whether only a scope that came anew held it: the server has deleted it since."""
        rows: Sequence[tuple[int]] = self._raw.execute(
            "SELECT scope_number FROM old.membership WHERE entity = ? AND id = ?", (entity, entity_id)
        ).fetchall()
        return bool(rows) and all(row[0] in self._replaced for row in rows)


def _over(raw: Any) -> Connection:
    """A raw connection as SQLAlchemy has it, leaving transactions alone."""
    return create_engine(
        "sqlite://",
        creator=lambda: raw,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    ).connect()


def _copy_whole(raw: Any, table: Table, condition: str = "") -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    raw.execute(f"INSERT INTO main.{table.name} ({columns}) SELECT {columns} FROM old.{table.name}{condition}")


def _copy_changes(raw: Any, table: Table) -> None:
    """Rows that are new, differ or are gone."""
    columns = ", ".join(column.name for column in table.columns)
    key = next(iter(table.primary_key)).name
    raw.execute(f"DELETE FROM main.{table.name} WHERE {key} NOT IN (SELECT {key} FROM old.{table.name})")
    raw.execute(
        f"INSERT OR REPLACE INTO main.{table.name} ({columns}) SELECT {columns} FROM old.{table.name} o "
        f"WHERE NOT EXISTS (SELECT 1 FROM main.{table.name} n WHERE n.{key} = o.{key} AND n.state = o.state)"
    )


def _copy_sequences(raw: Any) -> None:
    """Numbers that were given once are never given again, though their rows may be gone."""
    raw.execute("DELETE FROM main.sqlite_sequence")
    raw.execute("INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM old.sqlite_sequence")


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
