"""Edits and sales on their way stay on top of what comes down until the server's outcome is known."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from desktop.replica.engine import Replica
from desktop.replica.schema import BaseCopy, ExpectedStock
from desktop.replica.unit_of_work import ChildEdit
from desktop.sync.apply import Applier
from desktop.sync.engine import SyncEngine
from shared.clock import SettableClock
from shared.ids import derived_id
from shared.schema.catalogue import Barcode, Product, Variant
from shared.schema.registry import level_id
from shared.schema.sales import Shift
from shared.sync.wire import PullRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import NOON
from tests.helpers.sync_pair import (
    CUP,
    DEVICE,
    STORE,
    agrees,
    cash,
    cursors_of,
    name_of,
    product,
    shown_stock,
    today,
    variant,
)


@pytest.mark.scenario("Replicache", "rebase: a pending mutation is laid again over what came down")
def test_given_an_edit_on_its_way_when_the_row_changes_on_the_server_then_it_stays_on_top_until_settled(
    device: Replica, server: FakeServer, clock: SettableClock, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "Mine"}, edited_by="me")
    server.put("product", product(CUP, "Theirs", brand="Acme"), variant(CUP, "CUP-2"))
    applier = Applier(device)
    pulled = server.pull(PullRequest(1, 1, DEVICE.bytes, cursors_of(device)))
    assert applier.apply(pulled).is_consistent
    with device.read() as connection:
        row = connection.execute(select(Product.name, Product.brand).where(Product.id == CUP)).one()
        skus = connection.execute(select(Variant.sku).where(Variant.product_id == CUP)).scalars().all()
    assert tuple(row) == ("Mine", "Acme")
    assert skus == ["CUP-2"]
    assert agrees(device, server)
    server.refuse = lambda _: "theirs_stands"
    engine.cycle()
    assert name_of(device, CUP) == "Theirs"
    assert agrees(device, server)


def test_given_several_edits_of_one_row_when_the_first_is_settled_then_the_later_ones_stay_on_top(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        unit.edit("product", CUP, {"name": "First"}, edited_by="me")

    def edit_once_more() -> None:
        server.before_pull = lambda: None
        with device.write() as unit:
            unit.edit("product", CUP, {"brand": "Later"}, edited_by="me")

    server.before_pull = edit_once_more
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(Product.name, Product.brand).where(Product.id == CUP)).one() == (
            "First",
            "Later",
        )
        assert connection.execute(select(func.count()).select_from(BaseCopy)).scalar_one() == 1
    engine.cycle()
    assert server.row("product", CUP)["brand"] == "Later"
    assert agrees(device, server)


def test_given_a_document_made_here_when_the_server_refuses_it_then_it_goes_once_that_is_settled(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.refuse = lambda _: "code_taken"
    made = device.ids.new()
    with device.write() as unit:
        unit.create("barcode", {"id": made, "code": "123", "variant_id": derived_id("variant", "CUP")})
    engine.cycle()
    with device.read() as connection:
        assert connection.execute(select(Barcode.id)).all() == []
    assert engine.status().refused == 1


def test_given_a_shift_opened_and_closed_offline_when_synced_then_it_is_closed_on_both_sides(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    shift = device.ids.new()
    row = {"store_id": STORE, "device_id": DEVICE, "number": 1, "business_date": today(), "currency": "GBP"}
    with device.write() as unit:
        unit.record("shift", {"id": shift, **row, "opened_at": NOON, "opened_by": DEVICE, "opening_float": 10_000})
        unit.close("shift", shift, {"closed_at": NOON + 1, "counted_cash": 10_000})
    engine.cycle()
    assert server.row("shift", shift)["counted_cash"] == 10_000
    with device.read() as connection:
        assert connection.execute(select(Shift.counted_cash)).scalar_one() == 10_000
    assert agrees(device, server)


def test_given_sold_stock_when_levels_come_down_then_own_sales_count_exactly_once(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    cup = derived_id("variant", "CUP")
    level = {"id": level_id(STORE, cup), "store_id": STORE, "variant_id": cup}
    server.put("stock_level", {**level, "on_hand": 10_000})
    server.projected = 0
    engine.cycle()
    with device.write() as unit:
        number = unit.record("cash_movement", cash(device.ids))
        unit.expect_stock(number, [(STORE, cup, -1_000), (STORE, cup, -1_000)])
    assert shown_stock(device, cup) == 8_000
    engine.cycle()
    assert shown_stock(device, cup) == 8_000
    server.put("stock_level", {**level, "on_hand": 8_000})
    server.projected = None
    engine.cycle()
    assert shown_stock(device, cup) == 8_000
    with device.read() as connection:
        assert connection.execute(select(ExpectedStock.number)).all() == []


def test_given_a_long_catch_up_when_a_level_comes_in_an_early_page_then_it_is_never_counted_twice(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    cup = derived_id("variant", "CUP")
    with device.write() as unit:
        number = unit.record("cash_movement", cash(device.ids))
        unit.expect_stock(number, [(STORE, cup, -1_000)])
    engine.cycle()
    with device.write() as unit:
        unit.expect_stock(number, [(STORE, cup, -1_000)])
    server.put("stock_level", {"id": level_id(STORE, cup), "store_id": STORE, "variant_id": cup, "on_hand": 9_000})
    for other in range(5):
        server.put("product", product(derived_id("q", str(other)), f"Q {other}"))
    server.page_rows = 1
    shown = []
    server.before_pull = lambda: shown.append(shown_stock(device, cup))
    engine.cycle()
    assert set(shown[2:]) == {9_000}
    assert len(shown) > 4


def test_given_a_child_added_elsewhere_when_mine_is_edited_then_both_are_kept_on_top(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    with device.write() as unit:
        new = ChildEdit("variant", derived_id("mine"), row={"sku": "MINE"})
        unit.edit("product", CUP, {}, edited_by="me", children=[new])
    both = {"variant": [*variant(CUP, "CUP")["variant"], {"id": derived_id("t"), "product_id": CUP, "sku": "THEIRS"}]}
    server.put("product", product(CUP, "Cup"), both)
    engine.cycle()
    with device.read() as connection:
        skus = connection.execute(select(Variant.sku).where(Variant.product_id == CUP)).scalars().all()
    assert sorted(skus) == ["CUP", "MINE", "THEIRS"]
    assert agrees(device, server)
