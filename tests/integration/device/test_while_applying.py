"""A clerk sells while a large catch-up is applied."""

from __future__ import annotations

import statistics
import threading
import uuid
from pathlib import Path

from desktop.replica.engine import Replica
from desktop.sync.apply import Applier
from shared.clock import SystemClock, monotonic_us
from shared.ids import TimeOrderedIds
from shared.sync.wire import PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY, NOON, fill

PRODUCTS = 6_000


def test_given_a_catch_up_of_thousands_when_a_clerk_writes_then_each_write_waits_little(tmp_path: Path) -> None:
    replica = Replica.open(tmp_path / "replica.db", KEY, clock=SystemClock(), ids=TimeOrderedIds())
    with replica.write() as unit:
        fill(unit.connection)
        unit.connection.exec_driver_sql("UPDATE cursor SET position = 0 WHERE scope = 'catalogue'")
    server = FakeServer(page_rows=PRODUCTS)
    for number in range(PRODUCTS):
        product_id = uuid.UUID(int=number + 1)
        variant = {"id": uuid.UUID(int=10**6 + number), "sku": f"SKU-{number}"}
        server.put("product", {"id": product_id, "name": f"Thing number {number}"}, {"variant": [variant]})
    answer = server.pull(PullRequest(1, 1, b"", []))
    applying = threading.Thread(target=Applier(replica).apply, args=(answer,))
    waits_us: list[int] = []
    applying.start()
    while applying.is_alive():
        started = monotonic_us()
        with replica.write() as unit:
            nobody = uuid.UUID(int=1)
            row = {"store_id": nobody, "device_id": nobody, "shift_id": nobody, "kind": "paid_in", "user_id": nobody}
            unit.record("cash_movement", {"id": unit.ids.new(), **row, "amount": 1, "reason": "x", "at": NOON})
        waits_us.append(monotonic_us() - started)
        applying.join(0.002)
    with replica.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM product").scalar_one() >= PRODUCTS
    replica.close()
    assert len(waits_us) > 20
    assert statistics.quantiles(waits_us, n=20)[-1] < 60_000
    assert max(waits_us) < 300_000
