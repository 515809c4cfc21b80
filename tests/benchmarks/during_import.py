"""Tills push and an office edits while somebody imports 100,000 products into the same server."""

from __future__ import annotations

import threading
import time

from sqlalchemy import select

from desktop.replica.identity import identity_of
from desktop.sync.connect import server_of
from desktop.sync.push_lane import PushLane
from desktop.usecases.start import Device
from shared.schema.catalogue import Product
from tests.benchmarks.big_shop import write_catalogue
from tests.benchmarks.figure import Figure, at_most, median, percentile, seconds_of
from tests.benchmarks.serving import served_shop

PRODUCTS = 100_000
PAUSE_SECONDS = 0.02


def measure(*, is_quick: bool) -> list[Figure]:
    """100,000 products (quick: 10,000)."""
    products = PRODUCTS // 10 if is_quick else PRODUCTS
    with served_shop() as shop, shop.enrolled_till("till") as till, shop.enrolled_till("desk") as desk:
        catalogue = shop.folder / "import.csv"
        write_catalogue(catalogue, products)
        quiet = _pushes(till, lambda count: count < 100, _cash)
        took: list[float] = []
        importing = threading.Thread(
            target=lambda: took.append(seconds_of(lambda: shop.server.command("import-catalogue", str(catalogue))))
        )
        editing: list[float] = []
        editor = threading.Thread(target=lambda: editing.extend(_pushes(desk, lambda _: importing.is_alive(), _edit)))
        importing.start()
        editor.start()
        pushes = _pushes(till, lambda _: importing.is_alive(), _cash)
        importing.join()
        editor.join()
    return [
        Figure("push of one fact, nothing else going on, p99", percentile(quiet, 0.99), "ms"),
        Figure(f"import of {products:,} products meanwhile", took[0], "s"),
        at_most("push of one fact during the import, p99", percentile(pushes, 0.99), "ms", 100, _spread(pushes)),
        at_most("an office edit during the import, p99", percentile(editing, 0.99), "ms", 150, _spread(editing)),
    ]


def _spread(waits: list[float]) -> str:
    return f"{len(waits)} of them, median {median(waits):.1f}, worst {max(waits):.0f} ms"


def _pushes(device: Device, goes_on: object, make: object) -> list[float]:
    """Make one thing after the other and send it; milliseconds of each push, commit on the server included."""
    assert callable(goes_on)
    assert callable(make)
    waits: list[float] = []
    lane = PushLane(device.replica, server_of(device))
    while goes_on(len(waits)):
        make(device, len(waits))
        waits.append(1000 * seconds_of(lane.run))
        time.sleep(PAUSE_SECONDS)
    return waits


def _cash(device: Device, number: int) -> None:
    with device.replica.write() as unit:
        me = identity_of(unit.connection)
        row = {"id": unit.ids.new(), "store_id": me.store_id, "device_id": me.device_id, "shift_id": me.device_id}
        row |= {"user_id": me.device_id, "kind": "paid_in", "amount": number + 1, "reason": "bench"}
        unit.record("cash_movement", {**row, "at": unit.clock.now()})


def _edit(device: Device, number: int) -> None:
    with device.replica.write() as unit:
        product = unit.connection.execute(select(Product.id).order_by(Product.id).limit(1)).scalar_one()
        unit.edit("product", product, {"description": f"Edition {number}"}, edited_by="Bench")
