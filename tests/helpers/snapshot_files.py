"""Snapshot files as the real server makes them, from what the in-process server holds."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import zstandard

from shared.schema import search, snapshot_file
from shared.schema.registry import CATALOGUE_SCOPE, SCHEMA_VERSION
from shared.sync.buckets import BUCKETS, leaf_halves
from shared.sync.projection import narrowed
from shared.sync.wire import SnapshotOffer
from tests.helpers.fake_server import MARK, FakeServer


def put_up(
    server: FakeServer, folder: Path, scope: str = CATALOGUE_SCOPE, *, schema: int = SCHEMA_VERSION, number: int = 900
) -> SnapshotOffer:
    """Have the server offer a file of what one scope holds now."""
    plain = folder / "made.sqlite"
    rows = write_plain(server, plain, scope, schema=schema, number=number)
    content = plain.read_bytes()
    plain.unlink()
    packed = zstandard.ZstdCompressor(level=1).compress(content)
    position = server.position_of(scope)
    offer = SnapshotOffer(
        scope=scope,
        name=f"{scope.replace(':', '.')}-e{server.epoch}-s{schema}-{position}.snapshot",
        epoch=server.epoch,
        schema=schema,
        position=position,
        mark=MARK.hex(),
        size=len(packed),
        plain_size=len(content),
        sha256=hashlib.sha256(packed).hexdigest(),
        rows=rows,
    )
    server.offers = [each for each in server.offers if each.scope != scope] + [offer]
    server.files[offer.name] = packed
    return offer


def write_plain(server: FakeServer, path: Path, scope: str, *, schema: int, number: int) -> int:
    """Write the SQLite file inside; gives how many aggregates it holds."""
    aggregates = snapshot_file.aggregates_in(scope, schema)
    entities = {aggregate.entity for aggregate in aggregates}
    live = {
        key: entry
        for key, entry in sorted(server.feeds.get(scope, {}).items(), key=lambda item: item[0])
        if entry.state == "live" and key[0] in entities
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for statement in (*snapshot_file.OWN_TABLES, *snapshot_file.table_statements(scope, schema)):
            file.execute(statement)
        file.execute("BEGIN")
        for aggregate in aggregates:
            for (entity, _), entry in live.items():
                if entity == aggregate.entity:
                    root, children = narrowed(entity, entry.payload, schema)
                    _insert(file, aggregate.root.name, root)
                    for table in aggregate.children:
                        for values in children[table.name]:
                            _insert(file, table.name, values)
            _add_buckets(
                file,
                -number,
                aggregate.entity,
                [(k[1], e.version) for k, e in live.items() if k[0] == aggregate.entity],
            )
        for (entity, key), entry in live.items():
            _insert(file, "membership", [entity, key, -number, entry.version])
        for statement in snapshot_file.index_statements(scope, schema):
            file.execute(statement)
        version = 0
        if snapshot_file.has_search(scope, schema):
            for statement in search.TABLES:
                file.execute(statement)
            search.build(file)
            version = search.INDEX_VERSION
        _insert(
            file,
            "snapshot",
            [
                snapshot_file.FORMAT,
                scope,
                -number,
                server.epoch,
                schema,
                server.position_of(scope),
                MARK,
                server.now,
                len(live),
                " ".join(sorted(entities)),
                version,
            ],
        )
        file.execute("COMMIT")
    return len(live)


def _insert(file: sqlite3.Connection, table: str, values: Sequence[object]) -> None:
    file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def _add_buckets(file: sqlite3.Connection, number: int, entity: str, versions: list[tuple[bytes, int]]) -> None:
    sums = [[0, 0, 0] for _ in range(BUCKETS)]
    for (key, _), (high, low) in zip(versions, leaf_halves(entity, versions), strict=True):
        bucket = sums[key[-1]]
        bucket[0] += 1
        bucket[1] += high
        bucket[2] += low
    for at, (rows, high, low) in enumerate(sums):
        if rows:
            _insert(file, "bucket", [number, entity, at, rows, high, low])
