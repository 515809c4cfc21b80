"""Stock follows facts, once each; what is odd is told once; levels carry what they include."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
from sqlalchemy import text

from shared.stock import movements_of_sale
from sync_server.db.sessions import Database
from sync_server.inventory import reconciliation_service as reconciliation
from sync_server.inventory import service as inventory
from tests.helpers.protocol_device import ProtocolDevice, ids, sale_payload, wire_row
from tests.integration.server_trade.shop_questions import HS, balance, inbox, one, variant


@dataclass(frozen=True)
class Line:
    """What the twin in shared.stock needs of a line."""

    id: uuid.UUID
    variant_id: uuid.UUID | None
    kind: str
    quantity: int
    disposition: str
    removed_at: int | None


def sale_of(till: ProtocolDevice, lines: list[Line], store: uuid.UUID = HS) -> list[object]:
    payload = sale_payload(store, till.id, [])
    sale = payload[0][0]
    rows = [
        wire_row(
            "sale",
            {
                "id": line.id,
                "sale_id": sale,
                "number": number,
                "variant_id": line.variant_id,
                "kind": line.kind,
                "quantity": line.quantity,
                "disposition": line.disposition,
                "removed_at": line.removed_at,
            },
            "sale_line",
        )
        for number, line in enumerate(lines, 1)
    ]
    payload[1]["sale_line"] = rows
    return payload


def test_given_any_lines_when_a_sale_arrives_then_sql_moves_what_the_trade_says(
    till: ProtocolDevice, shop: Database
) -> None:
    dice = random.Random(11)
    variants = [uuid.uuid4() for _ in range(4)]
    lines = [
        Line(
            ids.new(),
            dice.choice([*variants, None]),
            dice.choice(["goods", "goods", "service"]),
            dice.choice([-2500, -1000, 0, 1000, 486]),
            dice.choice(["restock", "damaged", "none"]),
            dice.choice([None, None, 5]),
        )
        for _ in range(120)
    ]
    till.push([till.record("sale", sale_of(till, lines[at : at + 6])) for at in range(0, 120, 6)])
    expected = {movement.source_line_id: movement for movement in movements_of_sale(lines)}
    with shop.reading() as connection:
        query = text("SELECT id, variant_id, quantity, reason FROM stock_movement WHERE id = ANY(:ids)")
        rows = connection.execute(query, {"ids": [line.id for line in lines]}).all()
    found = {row.id: (row.variant_id, row.quantity, row.reason) for row in rows}
    assert found == {key: (m.variant_id, m.quantity, m.reason.value) for key, m in expected.items()}
    for wanted in variants:
        damaged = one(shop, "SELECT damaged FROM stock_balance WHERE variant_id = :v", v=wanted)
        assert damaged == sum(m.damaged for m in expected.values() if m.variant_id == wanted)
    assert inventory.verify_stock(shop).differences == ()


def test_given_a_sale_when_its_effect_runs_again_then_nothing_moves_twice(till: ProtocolDevice, shop: Database) -> None:
    before = balance(shop, "BRU-DISH")[0]
    payload = sale_payload(HS, till.id, [variant("BRU-DISH"), variant("BRU-DISH")])
    till.push([till.record("sale", payload)])
    sale_id = uuid.UUID(bytes=payload[0][0])
    with shop.writing() as connection:
        inventory.apply_sales(connection, [sale_id], now=1)
    assert balance(shop, "BRU-DISH")[0] == before - 2000


def test_given_more_sold_than_there_was_then_the_sale_stands_and_one_count_is_asked_for(
    till: ProtocolDevice, shop: Database
) -> None:
    key = variant("CND-SALT")
    for _ in range(3):
        answer = till.push([till.record("sale", sale_payload(HS, till.id, [key]))])
        assert answer.results[0].status == "applied"
    assert balance(shop, "CND-SALT")[0] == -3000
    entries = inbox(shop, key, "discrepancy")
    assert [(entry["state"], entry["title"], entry["store_id"]) for entry in entries] == [
        ("needs_you", "Soy candle, sea salt", HS)
    ]
    assert "Count it" in entries[0]["reason"]


def test_given_a_movement_made_by_hand_when_pushed_twice_then_it_moves_once(
    till: ProtocolDevice, shop: Database
) -> None:
    before = balance(shop, "MAT-BOX")[0]
    row = wire_row(
        "stock_movement", {"store_id": HS, "variant_id": variant("MAT-BOX"), "quantity": -2000, "reason": "write_off"}
    )
    first = till.push([till.record("stock_movement", [row, {}])])
    again = till.push([till.record("stock_movement", [row, {}])])
    assert [first.results[0].status, again.results[0].status] == ["applied", "repeated"]
    assert balance(shop, "MAT-BOX")[0] == before - 2000
    assert inventory.verify_stock(shop).differences == ()


def test_given_a_sale_then_the_level_and_the_number_it_includes_come_down_together(
    till: ProtocolDevice, shop: Database
) -> None:
    till.pull_all()
    till.push([till.record("sale", sale_payload(HS, till.id, [variant("TEA-MINT-20")])) for _ in range(3)])
    inventory.verify_stock(shop)  # waits for a projector at work, then brings up what is left
    answer = till.pull_all()[-1]
    assert (answer.last_number, answer.projected_number) == (3, 3)
    level = one(
        shop, "SELECT on_hand FROM stock_level WHERE store_id = :s AND variant_id = :v", s=HS, v=variant("TEA-MINT-20")
    )
    assert level == balance(shop, "TEA-MINT-20")[0] == 17_000


def test_given_a_product_sold_for_the_first_time_then_it_gets_a_level(till: ProtocolDevice, shop: Database) -> None:
    unknown = uuid.uuid4()
    till.push([till.record("sale", sale_payload(HS, till.id, [unknown]))])
    inventory.verify_stock(shop)  # waits for a projector at work, then brings up what is left
    assert one(shop, "SELECT on_hand FROM stock_level WHERE variant_id = :v", v=unknown) == -1000
    assert inbox(shop, unknown, "discrepancy")[0]["title"] == "A product that is not in the catalogue"


def test_given_sales_promises_and_projections_at_once_then_everything_still_adds_up(
    shop: Database, server: str, web: httpx.Client
) -> None:
    skus = ["APP-COX", "BAN-FT", "ORA-NAV", "LEM-UNW", "AVO-RIPE"]
    devices = [ProtocolDevice(server, shop, "HS") for _ in range(3)]

    def sell(device: ProtocolDevice) -> None:
        dice = random.Random(device.number)
        for _ in range(15):
            basket = [variant(sku) for sku in dice.sample(skus, 3)]
            assert (
                device.push([device.record("sale", sale_payload(HS, device.id, basket))]).results[0].status == "applied"
            )

    def order(buyer: int) -> int:
        dice = random.Random(100 + buyer)
        taken = 0
        for turn in range(10):
            lines = [{"sku": sku, "quantity": "0.25"} for sku in dice.sample(skus, 3)]
            key = f"mix-{buyer}-{turn}"
            placed = web.post("/orders", json={"store": "HS", "lines": lines}, headers={"Idempotency-Key": key})
            assert placed.status_code in (201, 409), placed.text
            if placed.status_code == 201 and dice.random() < 0.7:
                taken += (
                    web.post(f"/orders/{placed.json()['id']}/{dice.choice(['fulfil', 'cancel'])}").status_code == 200
                )
        return taken

    with ThreadPoolExecutor(7) as pool:
        jobs = [pool.submit(sell, device) for device in devices] + [pool.submit(order, buyer) for buyer in range(4)]
        for job in jobs:
            job.result()
    for device in devices:
        device.close()
    assert inventory.verify_stock(shop).differences == ()


def test_given_a_balance_that_was_tampered_with_when_verified_then_it_is_listed_until_it_was_worked_out_again(
    shop: Database, web: httpx.Client
) -> None:
    spoil = "UPDATE stock_balance SET on_hand = on_hand + :by WHERE store_id = :s AND variant_id = :v"
    with shop.writing() as connection:
        # As long as nothing of this is committed, the server's own round cannot find it.
        connection.execute(text(spoil), {"by": 5000, "s": HS, "v": variant("TOY-GULL")})
        (difference,) = reconciliation.differences_now(connection)
        found = (difference.store, difference.sku, difference.ledger_on_hand, difference.balance_on_hand)
        assert found == ("HS", "TOY-GULL", 7000, 12_000)
        reconciliation.repair(connection, [difference], now=1)
    assert web.get("/verify/stock").json()["agrees"] is True
    assert balance(shop, "TOY-GULL")[0] == 7000


def test_given_a_promise_and_a_till_that_sold_the_same_piece_offline_then_the_order_is_a_task_until_goods_arrive(
    till: ProtocolDevice, shop: Database, web: httpx.Client
) -> None:
    key, pieces = variant("BOW-STONE"), balance(shop, "BOW-STONE")[0] // 1000
    body = {"store": "HS", "lines": [{"sku": "BOW-STONE", "quantity": "2"}]}
    order = web.post("/orders", json=body, headers={"Idempotency-Key": "sold-meanwhile"}).json()
    order_id = uuid.UUID(order["id"])

    till.push([till.record("sale", sale_payload(HS, till.id, [key])) for _ in range(pieces - 1)])
    (task,) = inbox(shop, order_id, "compensation")
    assert (task["state"], task["title"]) == ("needs_you", f"Order {order['number']}: Stoneware bowl")
    assert task["reason"].startswith("1 of the 2 promised were sold at the counter.")

    row = wire_row("stock_movement", {"store_id": HS, "variant_id": key, "quantity": 1000, "reason": "receipt"})
    till.push([till.record("stock_movement", [row, {}])])
    assert inbox(shop, order_id, "compensation")[0]["state"] == "decided"
    assert web.post(f"/orders/{order_id}/fulfil").status_code == 200
    assert balance(shop, "BOW-STONE") == (0, 0)
    assert inventory.verify_stock(shop).differences == ()
