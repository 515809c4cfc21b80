"""What the feed costs a writer: sales of three rows by pgbench, and a bulk COPY, with the capture on and off.

The same durable database with the feed taken off and put on again, so that only the capture and the stamping differ.
"""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from shared.ids import TimeOrderedIds, derived_id
from shared.schema.registry import AGGREGATES, WireTable
from shared.schema.types import WireKind
from sync_server.db.embedded import EmbeddedPostgres, programs_for
from sync_server.db.engine import connection_text, make_engine
from sync_server.db.feed import install_statements, remove_statements
from sync_server.db.migrate import migrate
from sync_server.settings import ServerSettings
from tests.benchmarks.figure import Figure, at_most

CLIENTS = 16
CHUNK_ROWS = 2_000
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_VALUES = {
    WireKind.ID: "gen_random_uuid()",
    WireKind.WHOLE: "1",
    WireKind.FLAG: "false",
    WireKind.DAY: "'2026-11-20'",
    WireKind.WORDS: "'x'",
    WireKind.JSON: "'[]'",
    WireKind.DIGEST: "'\\x00'",
}
_SALE = "md5(concat((:sale)::bigint, ' ', (:client_id)::bigint))::uuid"
_STORE = "lpad((:store)::bigint::text, 32, '0')::uuid"


def measure(*, is_quick: bool) -> list[Figure]:
    """Six seconds of sales for each case and 100,000 rows (quick: one second and 4,000)."""
    seconds, rows = (1, 4_000) if is_quick else (6, 100_000)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        with EmbeddedPostgres(home) as url:
            engine = make_engine(ServerSettings(home=home, database_url=url))
            migrate(engine)
            engine.dispose()
            one = _sales_script(home / "one.sql", stores=1)
            many = _sales_script(home / "many.sql", stores=CLIENTS)
            _switch(url, is_on=False)
            bare, bare_copy = _sales(home, url, many, seconds), _copied(url, rows)
            _switch(url, is_on=True)
            one_store, stores = _sales(home, url, one, seconds), _sales(home, url, many, seconds)
            copied = _copied(url, rows)
    note = f"{CLIENTS} connections, a sale with a line and a tender in each transaction"
    return [
        Figure("sales without the feed", bare, "per s", note=note),
        Figure(f"sales in {CLIENTS} stores", stores, "per s", note=note),
        Figure("sales in one store", one_store, "per s", note=note),
        Figure("bulk COPY without the feed", bare_copy, "rows/s", note=f"{CHUNK_ROWS:,} rows in each transaction"),
        Figure("bulk COPY", copied, "rows/s"),
        at_most("bulk COPY: how many times as long", bare_copy / copied, "times", 3.0),
    ]


def _sales_script(file: Path, *, stores: int) -> Path:
    sale = AGGREGATES["sale"]
    line, tender = (next(each for each in sale.children if each.name == name) for name in ("sale_line", "sale_tender"))
    parent = {"sale_id": _SALE}
    lines = [
        "\\set sale random(1, 9000000000000)",
        f"\\set store random(1, {stores})",
        "BEGIN;",
        _insert(sale.root, {"id": _SALE, "store_id": _STORE}),
        _insert(line, parent),
        _insert(tender, parent),
        "END;",
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _insert(table: WireTable, given: dict[str, str]) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(given.get(column.name, _VALUES[column.kind]) for column in table.columns)
    return f"INSERT INTO {table.name} ({columns}) VALUES ({values});"


def _switch(url: str, *, is_on: bool) -> None:
    with psycopg.connect(connection_text(url), autocommit=True) as connection:
        for statement in install_statements() if is_on else remove_statements():
            connection.execute(statement)
        connection.execute("CHECKPOINT")


def _sales(home: Path, url: str, script: Path, seconds: int) -> float:
    program = programs_for(home / "postgres") / "pgbench"
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), "-f", str(script)]
    done = subprocess.run([str(program), *options, connection_text(url)], capture_output=True, text=True, check=False)
    found = _TPS.search(done.stdout)
    if done.returncode or found is None:
        raise AssertionError(f"pgbench failed: {done.stderr}")
    return float(found[1])


def _copied(url: str, rows: int) -> float:
    ids, variant = TimeOrderedIds(), derived_id("variant")
    with psycopg.connect(connection_text(url)) as connection:
        began = time.perf_counter()
        for _ in range(rows // CHUNK_ROWS):
            with connection.cursor().copy("COPY barcode (id, code, variant_id, quantity) FROM STDIN") as copy:
                for _ in range(CHUNK_ROWS):
                    copy.write_row((ids.new(), "1", variant, 1000))
            connection.commit()
        return rows / (time.perf_counter() - began)
