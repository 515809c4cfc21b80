"""The replica: one encrypted file, many readers, one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from desktop.replica import creation
from desktop.replica.checkpoints import Checkpointer
from desktop.replica.driver import Access, DriverError, engine_for, failure_of
from desktop.replica.identity import prepare_successor
from desktop.replica.reader_gate import ReaderGate
from desktop.replica.successor import Successor, exchange_files, remove_leftovers
from desktop.replica.unit_of_work import UnitOfWork
from desktop.replica.write_lock import WriteLock
from shared.clock import Clock
from shared.errors import CounterfoilError, EnvironmentFailure
from shared.ids import IdMaker

EXCHANGE_ATTEMPTS = 20
READERS_PATIENCE_SECONDS = 0.1


def _not_filled(error: Exception, path: Path) -> EnvironmentFailure:
    """Why a new file could not be filled; the one in use has nothing to do with it."""
    if isinstance(error, DriverError):
        failure = failure_of(error, path)
        if isinstance(failure, EnvironmentFailure):
            return failure
    return EnvironmentFailure(
        "snapshot_unfit", f"The snapshot could not be taken over: {error}. The rows come by pages."
    )


class Replica:
    """The device's own database. Made by ``open``; every method may be called from any thread."""

    def __init__(self, path: Path, key: bytes, clock: Clock, ids: IdMaker) -> None:
        self.path = path
        self.clock = clock
        self.ids = ids
        self.lock = WriteLock()
        self._key = key
        self._gate = ReaderGate()
        self._connect()
        self._listeners: list[Callable[[], None]] = []
        self._listeners_lock = threading.Lock()

    def _connect(self) -> None:
        self._readers = engine_for(self.path, self._key, Access.READ)
        self._writer = engine_for(self.path, self._key, Access.WRITE)
        self._background = engine_for(self.path, self._key, Access.BACKGROUND)
        self._checkpointer = Checkpointer(self.path, self._key)

    @classmethod
    def open(cls, path: Path, key: bytes, *, clock: Clock, ids: IdMaker) -> Replica:
        """Open the file, or make it; an older one is brought up to this program's schema.

        Args:
            path: the replica file; its folder must exist.
            key: 32 random bytes.
            clock: the device's clock.
            ids: makes identifiers.

        Raises:
            EnvironmentFailure: ``replica_newer_than_program`` (the file is not touched), ``replica_key_wrong``,
                ``replica_locked``, ``replica_unreachable``, ``replica_damaged``, ``disk_full``.
        """
        remove_leftovers(path)
        creation.make_ready(path, key)
        return cls(path, key, clock, ids)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection that sees one moment of the replica from its first query on."""
        with self._told_in_our_terms(), self._gate.passed(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, is_background: bool = False) -> Iterator[UnitOfWork]:
        """A transaction; it is committed when the block ends well and undone when anything is raised.

        When this returns, a clerk's transaction is on the disk for good. Background work waits while a clerk waits.
        """
        with (
            self._told_in_our_terms(),
            self.lock.held(is_background=is_background),
            (self._background if is_background else self._writer).connect() as connection,
            connection.begin(),
        ):
            unit = UnitOfWork(connection, self.clock, self.ids)
            yield unit
            unit.bring_search_up_to_date()
            if unit.mutations_made and not is_background:
                prepare_successor(connection)
        self._checkpointer.wake()
        if unit.mutations_made:
            self._tell_listeners()

    def on_mutations(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` (quick, from the writing thread) after each commit that put something in the outbox."""
        with self._listeners_lock:
            self._listeners.append(listener)

    @contextmanager
    def successor(self) -> Iterator[Successor]:
        """A new file beside this one, under the same key; after the block it is gone, unless it took its place."""
        made = Successor(self.path, self._key)
        try:
            with self._told_in_our_terms():
                made.make()
                yield made
        except (DriverError, OSError) as error:
            raise _not_filled(error, self.path) from error
        finally:
            made.close()
            remove_leftovers(self.path)

    def give_way_to(self, successor: Successor) -> None:
        """Let a successor take this file's place: what was written here meanwhile goes over, then the files change.

        Sales wait for it, so it is short; whoever reads for long makes it come later.

        Raises:
            EnvironmentFailure: ``replica_busy`` when somebody reads on and on; nothing has changed then.
        """
        for _ in range(EXCHANGE_ATTEMPTS):
            with (
                self._told_in_our_terms(),
                self.lock.held(is_background=True),
                self._gate.closed(READERS_PATIENCE_SECONDS) as is_empty,
            ):
                if is_empty:
                    successor.catch_up()
                    successor.close()
                    self._exchange()
                    return
        raise EnvironmentFailure("replica_busy", "The shop on this device is being read. It will be tried again later.")

    def close(self) -> None:
        """Close every connection; the log is folded into the file."""
        self._disconnect()

    def _exchange(self) -> None:
        self._disconnect()
        try:
            exchange_files(self.path)
        finally:
            self._connect()

    def _disconnect(self) -> None:
        self._checkpointer.stop()
        for engine in (self._readers, self._writer, self._background):
            engine.dispose()

    def _tell_listeners(self) -> None:
        with self._listeners_lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    @contextmanager
    def _told_in_our_terms(self) -> Iterator[None]:
        try:
            yield
        except CounterfoilError:
            raise
        except DBAPIError as error:
            raise failure_of(error, self.path) from error
