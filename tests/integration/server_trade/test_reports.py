"""The books over HTTP hold what was pushed and ordered, to the penny and to the piece."""

from __future__ import annotations

from decimal import Decimal

import httpx

from sync_server.db.sessions import Database
from tests.helpers.protocol_device import ProtocolDevice, sale_payload, wire_row
from tests.integration.server_trade.shop_questions import HS, variant


def test_given_sales_returns_orders_and_movements_then_the_books_hold_them(
    till: ProtocolDevice, web: httpx.Client, shop: Database
) -> None:
    key = variant("BOO-WALKS")
    sale = sale_payload(HS, till.id, [key, key], total=2398, tax_total=0, receipt_number="HS1-1-000001")
    back = sale_payload(HS, till.id, [], total=-1199, kind="return", receipt_number="HS1-1-000002")
    line = {
        "sale_id": back[0][0],
        "number": 1,
        "variant_id": key,
        "kind": "goods",
        "quantity": -1000,
        "disposition": "restock",
    }
    back[1]["sale_line"] = [wire_row("sale", line, "sale_line")]
    write_off = wire_row(
        "stock_movement", {"store_id": HS, "variant_id": key, "quantity": -1000, "reason": "write_off"}
    )
    till.push([till.record("sale", sale), till.record("sale", back), till.record("stock_movement", [write_off, {}])])
    body = {"store": "HS", "lines": [{"sku": "BOO-WALKS", "quantity": "2"}]}
    order = web.post("/orders", json=body, headers={"Idempotency-Key": "books-1"}).json()
    web.post("/orders", json=body, headers={"Idempotency-Key": "books-2"})
    web.post(f"/orders/{order['id']}/fulfil")

    books = web.get("/reports/books").json()
    assert books["currency"] == "GBP"
    assert books["sales"] == {"count": 1, "total": "23.98", "tax": "0.00"}
    assert books["returns"] == {"count": 1, "total": "-11.99", "tax": "0.00"}
    assert books["orders"] == {"count": 2, "open": 1, "fulfilled": 1, "cancelled": 0, "fulfilled_total": "23.98"}
    assert [(store["store"], store["sales"]["total"]) for store in books["stores"]] == [("HS", "23.98"), ("ML", "0.00")]

    pieces = {product["sku"]: product for product in web.get("/reports/pieces").json()["products"]}
    moved = pieces["BOO-WALKS"]["moved"]
    assert moved == {"till": "-2", "returned": "1", "web": "-2", "received": "17", "moved": "-1"}
    assert Decimal(pieces["BOO-WALKS"]["on_hand"]) == sum(Decimal(value) for value in moved.values())

    first = web.get("/reports/receipts", params={"limit": 1}).json()["receipts"]
    rest = web.get("/reports/receipts", params={"limit": 10, "after": first[0]["id"]}).json()["receipts"]
    assert [(r["number"], r["total"], r["kind"]) for r in first + rest] == [
        ("HS1-1-000001", "23.98", "sale"),
        ("HS1-1-000002", "-11.99", "return"),
    ]
    assert web.get("/reports/receipts", params={"after": rest[-1]["id"]}).json() == {"receipts": []}
    assert web.get("/reports/receipts", params={"after": "x"}).json()["error"] == "id_invalid"


def test_given_devices_when_digests_are_asked_then_each_is_named(
    till: ProtocolDevice, office: ProtocolDevice, web: httpx.Client
) -> None:
    devices = {entry["device"]: entry for entry in web.get("/verify/digests").json()["devices"]}
    assert {str(till.id), str(office.id)} <= devices.keys()
    assert devices[str(till.id)]["rows"] > 500
