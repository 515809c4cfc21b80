"""Tender key → durable sale: ``exact_cash`` of three scanned items on a real SQLCipher replica, idle and in a catch-up.

The receipt is written as text into a file and the drawer's log gets its line, as at a real till. Beside it, in the
same file, the same rows written by the bare driver in one durable transaction.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from desktop.replica.driver import connect
from desktop.replica.engine import Replica
from desktop.replica.outbox import pending_count
from desktop.usecases.till import Till
from tests.benchmarks.big_shop import big_shop
from tests.benchmarks.catch_up import CatchUp
from tests.benchmarks.figure import Figure, at_most, median, milliseconds_of_each, percentile
from tests.benchmarks.selling import SaleTimes, ring_up, till_at_work

SALE_TABLES = {"sale": "id", "sale_line": "sale_id", "sale_tax": "sale_id", "sale_tender": "sale_id"}
PAUSE_SECONDS = 0.005
"""A quick clerk's: the catch-up gets going again between two keys, and each key meets it at work."""


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products (quick: at 1,000)."""
    sales, sizes = (60, (1_000,)) if is_quick else (300, (1_000, 100_000))
    return [figure for products in sizes for figure in _at(products, sales)]


def _at(products: int, sales: int) -> list[Figure]:
    where = f"{products:,} products"
    with big_shop(products) as (replica, shop, codes), TemporaryDirectory() as folder:
        till = till_at_work(replica, Path(folder))
        ring_up(till, codes, 20)
        idle = ring_up(till, codes, sales, pause_seconds=PAUSE_SECONDS)
        bare = _bare_transactions(replica, till, codes)
        with CatchUp(replica, shop, products).under_way() as catch_up:
            before = catch_up.rows_applied
            busy = ring_up(till, codes, sales, pause_seconds=PAUSE_SECONDS, seed=6)
            applied = catch_up.rows_applied - before
        _check_nothing_lost(replica, 20 + 2 * sales + 1)
    return [
        *_figures(f"{where}, idle", idle, 25.0, worst_ms=120.0),
        *_figures(f"{where}, in a catch-up", busy, 35.0, worst_ms=120.0, note=f"{applied:,} rows came meanwhile"),
        Figure(f"{where}: the same rows by the bare driver, median", median(bare), "ms"),
        Figure(f"{where}: the same rows by the bare driver, p95", percentile(bare, 0.95), "ms"),
    ]


def _figures(where: str, times: SaleTimes, p95_ms: float, *, worst_ms: float, note: str = "") -> list[Figure]:
    return [
        Figure(f"{where}: exact cash, median", median(times.payments), "ms", note=note),
        at_most(f"{where}: exact cash, p95", percentile(times.payments, 0.95), "ms", p95_ms),
        at_most(f"{where}: exact cash, worst of {len(times.payments)}", max(times.payments), "ms", worst_ms),
        Figure(f"{where}: scan, p95", percentile(times.scans, 0.95), "ms"),
    ]


def _check_nothing_lost(replica: Replica, sales: int) -> None:
    with replica.read() as connection:
        found = connection.exec_driver_sql("SELECT count(*), count(DISTINCT receipt_number) FROM sale").one()
        # The shift's opening is the one mutation that is no sale.
        waiting = pending_count(connection) - 1
    if (found[0], found[1], waiting) != (sales, sales, sales):
        raise AssertionError(f"{sales} sales were rung up; found {found[0]}, numbers {found[1]}, waiting {waiting}")


def _bare_transactions(replica: Replica, till: Till, codes: Sequence[str], count: int = 200) -> list[float]:
    """Milliseconds of writing the rows of one more sale again, under new ids, with nothing of ours in between."""
    ring_up(till, codes, 1, seed=7)
    with replica.read() as connection:
        sale_id = connection.exec_driver_sql("SELECT id FROM sale ORDER BY id DESC LIMIT 1").scalar_one()
        rows = {
            table: [
                tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} WHERE {key} = ?", (sale_id,))
            ]
            for table, key in SALE_TABLES.items()
        }
        arguments = connection.exec_driver_sql(
            "SELECT arguments FROM outbox WHERE entity_id = ?", (sale_id,)
        ).scalar_one()
    with TemporaryDirectory() as folder:
        path, key = Path(folder) / "bare.db", secrets.token_bytes(32)
        Replica.open(path, key, clock=replica.clock, ids=replica.ids).close()
        connection = connect(path, key)
        connection.execute("PRAGMA synchronous = FULL")
        try:
            return milliseconds_of_each([lambda: _write_bare(connection, rows, arguments)] * count)
        finally:
            connection.close()


def _write_bare(connection: Any, rows: dict[str, list[tuple[Any, ...]]], arguments: bytes) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table, lines in rows.items():
        fresh = [(uuid.uuid4().bytes, *line[1:]) for line in lines]
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(fresh[0]))})", fresh)
    connection.execute(
        "INSERT INTO outbox (id, name, version, arguments, hash, made_at, entity, entity_id, state, code, message) "
        "VALUES (?, 'sale.record', 1, ?, ?, 0, 'sale', ?, 'waiting', '', '')",
        (uuid.uuid4().bytes, arguments, secrets.token_bytes(32), uuid.uuid4().bytes),
    )
    connection.execute("COMMIT")
