"""A clerk sells while a large catch-up is applied."""

from __future__ import annotations

import threading
import uuid
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from desktop.replica.engine import Replica
from desktop.replica.unit_of_work import UnitOfWork
from desktop.sync import apply
from desktop.sync.apply import Applier
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from shared.sync.wire import PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY, NOON, fill

PRODUCTS = 6_000


def test_given_a_catch_up_of_thousands_when_a_clerk_writes_then_the_writes_get_in_between(tmp_path: Path) -> None:
    """How long each waits is measured by the benchmark ``durable_sale``."""
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
    writes = 0
    applying.start()
    while applying.is_alive():
        with replica.write() as unit:
            nobody = uuid.UUID(int=1)
            row = {"store_id": nobody, "device_id": nobody, "shift_id": nobody, "kind": "paid_in", "user_id": nobody}
            unit.record("cash_movement", {"id": unit.ids.new(), **row, "amount": 1, "reason": "x", "at": NOON})
        writes += 1
        applying.join(0.002)
    with replica.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM product").scalar_one() >= PRODUCTS
    replica.close()
    assert writes > 20


def test_given_a_small_answer_of_several_scopes_when_applied_then_it_is_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one till has sold is soon seen at another: it does not wait for a transaction for every scope."""
    replica = Replica.open(tmp_path / "replica.db", KEY, clock=SystemClock(), ids=TimeOrderedIds())
    with replica.write() as unit:
        fill(unit.connection)
        unit.connection.exec_driver_sql("UPDATE cursor SET position = 0")
        others = unit.connection.exec_driver_sql("SELECT scope FROM cursor WHERE scope <> 'catalogue'").scalars().all()
    server = FakeServer()
    server.put("product", {"id": uuid.UUID(int=1), "name": "Cup"}, {"variant": [{"id": uuid.UUID(int=2), "sku": "C"}]})
    answer = server.pull(PullRequest(1, 1, b"", []))
    answer.scopes = [*answer.scopes, *(scope for scope in others if scope not in answer.scopes)]
    monkeypatch.setattr(apply, "SLICE_MAX_US", 60_000_000)
    written: list[bool] = []
    real = Replica.write

    def counted(self: Replica, *, is_background: bool = False) -> AbstractContextManager[UnitOfWork]:
        written.append(is_background)
        return real(self, is_background=is_background)

    monkeypatch.setattr(Replica, "write", counted)
    assert Applier(replica).apply(answer).is_consistent
    replica.close()
    assert written == [True]
