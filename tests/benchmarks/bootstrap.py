"""A new till joins a server that holds a large shop: from the command to the last row on its disk, by pages.

Whole processes are timed: start of the program, keys, enrolment, every page, indexes and the search index. Beside it
the bare driver loading as many rows into a fresh encrypted file.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from desktop.replica.driver import connect
from tests.benchmarks.figure import Figure, at_most, median, seconds_of
from tests.benchmarks.serving import ServedShop, served_shop

_READY = re.compile(r"^Ready: ([\d,]+) rows", re.MULTILINE)
RAW_COLUMNS = 8
"""About what an aggregate of a catalogue has on average, membership included."""


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products, and four tills at once at the larger size (quick: at 1,000, one and two tills)."""
    sizes, repetitions, together = ((1_000,), 1, 2) if is_quick else ((1_000, 100_000), 3, 4)
    figures = []
    for products in sizes:
        with served_shop(products) as shop:
            seconds = shop.import_seconds
            figures.append(Figure(f"{products:,} products: import on the server", products / seconds, "products/s"))
            figures += _one_till(shop, products, repetitions)
            if products == sizes[-1]:
                figures.append(_tills_together(shop, products, together))
    return figures


def _one_till(shop: ServedShop, products: int, repetitions: int) -> list[Figure]:
    codes = [shop.enrol_code() for _ in range(repetitions)]
    timed = [_join_together(shop, [code]) for code in codes]
    rows = timed[-1][1]
    seconds = median([each[0] for each in timed])
    raw_seconds = _bare_load(shop.folder, rows)
    return [
        Figure(f"{products:,} products: one till joins, median", seconds, "s", note=f"{rows:,} rows"),
        _per_100_000_rows(products, seconds, rows),
        Figure(f"{products:,} products: rows onto the till's disk", rows / seconds, "rows/s"),
        Figure(f"{products:,} products: as many rows by the bare driver", rows / raw_seconds, "rows/s"),
    ]


def _per_100_000_rows(products: int, seconds: float, rows: int) -> Figure:
    """What the design asks for; a small shop is mostly the start of the program, so there it stands without a reach."""
    name, value = f"{products:,} products: the same per 100,000 rows", seconds * 100_000 / rows
    return at_most(name, value, "s", 3.0) if products >= 10_000 else Figure(name, value, "s")


def _tills_together(shop: ServedShop, products: int, tills: int) -> Figure:
    seconds, rows = _join_together(shop, [shop.enrol_code() for _ in range(tills)])
    name = f"{products:,} products: {tills} tills join at once, the last"
    return Figure(name, seconds, "s", note=f"{rows:,} rows each")


def _join_together(shop: ServedShop, codes: Sequence[str]) -> tuple[float, int]:
    """Seconds until the last of these tills is ready, and how many aggregates it received."""
    began = time.perf_counter()
    tills = [
        subprocess.Popen(
            [sys.executable, "-m", "desktop", "enrol", shop.server.url, code, "--home", str(shop.folder / code)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for code in codes
    ]
    said = [till.communicate(timeout=600)[0] for till in tills]
    seconds = time.perf_counter() - began
    found = [_READY.search(text) for text in said]
    if any(till.returncode for till in tills) or not all(found):
        raise AssertionError(f"A till did not join: {said}")
    assert found[0] is not None
    return seconds, int(found[0][1].replace(",", ""))


def _bare_load(folder: Path, rows: int) -> float:
    path = folder / "bare.db"
    connection = connect(path, secrets.token_bytes(32))
    connection.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(f"c{number} TEXT" for number in range(1, RAW_COLUMNS))
    connection.execute(f"CREATE TABLE t (id BLOB PRIMARY KEY, {columns}) WITHOUT ROWID")
    values = [(index.to_bytes(16, "big"), *[f"value {index}"] * (RAW_COLUMNS - 1)) for index in range(rows)]
    statement = f"INSERT INTO t VALUES ({', '.join('?' * RAW_COLUMNS)})"

    def load() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, values)
        connection.execute("COMMIT")

    try:
        return seconds_of(load)
    finally:
        connection.close()
        path.unlink()
