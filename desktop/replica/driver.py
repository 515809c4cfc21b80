"""Opens connections to an encrypted SQLite file, and tells its failures in our own terms.

The driver is SQLCipher's: the whole file, write-ahead log included, is encrypted under a raw 32-byte key. The key goes
into a PRAGMA and nowhere else; no log line and no message ever carries a statement of this module.
"""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, QueuePool, create_engine, event

from shared.errors import BugError, EnvironmentFailure

KEY_BYTES = 32
BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = {"read": 16 * 1024, "write": 4 * 1024, "background": 16 * 1024}
READ_CONNECTIONS_MAX = 12

_sqlcipher = import_module("sqlcipher3.dbapi2")
DriverError: type[Exception] = _sqlcipher.Error

# The driver looks up an adapter for every bound value that is no int, float, str or bytearray, and fails slowly where
# there is none: with these two a bulk load takes a third of the time.
_sqlcipher.register_adapter(bytes, memoryview)
_sqlcipher.register_adapter(type(None), {None: None}.get)


class Access(Enum):
    """What a connection is for."""

    READ = "read"
    WRITE = "write"
    """Durable: the transaction is on the disk before ``COMMIT`` returns."""
    BACKGROUND = "background"
    """What came from the server and can be asked for again: a power cut may lose the last ones, never tear them."""


def connect(path: Path, key: bytes) -> Any:
    """A raw driver connection in autocommit mode, usable from any thread (one at a time).

    Raises:
        EnvironmentFailure: ``replica_key_wrong`` and others of ``failure_of``.
    """
    assert len(key) == KEY_BYTES
    try:
        connection = _sqlcipher.connect(str(path), check_same_thread=False, isolation_level=None, timeout=10)
    except DriverError as error:
        raise failure_of(error, path) from None
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except DriverError as error:
        connection.close()
        raise failure_of(error, path) from None
    return connection


def _prepare(connection: Any, access: Access) -> None:
    synchronous = "NORMAL" if access is Access.BACKGROUND else "FULL"
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        f"cache_size = -{CACHE_KIB[access.value]}",
        f"synchronous = {synchronous}",
        "wal_autocheckpoint = 0",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if access is Access.READ:
        connection.execute("PRAGMA query_only = ON")


def engine_for(path: Path, key: bytes, access: Access) -> Engine:
    """A SQLAlchemy engine whose transactions are as ``access`` says."""

    def creator() -> Any:
        connection = connect(path, key)
        _prepare(connection, access)
        return connection

    engine = create_engine(
        "sqlite://",
        module=_sqlcipher,
        creator=creator,
        poolclass=QueuePool,
        pool_size=4 if access is Access.READ else 1,
        max_overflow=READ_CONNECTIONS_MAX - 4 if access is Access.READ else 0,
        pool_timeout=30,
        pool_use_lifo=True,  # The connection used last has the warmest cache.
        hide_parameters=True,
    )
    begin = "BEGIN" if access is Access.READ else "BEGIN IMMEDIATE"

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine


def failure_of(error: BaseException, path: Path) -> EnvironmentFailure | BugError:
    """What a driver error means: the surroundings failed, or we broke a rule of our own schema."""
    original = getattr(error, "orig", None) or error
    text = str(original).lower()
    for words, code, message in _FAILURES:
        if words in text:
            return EnvironmentFailure(code, message, file=path.name)
    return BugError("replica_failed", f"The replica refused a statement: {original}.")


_FAILURES = (
    (
        "file is not a database",
        "replica_key_wrong",
        (
            "The key does not open this device's replica. Restore the key from the keychain it was made in, "
            "or enrol this device again in an empty home."
        ),
    ),
    (
        "database or disk is full",
        "disk_full",
        "The disk is full. Nothing of what was saved is lost; free some space and try again.",
    ),
    (
        "database disk image is malformed",
        "replica_damaged",
        "The replica file is damaged. Keep a copy of it and call support before you go on.",
    ),
    (
        "database is locked",
        "replica_locked",
        "Another program holds this device's replica. Close it and try again.",
    ),
    (
        "unable to open database file",
        "replica_unreachable",
        "The replica file cannot be opened. Check that the home folder exists and may be written.",
    ),
    (
        "readonly database",
        "replica_read_only",
        "The replica file may not be written. Check the rights of the home folder.",
    ),
    (
        "disk i/o error",
        "disk_failed",
        "The disk reported an error. Nothing was saved in this step; check the disk and try again.",
    ),
)
