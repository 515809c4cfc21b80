"""One device that is enrolled and one in-process server that has two products, for tests of sync."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desktop.replica.cursors import cursors
from desktop.replica.digests import replica_digests
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, write_identity
from desktop.replica.schema import ExpectedStock
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds, derived_id
from shared.schema.catalogue import Product
from shared.schema.stock import StockLevel
from shared.sync.wire import Cursor
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY, NOON

STORE = derived_id("store")
DEVICE = derived_id("device")
CUP, PEN = derived_id("cup"), derived_id("pen")


def product(product_id: uuid.UUID, name: str, **more: object) -> dict[str, object]:
    return {"id": product_id, "name": name, **more}


def variant(product_id: uuid.UUID, sku: str) -> dict[str, list[dict[str, object]]]:
    return {"variant": [{"id": derived_id("variant", sku), "product_id": product_id, "sku": sku}]}


def cash(ids: TimeOrderedIds) -> dict[str, object]:
    return {
        "id": ids.new(),
        "store_id": STORE,
        "device_id": DEVICE,
        "shift_id": DEVICE,
        "kind": "paid_in",
        "amount": 500,
        "reason": "change",
        "at": NOON,
        "user_id": DEVICE,
    }


@pytest.fixture
def server() -> FakeServer:
    """A server that has two products."""
    made = FakeServer(scopes=["catalogue", f"store:{STORE}", f"stock:{STORE}"])
    made.put("product", product(CUP, "Cup"), variant(CUP, "CUP"))
    made.put("product", product(PEN, "Pen"), variant(PEN, "PEN"))
    return made


@pytest.fixture
def device(tmp_path: Path, clock: SettableClock) -> Iterator[Replica]:
    """An enrolled device that has fetched nothing yet."""
    opened = Replica.open(tmp_path / "device.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
    with opened.write() as unit:
        write_identity(
            unit.connection,
            DeviceIdentity(
                device_id=DEVICE,
                store_id=STORE,
                kind="till",
                number=1,
                name="Till 1",
                server_url="",
                server_id="",
                incarnation=derived_id("incarnation"),
                receipt_series=1,
                enrolled_at=NOON,
            ),
        )
    yield opened
    opened.close()


@pytest.fixture
def engine(device: Replica, server: FakeServer, clock: SettableClock) -> SyncEngine:
    """Sync between the two, without threads, in step."""
    made = SyncEngine(device, server, clock)
    made.cycle()
    return made


def name_of(replica: Replica, product_id: uuid.UUID) -> str | None:
    with replica.read() as connection:
        return connection.execute(select(Product.name).where(Product.id == product_id)).scalar()


def agrees(replica: Replica, server: FakeServer) -> bool:
    with replica.read() as connection:
        here = replica_digests(connection)
    there = server.digest([each.scope for each in here]).digests
    return [(each.scope, each.rows, each.digest) for each in here] == [
        (each.scope, each.rows, each.digest) for each in there
    ]


def today() -> dt.date:
    """The day the clock fixture stands at."""
    return dt.date(2026, 11, 18)


def shown_stock(replica: Replica, variant_id: uuid.UUID) -> int:
    with replica.read() as connection:
        level = connection.execute(select(StockLevel.on_hand).where(StockLevel.variant_id == variant_id)).scalar() or 0
        own = select(func.sum(ExpectedStock.quantity)).where(ExpectedStock.variant_id == variant_id)
        return level + (connection.execute(own).scalar() or 0)


def cursors_of(replica: Replica) -> list[Cursor]:
    """A replica's cursors, as a request carries them."""
    with replica.read() as connection:
        return [Cursor(each.scope, each.position, each.mark) for each in cursors(connection).values()]
