"""What this machine can do without us: the limits beside which our figures are read."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import msgspec
import zstandard

from desktop.replica.driver import KEY_BYTES, connect
from tests.benchmarks.figure import Figure, median, milliseconds_of_each, seconds_of

COLUMNS = 12


def measure(*, is_quick: bool) -> list[Figure]:
    rows = 20_000 if is_quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        return [
            _fsync(Path(folder)),
            *_sqlcipher(Path(folder), rows),
            *_wire(rows),
        ]


def _fsync(folder: Path) -> Figure:
    handle = os.open(folder / "sync", os.O_CREAT | os.O_WRONLY)

    def write() -> None:
        os.pwrite(handle, b"x" * 4096, 0)
        os.fdatasync(handle)

    times = milliseconds_of_each([write] * 200)
    os.close(handle)
    return Figure("4 KiB write + fdatasync, median", median(times), "ms")


def _sqlcipher(folder: Path, rows: int) -> list[Figure]:
    connection = connect(folder / "raw.db", secrets.token_bytes(KEY_BYTES))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    columns = ", ".join(f"c{number} TEXT" for number in range(1, COLUMNS))
    connection.execute(f"CREATE TABLE t (id BLOB PRIMARY KEY, {columns}) WITHOUT ROWID")
    values = [(index.to_bytes(16, "big"), *[f"value {index}"] * (COLUMNS - 1)) for index in range(rows)]
    statement = f"INSERT INTO t VALUES ({', '.join('?' * COLUMNS)})"

    def load() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, values)
        connection.execute("COMMIT")

    load_seconds = seconds_of(load)
    extra = iter(range(rows, rows + 500))

    def one() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement, (next(extra).to_bytes(16, "big"), *["v"] * (COLUMNS - 1)))
        connection.execute("COMMIT")

    single = milliseconds_of_each([one] * 500)
    look_ups = milliseconds_of_each(
        [
            lambda key=key: connection.execute("SELECT * FROM t WHERE id = ?", (key.to_bytes(16, "big"),)).fetchone()
            for key in range(0, rows, rows // 500)
        ]
    )
    connection.close()
    return [
        Figure(f"SQLCipher: load {rows:,} rows × {COLUMNS} in one transaction", rows / load_seconds, "rows/s"),
        Figure("SQLCipher: one row, one durable transaction, median", median(single), "ms"),
        Figure("SQLCipher: look-up by key, median", median(look_ups), "ms"),
    ]


def _wire(rows: int) -> list[Figure]:
    data = [[index.to_bytes(16, "big"), *[f"value {index}"] * (COLUMNS - 1)] for index in range(rows)]
    encoded = msgspec.msgpack.encode(data)
    encode_seconds = seconds_of(lambda: msgspec.msgpack.encode(data))
    packed = zstandard.ZstdCompressor(level=1).compress(encoded)
    pack_seconds = seconds_of(lambda: zstandard.ZstdCompressor(level=1).compress(encoded))
    unpack_seconds = seconds_of(lambda: msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed)))
    return [
        Figure("msgpack encode", rows / encode_seconds, "rows/s"),
        Figure("Zstandard level 1", len(encoded) / pack_seconds / 1e6, "MB/s"),
        Figure("decompress + decode", rows / unpack_seconds, "rows/s"),
    ]
