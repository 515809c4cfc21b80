"""Sixteen web buyers at once on one product of which there is not enough for all.

Through HTTP: orders of one piece until the server refuses. Beside it, in the same database and by pgbench, the bare
conditional update of one row and the server's own promise with all that it writes, in turns of a second or two, so that
whatever else the machine does meets both; what is compared is the median of the turns.
"""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import make_url

from shared.ids import TimeOrderedIds
from sync_server.db.embedded import programs_for
from sync_server.inventory.promise_repository import _PROMISE_HEARD
from tests.benchmarks.figure import Figure, at_least, median, percentile
from tests.benchmarks.serving import ServedShop, served_shop

BUYERS = 16
HOT, PLENTY = "HOT-1", "HOT-2"
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


def measure(*, is_quick: bool) -> list[Figure]:
    """With 2,000 pieces in stock (quick: 200)."""
    pieces = 200 if is_quick else 2_000
    with served_shop() as shop:
        catalogue = shop.folder / "hot.csv"
        catalogue.write_text(
            "sku,name,price,tax,category,stock:HS\n"
            f"{HOT},The last ones,9.00,STANDARD,Home,{pieces}\n"
            f"{PLENTY},Plenty of them,9.00,STANDARD,Home,100000000\n"
        )
        shop.server.command("import-catalogue", str(catalogue))
        buyers = Buyers(shop.server.command("api-key", "bench"))
        work = shop.work_of(lambda: _buy_all(shop, buyers))
        oversold = _oversold(shop, buyers, pieces)
        turns = _in_sql(shop, turns=1 if is_quick else 5, seconds=1 if is_quick else 2)
    waits = sorted(buyers.milliseconds)
    bare, promised = median([each for each, _ in turns]), median([each for _, each in turns])
    ratio = median([100 * with_all / alone for alone, with_all in turns])
    return [
        at_least("web orders, 16 buyers", pieces / work.seconds, "orders/s", 400, note=work.each(pieces)),
        Figure("one order, median", median(waits), "ms"),
        Figure("one order, p95", percentile(waits, 0.95), "ms"),
        Figure("pieces promised beyond the stock", oversold, "pieces", "= 0 pieces", oversold == 0),
        Figure("bare conditional update, 16 connections, pgbench", bare, "per s"),
        Figure("the server's promise, 16 connections, pgbench", promised, "per s"),
        at_least("the promise beside the bare update", ratio, "%", 80, note=f"median of {len(turns)} turns"),
    ]


@dataclass(slots=True)
class Buyers:
    """What sixteen buyers with one API key saw."""

    key: str
    accepted: int = 0
    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def _buy_all(shop: ServedShop, buyers: Buyers) -> None:
    """Every buyer orders one piece after the other until there are none."""
    address = urlsplit(shop.server.url)
    assert address.hostname is not None
    headers = {"Authorization": f"Bearer {buyers.key}", "Content-Type": "application/json"}
    lock, ids = threading.Lock(), TimeOrderedIds()

    def buy() -> None:
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        status = http.client.CREATED
        while status == http.client.CREATED:
            reference = str(ids.new())
            body = {"store": "HS", "reference": reference, "lines": [{"sku": HOT, "quantity": "1"}]}
            began = time.perf_counter()
            connection.request("POST", "/orders", json.dumps(body), {**headers, "Idempotency-Key": reference})
            answer = connection.getresponse()
            text, status = answer.read(), answer.status
            took = (time.perf_counter() - began) * 1000
            with lock:
                if status == http.client.CREATED:
                    buyers.accepted += 1
                    buyers.milliseconds.append(took)
                elif status != http.client.CONFLICT or b"out_of_stock" not in text:
                    buyers.failures.append(f"{status}: {text[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=buy) for _ in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if buyers.failures:
        raise AssertionError(f"{len(buyers.failures)} orders failed: {buyers.failures[0]}")


def _oversold(shop: ServedShop, buyers: Buyers, pieces: int) -> int:
    """How many pieces were promised beyond what there was; nothing may be left over either."""
    balance = f"SELECT reserved / 1000 FROM stock_balance b JOIN variant v ON v.id = b.variant_id WHERE v.sku = '{HOT}' AND reserved > 0"
    reserved = shop.sql(balance)[0][0]
    assert isinstance(reserved, int)
    if buyers.accepted < pieces:
        raise AssertionError(f"{pieces} pieces were there, only {buyers.accepted} were sold")
    return max(buyers.accepted, reserved) - pieces


def _in_sql(shop: ServedShop, turns: int, seconds: int) -> list[tuple[float, float]]:
    """Transactions per second of the bare update and of the server's promise, in turns."""
    found = shop.sql(
        f"SELECT b.store_id, b.variant_id FROM stock_balance b JOIN variant v ON v.id = b.variant_id "
        f"WHERE v.sku = '{PLENTY}' AND b.on_hand > 0"
    )
    store_id, variant_id = found[0]
    assert isinstance(store_id, uuid.UUID)
    assert isinstance(variant_id, uuid.UUID)
    values = {
        ":variants": f"'{{{variant_id}}}'",
        ":quantities": "'{1000}'",
        ":store": f"CAST('{store_id}' AS uuid)",
        ":order": "gen_random_uuid()",
        ":expires_at": "CAST(NULL AS bigint)",
        ":now": "1",
    }
    promise = str(_PROMISE_HEARD.text)
    for name, value in values.items():
        promise = promise.replace(name, value)
    shop.run("CREATE TABLE bare_stock (id int PRIMARY KEY, on_hand bigint, reserved bigint)")
    shop.run("INSERT INTO bare_stock VALUES (1, 1000000000, 0)")
    update = "UPDATE bare_stock SET reserved = reserved + 1 WHERE id = 1 AND on_hand - reserved >= 1"
    return [(_pgbench(shop, update, seconds), _pgbench(shop, promise, seconds)) for _ in range(turns)]


def _pgbench(shop: ServedShop, statement: str, seconds: int) -> float:
    """Transactions per second of one statement over 16 connections."""
    script = shop.folder / "script.sql"
    script.write_text(" ".join(statement.split()) + ";\n")
    program = programs_for(shop.server.home / "postgres") / "pgbench"
    clients = ["-n", "-c", str(BUYERS), "-j", "2", "-M", "prepared", "-T", str(seconds), "-f", str(script)]
    url = make_url(shop.database_url).render_as_string(hide_password=False)
    done = subprocess.run([str(program), *clients, url], capture_output=True, text=True, check=False)
    found = _TPS.search(done.stdout)
    if found is None:
        raise AssertionError(f"pgbench failed: {done.stderr}")
    return float(found[1])
