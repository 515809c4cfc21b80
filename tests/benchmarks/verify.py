"""A device with a large shop verifies itself: by its sums, by adding them up anew, and payload by payload.

The replica is filled as a till's is, from a stand-in server in the same process, so that only the device's own work is
timed; the server's side of it, its sums and the comparison of its feed with its tables, is timed on PostgreSQL.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from desktop.replica import buckets, cursors
from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity
from desktop.replica.rows import aggregate_of, parts, upsert_rows
from desktop.secrets import KEY_BYTES
from desktop.sync.verification import Verification
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds, derived_id
from shared.sync.wire import Payload, VerifyAnswer, VerifyRequest
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.sessions import Database
from sync_server.settings import ServerSettings
from sync_server.sync import bucket_repository, scope_repository
from sync_server.sync.integrity_service import verify_feed
from tests.benchmarks.big_shop import made_up
from tests.benchmarks.figure import Figure, at_most, median, seconds_of
from tests.helpers.fake_server import FakeServer
from tests.helpers.postgres import running_cluster
from tests.helpers.replica import TinyShop, fill

ROWS_PER_PRODUCT = 4
_INSERTED_AT_ONCE = 2_000


def measure(*, is_quick: bool) -> list[Figure]:
    """With 800,000 rows (quick: 8,000)."""
    rows = 8_000 if is_quick else 800_000
    repetitions = 1 if is_quick else 3
    return [*_on_the_device(rows, repetitions), *_on_the_server(rows, repetitions)]


def _on_the_device(rows: int, repetitions: int) -> list[Figure]:
    with _filled_replica(rows) as (replica, server):
        verification = Verification(replica, server)
        sums = verification.run(is_recounting=False)
        assert sums.rows >= rows
        assert not sums.differences
        quick = [seconds_of(lambda: verification.run(is_recounting=False)) for _ in range(repetitions)]
        counted = [seconds_of(verification.run) for _ in range(repetitions)]
        with replica.write() as unit:
            unit.connection.exec_driver_sql(
                "UPDATE membership SET version = 9 WHERE id IN (SELECT id FROM product ORDER BY id LIMIT 1)"
            )
        spoilt = seconds_of(verification.run)
        # What fills the shop is in no scope.
        in_scopes = [each.what for each in verification.run().differences if each.scope]
        assert sorted(in_scopes) == ["sums", "version"]
    note = f"{sums.rows:,} rows"
    return [
        Figure("device: compare the sums it keeps", median(quick), "s", note=note),
        at_most("device: add the sums up anew and compare", median(counted), "s", 10.0, note=note),
        Figure("device: the same, and find the one row that differs", spoilt, "s", note=note),
        Figure("device: rows verified", sums.rows / median(counted), "rows/s"),
    ]


class _KeptAnswers(FakeServer):
    """Answers for the sums are made once: the device's work is what is measured."""

    _kept: dict[str, VerifyAnswer]

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """As the stand-in does; the same question is answered from memory."""
        question = repr((request.scopes, request.buckets))
        if not hasattr(self, "_kept"):
            self._kept = {}
        if question not in self._kept:
            self._kept[question] = super().verify(request)
        return self._kept[question]


@contextmanager
def _filled_replica(rows: int) -> Iterator[tuple[Replica, FakeServer]]:
    with TemporaryDirectory() as folder:
        clock, key = SystemClock(), secrets.token_bytes(KEY_BYTES)
        replica = Replica.open(Path(folder) / "replica.db", key, clock=clock, ids=TimeOrderedIds(clock))
        try:
            server = _KeptAnswers(scopes=["catalogue"])
            with replica.write() as unit:
                shop = fill(unit.connection)
                change_identity(unit.connection, epoch=server.epoch)
            _load(replica, server, shop, rows // ROWS_PER_PRODUCT)
            yield replica, server
        finally:
            replica.close()


def _load(replica: Replica, server: FakeServer, shop: TinyShop, products: int) -> None:
    """The made-up range into the replica in bulk, memberships and sums as a pull writes them, and into the stand-in."""
    with replica.write() as unit:
        connection = unit.connection
        for other in cursors.cursors(connection).values():
            cursors.drop_cursor(connection, other)
        connection.exec_driver_sql("DELETE FROM membership")
        scope = cursors.cursor_for(connection, "catalogue")
        by_entity: dict[str, list[Payload]] = {}
        for number in range(products):
            for entity, payload in made_up(shop, number):
                by_entity.setdefault(entity, []).append(payload)
        for entity, payloads in by_entity.items():
            aggregate = aggregate_of(entity)
            for part in parts(payloads, _INSERTED_AT_ONCE):
                upsert_rows(connection, aggregate.root, [root for root, _ in part])
                for child in aggregate.children:
                    upsert_rows(connection, child, [row for _, owned in part for row in owned.get(child.name, [])])
                members = [(root[0], 1) for root, _ in part if isinstance(root[0], bytes)]
                cursors.add_members(connection, entity, scope.number, members, {})
            for payload in payloads:
                server.put_into("catalogue", entity, payload)
        cursors.move_cursor(connection, scope, products * ROWS_PER_PRODUCT, b"m" * 16)
    with replica.read() as connection:
        assert sum(each.rows for each in buckets.read(connection, scope.number)) == products * ROWS_PER_PRODUCT


def _on_the_server(rows: int, repetitions: int) -> list[Figure]:
    with running_cluster() as cluster:
        url = cluster.new_database()
        engine = make_engine(ServerSettings(home=Path(), database_url=url, statement_timeout_ms=0))
        database = Database(engine, SystemClock(), TimeOrderedIds())
        try:
            with psycopg.connect(connection_text(url), autocommit=True) as connection:
                connection.execute(
                    "INSERT INTO barcode SELECT gen_random_uuid(), n::text, %s, 1000 FROM generate_series(1, %s) AS n",
                    [derived_id("variant"), rows],
                )
                connection.execute("VACUUM ANALYZE")

            def sums() -> None:
                with database.reading() as connection:
                    heads = scope_repository.heads(connection)
                    bucket_repository.sums(connection, [head.id for head in heads.values()])

            answered = median([seconds_of(sums) for _ in range(5 * repetitions)])
            whole = median([seconds_of(lambda: verify_feed(database)) for _ in range(repetitions)])
        finally:
            engine.dispose()
    note = f"{rows:,} rows"
    return [
        Figure("server: the sums of a scope", 1_000 * answered, "ms", note=note),
        Figure("server: recount every sum, feed against tables", whole, "s", note=note),
    ]
