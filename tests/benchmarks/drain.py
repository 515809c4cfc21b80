"""A backlog of offline sales reaches a durable server: 1,000 and 10,000 sales of three lines over HTTP.

The till (this process) and the server (with its PostgreSQL) share the machine's cores. Beside it PostgreSQL copying
the very same rows into tables with the same indexes and no triggers, in as many durable commits.
"""

from __future__ import annotations

import time

import psycopg

from desktop.replica import outbox
from desktop.sync.connect import server_of
from desktop.sync.cycle import SyncCycle
from desktop.sync.push_lane import PUSH_MAX_MUTATIONS
from desktop.usecases.start import Device
from tests.benchmarks.backlog import seal_sales
from tests.benchmarks.big_shop import barcode_of
from tests.benchmarks.figure import Figure, at_least, seconds_of
from tests.benchmarks.selling import ITEMS_PER_SALE, till_at_work
from tests.benchmarks.serving import ServedShop, served_shop

PRODUCTS = 1_000
OWNED_TABLES = ("sale_line", "sale_tax", "sale_tender")
PROJECTION_TIMEOUT_SECONDS = 120.0


def measure(*, is_quick: bool) -> list[Figure]:
    """1,000 and 10,000 sales (quick: 1,000), each from a till of its own."""
    figures, sold = [], 0
    with served_shop(PRODUCTS) as shop:
        for sales in (1_000,) if is_quick else (1_000, 10_000):
            with shop.enrolled_till(f"till-{sales}") as device:
                figures += _sell_and_drain(shop, device, sales)
            sold += sales
            _check_on_the_server(shop, sold)
        figures.append(_bare_copy(shop, sold))
    return figures


def _sell_and_drain(shop: ServedShop, device: Device, sales: int) -> list[Figure]:
    till = till_at_work(device.replica, None)
    codes = [barcode_of(number) for number in range(PRODUCTS)]
    sealing_seconds = seconds_of(lambda: seal_sales(till, codes, sales))
    cycle = SyncCycle(device.replica, server_of(device))
    push = shop.work_of(cycle._push.run)
    with device.replica.read() as connection:
        left = outbox.pending_count(connection) + outbox.refused_count(connection)
    if left:
        raise AssertionError(f"{left} mutations were not accepted")
    stock_seconds = seconds_of(lambda: _wait_for_stock(shop))
    pull_seconds = seconds_of(cycle.run)
    return [
        Figure(f"{sales:,} sales sealed on the till, 250 to a commit", sales / sealing_seconds, "sales/s"),
        at_least(f"{sales:,} sales sent to a durable server", sales / push.seconds, "sales/s", 2_000, push.each(sales)),
        Figure(f"{sales:,} sales: stock levels are right after the last answer", stock_seconds, "s"),
        Figure(f"{sales:,} sales: the till is in step again after that", pull_seconds, "s"),
    ]


def _wait_for_stock(shop: ServedShop) -> None:
    """Until the projector has caught up with every sale that was taken."""
    until = time.monotonic() + PROJECTION_TIMEOUT_SECONDS
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        while connection.execute("SELECT EXISTS (SELECT 1 FROM stock_dirty)").fetchone() != (False,):
            if time.monotonic() > until:
                raise AssertionError("The stock levels do not catch up.")
            time.sleep(0.005)


def _check_on_the_server(shop: ServedShop, sales: int) -> None:
    found = shop.sql(
        "SELECT count(*), count(DISTINCT receipt_number), "
        "(SELECT count(*) FROM stock_movement WHERE reason = 'sale') FROM sale"
    )[0]
    if found != (sales, sales, sales * ITEMS_PER_SALE):
        raise AssertionError(f"{sales} sales were sent; the server has (sales, numbers, movements) {found}")


def _bare_copy(shop: ServedShop, sales: int) -> Figure:
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM sale ORDER BY id")]
        for table in ("sale", *OWNED_TABLES):
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING INDEXES)")

        def copy() -> None:
            for first in range(0, sales, PUSH_MAX_MUTATIONS):
                part = (ids[first : first + PUSH_MAX_MUTATIONS],)
                with connection.transaction():
                    connection.execute("INSERT INTO bare_sale SELECT * FROM sale WHERE id = ANY(%s)", part)
                    for table in OWNED_TABLES:
                        connection.execute(
                            f"INSERT INTO bare_{table} SELECT * FROM {table} WHERE sale_id = ANY(%s)", part
                        )

        return Figure("the same rows copied by PostgreSQL alone", sales / seconds_of(copy), "sales/s")
