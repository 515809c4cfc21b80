"""A new till joins a server that holds a large shop: from the command to the last row on its disk, by file and by pages.

Whole processes are timed: start of the program, keys, enrolment, every row, indexes and the search index. The first file
is built by the operator's command and told apart: no till waits for it. Beside it the bare driver loads as many rows
into a fresh encrypted file.
"""

from __future__ import annotations

import csv
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import zstandard

from desktop.demo.processes import ServerProcess
from desktop.replica.driver import connect
from tests.benchmarks.big_shop import name_and_price, write_catalogue
from tests.benchmarks.figure import Figure, at_most, median, seconds_of
from tests.benchmarks.joining_parts import parts_of_joining
from tests.benchmarks.serving import ServedShop, served_shop

_READY = re.compile(r"^Ready: ([\d,]+) rows", re.MULTILINE)
RAW_COLUMNS = 8
"""About what an aggregate of a catalogue has on average, membership included."""
ROWS_MIN = "COUNTERFOIL_SNAPSHOT_ROWS_MIN"
NO_FILES = "1000000000"
_LOOK_SECONDS = 0.05
REAL_PRODUCTS = 800_000
"""From the given barcodes; made up where the data are absent."""

Write = Callable[[Path, int], None]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the design asks for at one size, in seconds; 0: nothing."""

    by_file: float = 0.0
    together: float = 0.0
    by_pages: float = 0.0


@dataclass(frozen=True, slots=True)
class Joined:
    """Tills that joined at once.

    Attributes:
        seconds: until the last one was ready.
        rows: aggregates that each received.
        peak_mib: the most memory that one of them held.
        cpu_seconds: processor time of one of them, which tells more than the seconds where others use the machine too.
    """

    seconds: float
    rows: int
    peak_mib: float
    cpu_seconds: float


def measure(*, is_quick: bool) -> list[Figure]:
    """At 100,000 made-up and 800,000 real products, and four tills at once (quick: 6,000 products, two tills)."""
    if is_quick:
        return _at_size(6_000, write_catalogue, Reach(), repetitions=1, together=2)
    return [
        *_at_size(100_000, write_catalogue, Reach(1.0, 2.0, 3.0), repetitions=3, together=4),
        *_at_size(REAL_PRODUCTS, write_barcodes, Reach(7.0), repetitions=1, together=4),
    ]


def _at_size(products: int, write: Write, reach: Reach, *, repetitions: int, together: int) -> list[Figure]:
    with _environment(ROWS_MIN, NO_FILES), served_shop(products, write=write) as shop:
        size = f"{products:,} products"
        figures = [Figure(f"{size}: import on the server", products / shop.import_seconds, "products/s")]
        by_pages = [_join_together(shop, 1) for _ in range(repetitions)]
        figures += _figures(f"{size}: one till joins by pages", by_pages, reach.by_pages)
        with _environment(ROWS_MIN, "1"), _restarted(shop) as offering:
            built = seconds_of(lambda: offering.server.command("build-snapshots"))
            figures.append(Figure(f"{size}: building the files, before any till comes", built, "s"))
            by_file = [_join_together(offering, 1) for _ in range(repetitions)]
            figures += _figures(f"{size}: one till joins by file", by_file, reach.by_file)
            figures += parts_of_joining(offering, f"{size}: one till joins by file")
            all_at_once = [_join_together(offering, together)]
            figures += _figures(f"{size}: {together} tills join by file at once, the last", all_at_once, reach.together)
            peak = _peak_mib(offering.server.process.pid)
            figures.append(Figure(f"{size}: memory of the server's worker, at most", peak, "MiB"))
        rows = by_pages[-1].rows
        raw = rows / _bare_load(shop.folder, rows)
        return [*figures, Figure(f"{size}: as many rows by the bare driver", raw, "rows/s")]


def _figures(name: str, joined: Sequence[Joined], reach: float) -> list[Figure]:
    seconds, rows = median([each.seconds for each in joined]), joined[-1].rows
    cpu = median([each.cpu_seconds for each in joined])
    note = f"{rows:,} rows, {cpu:.2f} s CPU each"
    first = at_most(name, seconds, "s", reach, note) if reach else Figure(name, seconds, "s", note=note)
    return [first, Figure(f"{name}: memory, at most", max(each.peak_mib for each in joined), "MiB")]


def write_barcodes(file: Path, products: int) -> None:
    """Real barcodes and names as a file that the server imports, with made-up prices and opening stock."""
    folder = Path(os.environ.get("COUNTERFOIL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    source = folder / "barcodes" / "off_2019_barcodes.csv.zst"
    if not source.exists():
        write_catalogue(file, products)
        return
    with (
        zstandard.open(source, "rt", encoding="utf-8", newline="") as lines,
        file.open("w", encoding="utf-8", newline="") as sink,
    ):
        rows = csv.writer(sink)
        rows.writerow(("sku", "name", "barcode", "price", "tax", "category", "stock:HS"))
        for number, line in zip(range(products), csv.DictReader(lines), strict=False):
            _, pence = name_and_price(number)
            price = f"{pence // 100}.{pence % 100:02d}"
            name = (line["name"] or "").strip()[:200] or f"Product {number}"
            rows.writerow((f"REAL-{number:06d}", name, line["barcode"], price, "STANDARD", "Home", 9_000))


@contextmanager
def _restarted(shop: ServedShop) -> Iterator[ServedShop]:
    """The same server, started again with the environment as it is now."""
    shop.server.stop()
    server = ServerProcess.start(shop.server.home, shop.folder / "server-again.log")
    try:
        yield ServedShop(server, shop.folder, shop.import_seconds)
    finally:
        server.stop()


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _join_together(shop: ServedShop, tills: int) -> Joined:
    codes = [shop.enrol_code() for _ in range(tills)]
    began = time.perf_counter()
    joining = [_start(shop, code) for code in codes]
    with _watched([till.pid for till in joining]) as peaks:
        said = [till.stdout.read() if till.stdout is not None else "" for till in joining]
    ended = [os.wait4(till.pid, 0) for till in joining]
    seconds = time.perf_counter() - began
    found = [_READY.search(text) for text in said]
    for till, (_, status, _) in zip(joining, ended, strict=True):
        till.returncode = os.waitstatus_to_exitcode(status)
        if till.stdout is not None:
            till.stdout.close()
    if any(till.returncode for till in joining) or not all(found):
        raise AssertionError(f"A till did not join: {said}")
    assert found[0] is not None
    peak = max(peaks.values())
    cpu = median([usage.ru_utime + usage.ru_stime for _, _, usage in ended])
    return Joined(seconds, int(found[0][1].replace(",", "")), peak, cpu)


def _start(shop: ServedShop, code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "desktop", "enrol", shop.server.url, code, "--home", str(shop.folder / code)],
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _watched(process_ids: Sequence[int]) -> Iterator[dict[int, float]]:
    """The most memory that each process held, MiB; known when the block ends, by which they may have ended too.

    What ``wait4`` says of it is no use: it begins with what the process that started them held.
    """
    peaks = dict.fromkeys(process_ids, 0.0)
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_LOOK_SECONDS):
            for process_id in process_ids:
                with suppress(FileNotFoundError, ProcessLookupError, StopIteration):
                    peaks[process_id] = _peak_mib(process_id)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peaks
    finally:
        is_over.set()
        watching.join()


def _peak_mib(process_id: int) -> float:
    """The most memory a process that still runs has held."""
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _bare_load(folder: Path, rows: int) -> float:
    path = folder / "bare.db"
    connection = connect(path, secrets.token_bytes(32))
    connection.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(f"c{number} TEXT" for number in range(1, RAW_COLUMNS))
    connection.execute(f"CREATE TABLE t (id BLOB PRIMARY KEY, {columns}) WITHOUT ROWID")
    values = ((index.to_bytes(16, "big"), *[f"value {index}"] * (RAW_COLUMNS - 1)) for index in range(rows))
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
