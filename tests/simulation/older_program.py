"""A device's program one release back, and the upgrade: what a device did before must not tell from the one after.

An older program is this one that speaks wire schema 1, in a world in which that schema knew less
(``tests.helpers.older_schema``): it asks for rows of that schema, writes mutations and keeps base copies without what it
does not know, and hands no succession on. When the new program first opens the home, it finds rows of the older schema,
and often a file of the older revision of ``desktop.replica.migrations``, taken down to it by that history itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, cast
from unittest import mock

import msgspec
from alembic import command
from sqlalchemy import StaticPool, create_engine

import desktop.sync.engine
from desktop.paths import Home
from desktop.replica import outbox, overlay
from desktop.replica.driver import connect
from desktop.replica.engine import Replica
from desktop.replica.migrations import history_config
from desktop.secrets import OPENINGS, REPLICA_KEY, FileStore
from desktop.sync import fork
from desktop.sync.connect import engine_of, server_of
from desktop.sync.cycle import SyncCycle
from desktop.sync.engine import SyncEngine
from desktop.sync.fork import Succession
from desktop.sync.server_port import SyncServer
from desktop.usecases.start import Device
from shared.schema import registry
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.projection import default_of, narrowed, widened
from shared.sync.wire import DigestAnswer, Payload, RowsAnswer, RowsRequest
from tests.helpers.older_schema import OLDER, less_known

FORMER_REVISION = "0001"
FORMER_USER_VERSION = 1
_LATER_TABLES = ("held_back", "resent_stock", "schema_fill", "customer_alias")
"""What lies in these the former revision has no place for; its program never had any of it."""

_spoken: ContextVar[int] = ContextVar("spoken", default=SCHEMA_VERSION)


@contextmanager
def speaking(schema: int) -> Iterator[None]:
    """For the length of a block the program that works in this thread is the one of this wire schema."""
    token = _spoken.set(schema)
    try:
        yield
    finally:
        _spoken.reset(token)


def is_speaking_older() -> bool:
    """Whether the program that works in this thread is an older one."""
    return _spoken.get() < SCHEMA_VERSION


@contextmanager
def installed() -> Iterator[None]:
    """Let devices' programs be older ones where ``speaking`` says so."""
    with ExitStack() as stack:
        stack.enter_context(less_known())
        stack.enter_context(mock.patch.object(outbox, "append", partial(_append, outbox.append)))
        stack.enter_context(mock.patch.object(overlay, "set_base", partial(_set_base, overlay.set_base)))
        stack.enter_context(mock.patch.object(fork, "succession_of", partial(_succession_of, fork.succession_of)))
        yield


def engine_for(device: Device, schema: int) -> SyncEngine:
    """The sync engine of the program of this wire schema."""
    if schema >= SCHEMA_VERSION:
        return engine_of(device)
    line = cast("SyncServer", _OlderLine(server_of(device), schema))
    with mock.patch.object(desktop.sync.engine, "SyncCycle", partial(SyncCycle, schema=schema)):
        return SyncEngine(device.replica, line, device.clock)


def begin_older(home: Home) -> None:
    """A home that has just joined is that of an older program."""
    with closing(connect(home.replica, _key_of(home))) as connection:
        connection.execute("UPDATE identity SET schema_filled = ?", (OLDER,))


def forget_later(home: Home) -> None:
    """Before the upgrade, in a replica that no program holds: what the older program would not have written is not there."""
    known = registry.at_schema(OLDER)
    with closing(connect(home.replica, _key_of(home))) as raw:
        for entity, aggregate in registry.AGGREGATES.items():
            tables = {table.name: table for table in known[entity].tables} if entity in known else {}
            for table in aggregate.tables:
                theirs = tables.get(table.name)
                if theirs is None:
                    raw.execute(f"DELETE FROM {table.name}")
                    continue
                for name in sorted({*table.column_names} - {*theirs.column_names}):
                    raw.execute(f"UPDATE {table.name} SET {name} = ?", (default_of(table.name, name),))


def take_down(home: Home) -> bool:
    """Make a replica that no program holds a file of the former revision, as its program would have left it.

    Nothing is done, and False given, where something lies in it that such a file has no place for.
    """
    with closing(connect(home.replica, _key_of(home))) as raw:
        if any(raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _LATER_TABLES):
            return False
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            command.downgrade(history_config(connection), FORMER_REVISION)
            connection.exec_driver_sql(f"PRAGMA user_version = {FORMER_USER_VERSION}")
            connection.commit()
            connection.detach()
    FileStore(home.secrets).delete(OPENINGS)
    return True


class _OlderLine:
    """Stands before the server: every request names the older schema, and rows are made as wide as the replica's."""

    def __init__(self, server: SyncServer, schema: int) -> None:
        self._server = server
        self._schema = schema

    def __getattr__(self, name: str) -> Any:
        """Calls whose one argument is a request that names a schema, and calls that name none."""
        real = getattr(self._server, name)
        if name not in ("push", "pull", "quarantine", "verify"):
            return real
        return lambda request: real(msgspec.structs.replace(request, schema=self._schema))

    def rows(self, request: RowsRequest) -> RowsAnswer:
        """Rows by name, or all of one entity after an id."""
        answer = self._server.rows(msgspec.structs.replace(request, schema=self._schema))
        for row in answer.rows:
            row.payload = widened(row.entity, row.payload)
        return answer

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """No older program compares contents here: its rows are wider than what it asks for."""
        raise AssertionError(f"an older program asked for digests of {scopes}")


def _append(real: Any, connection: Any, *, entity: str, arguments: dict[str, object], **about: Any) -> int:
    """Mutations as the program at work makes them."""
    if is_speaking_older():
        known = registry.at_schema(OLDER)
        assert entity in known, f"an older program made a {entity}"
        changes = arguments.get("changes", {})
        assert isinstance(changes, dict)
        unknown = changes.keys() - {*known[entity].root.column_names}
        assert not unknown, f"an older program set {unknown}"
        if "row" in arguments:
            arguments = {**arguments, "row": _narrowed(entity, arguments["row"])}
    return int(real(connection, entity=entity, arguments=arguments, **about))


def _set_base(real: Any, connection: Any, entity: str, *about: Any) -> None:
    *key, payload = about
    if is_speaking_older() and payload is not None:
        payload = _narrowed(entity, payload)
    real(connection, entity, *key, payload)


def _narrowed(entity: str, row: object) -> Payload:
    return narrowed(entity, widened(entity, msgspec.convert(row, Payload)), OLDER)


def _succession_of(real: Any, replica: Replica, **about: Any) -> Succession:
    if is_speaking_older():
        return Succession(b"", b"")
    found: Succession = real(replica, **about)
    return found


def _key_of(home: Home) -> bytes:
    key = FileStore(home.secrets).get(REPLICA_KEY)
    assert key is not None
    return key
