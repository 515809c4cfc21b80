"""A till that was away for a month comes back: ``python -m tests.simulation.long_absence``.

Real processes: a server on its own PostgreSQL, this process as the till and the office. The till joins as a program of
wire schema 1, goes offline, and sells day after day under a clock of its own. Meanwhile the office edits the catalogue.
Then the till's program is the new one: it comes back while a clerk goes on selling, and in the end every row, every
receipt and every piece of stock agrees. Exits with 1 if anything does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy import func, select

from desktop.paths import Home
from desktop.replica import outbox
from desktop.replica.identity import change_identity
from desktop.settings import settings_from
from desktop.sync.connect import engine_of, server_of
from desktop.sync.device_key import public_key_text
from desktop.sync.pull_lane import PullLane
from desktop.sync.transport import HttpEnrolmentDesk
from desktop.usecases.enrol import enrol
from desktop.usecases.start import Device, opened_device
from desktop.usecases.synchronise import synchronise
from desktop.usecases.till import Till
from desktop.usecases.verify import verify
from shared.clock import MICROSECONDS_PER_SECOND, SettableClock, SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.catalogue import Product
from shared.schema.sales import Sale
from tests.benchmarks.backlog import seal_sales
from tests.benchmarks.big_shop import barcode_of
from tests.benchmarks.figure import percentile
from tests.benchmarks.selling import SaleTimes, ring_up, till_at_work
from tests.benchmarks.serving import ServedShop, served_shop

DAY_US = 24 * 3600 * MICROSECONDS_PER_SECOND
PRODUCTS = 2_000
EDITS_PER_SYNC = 500
PROJECTION_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Absence:
    """How long the till was away and what happened meanwhile."""

    days: int = 30
    sales: int = 20_000
    edits: int = 5_000


@dataclass(frozen=True, slots=True)
class Return:
    """What the return showed; times in seconds, the clerk's in milliseconds.

    Attributes:
        sold_meanwhile: sales the clerk made while the till caught up.
        problems: everything that does not agree; empty if all is well.
    """

    selling_seconds: float
    catch_up_seconds: float
    sent: int
    received: int
    sold_meanwhile: int
    times: SaleTimes
    problems: list[str]


def come_back(absence: Absence) -> Return:
    """Play it all."""
    with served_shop(PRODUCTS) as shop:
        shop.run("UPDATE price SET valid_from = DATE '2020-01-01'")  # The till's month lies before the import.
        home = Home(shop.folder / "away")
        clock = SettableClock(SystemClock().now() - absence.days * DAY_US)
        _join(shop, home)
        with _opened(home, clock) as device:
            _fill_as_schema_1(device)
            began = time.perf_counter()
            _sell_for_days(device, clock, absence)
            selling_seconds = time.perf_counter() - began
        with shop.enrolled_till("desk") as desk:
            _edit_catalogue(desk, absence.edits)
        clock.set(SystemClock().now())
        with _opened(home, clock) as device:
            return _return(shop, device, absence, selling_seconds)


def _join(shop: ServedShop, home: Home) -> None:
    desk = HttpEnrolmentDesk(shop.server.url)
    clock = SystemClock()
    code = shop.enrol_code()
    enrol(home, settings_from(), desk, code, public_key_text=public_key_text, clock=clock, ids=TimeOrderedIds(clock))
    desk.close()


@contextmanager
def _opened(home: Home, clock: SettableClock) -> Iterator[Device]:
    with opened_device(home, settings_from(), clock=clock, ids=TimeOrderedIds(clock)) as device:
        yield device


def _fill_as_schema_1(device: Device) -> None:
    """The first load, as a program of the wire schema before this one does it."""
    with device.replica.write() as unit:
        change_identity(unit.connection, schema_filled=1)
    server = server_of(device)
    list(PullLane(device.replica, server, schema=1).run())
    server.close()


def _sell_for_days(device: Device, clock: SettableClock, absence: Absence) -> None:
    codes = [barcode_of(number) for number in range(PRODUCTS)]
    start, per_day = clock.now(), -(-absence.sales // absence.days)
    for day in range(absence.days):
        clock.set(start + day * DAY_US)
        till = till_at_work(device.replica, None)
        seal_sales(till, codes, min(per_day, absence.sales - day * per_day), seed=day)
        _close(till)


def _close(till: Till) -> None:
    till.count_shift(till.money("100.00"))
    till.close_shift()


def _edit_catalogue(desk: Device, edits: int) -> None:
    engine, dice = engine_of(desk), random.Random(7)
    try:
        for first in range(0, edits, EDITS_PER_SYNC):
            with desk.replica.write() as unit:
                products = list(unit.connection.execute(select(Product.id)).scalars())
                for number in range(first, min(first + EDITS_PER_SYNC, edits)):
                    changes = {"description": f"Edition {number}", "brand": f"Brand {number % 97}"}
                    unit.edit("product", dice.choice(products), changes, edited_by="Jonas, Office")
            synchronise(desk.replica, engine)
    finally:
        engine.stop()


def _return(shop: ServedShop, device: Device, absence: Absence, selling_seconds: float) -> Return:
    engine, server = engine_of(device), server_of(device)
    done: list[tuple[int, int, float]] = []

    def catch_up() -> None:
        began = time.perf_counter()
        outcome = synchronise(device.replica, engine)
        done.append((outcome.sent, outcome.received, time.perf_counter() - began))

    till = till_at_work(device.replica, None)
    codes = [barcode_of(number) for number in range(PRODUCTS)]
    thread, times = threading.Thread(target=catch_up, name="catch-up"), SaleTimes()
    thread.start()
    while thread.is_alive():
        part = ring_up(till, codes, 1, pause_seconds=0.05, seed=len(times.payments))
        times.scans += part.scans
        times.payments += part.payments
    thread.join()
    if not done:
        return Return(selling_seconds, 0.0, 0, 0, 0, times, ["the catch-up broke off"])
    sent, received, seconds = done[0]
    synchronise(device.replica, engine)
    problems = _problems(shop, device, absence.sales + len(times.payments))
    compared = verify(device.replica, engine, server)
    problems += [f"{each.scope} differs" for each in compared.scopes if not each.agrees]
    engine.stop()
    server.close()
    return Return(selling_seconds, seconds, sent, received, len(times.payments), times, problems)


def _problems(shop: ServedShop, device: Device, sales: int) -> list[str]:
    problems = []
    with psycopg.connect(shop.database_url, autocommit=True) as connection:
        until = time.monotonic() + PROJECTION_SECONDS
        while connection.execute("SELECT EXISTS (SELECT FROM stock_dirty)").fetchone() != (False,):
            if time.monotonic() > until:
                problems.append("the stock levels do not catch up")
                break
            time.sleep(0.1)
        found = connection.execute(
            "SELECT count(*), count(DISTINCT receipt_number) FROM sale WHERE device_id IN "
            "(SELECT id FROM device WHERE store_id IN (SELECT id FROM store WHERE code = 'HS'))"
        ).fetchone()
    if found != (sales, sales):
        problems.append(f"{sales} sales were sealed, the server has (sales, receipt numbers) {found}")
    with device.replica.read() as connection:
        here = connection.execute(select(func.count()).select_from(Sale)).scalar_one()
        waiting, refused = outbox.pending_count(connection), outbox.refused_count(connection)
    if waiting or refused:
        problems.append(f"{waiting} mutations wait, {refused} were refused")
    if not here:
        problems.append("the till holds no sale any more")
    stock = shop.server.command("verify")
    if " 0 differ" not in stock:
        problems.append(stock)
    return problems


def main() -> int:
    """Play it and print what it showed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=Absence().days)
    parser.add_argument("--sales", type=int, default=Absence().sales)
    parser.add_argument("--edits", type=int, default=Absence().edits)
    options = parser.parse_args()
    absence = Absence(options.days, options.sales, options.edits)
    found = come_back(absence)
    print(
        f"{absence.days} days offline, {absence.sales:,} sales sealed in {found.selling_seconds:.1f} s, "
        f"{absence.edits:,} edits elsewhere, wire schema 1 to the newest"
    )
    print(
        f"caught up in {found.catch_up_seconds:.1f} s: {found.sent:,} mutations sent, {found.received:,} rows received; "
        f"{found.sold_meanwhile} sales rung up meanwhile"
    )
    if found.times.payments:
        print(
            f"exact cash meanwhile: p95 {percentile(found.times.payments, 0.95):.1f} ms, "
            f"worst {max(found.times.payments):.1f} ms; scan p95 {percentile(found.times.scans, 0.95):.1f} ms"
        )
    print("everything agrees" if not found.problems else "\n".join(["DOES NOT AGREE", *found.problems]))
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
