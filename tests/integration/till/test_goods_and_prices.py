"""Labels, packs, dates and prices: what a scan means, and what it costs on which day."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest

from desktop.replica.engine import Replica
from desktop.replica.queries.sold import sale_by_id
from desktop.usecases.till import Till
from shared.catalogue.embedded import DEFAULT_RULES, embed
from shared.catalogue.gtin import check_digit
from shared.clock import SettableClock, instant_of
from shared.errors import UserError
from tests.helpers.replica import PINS, TinyShop, pulled
from tests.integration.till.codes import CANDLE, OAT


def with_barcode(replica: Replica, shop: TinyShop, sku: str, code: str, quantity: int = 1_000) -> None:
    with replica.write() as work:
        row = {"id": uuid.uuid4(), "code": code, "variant_id": shop.variants[sku], "quantity": quantity}
        pulled(work.connection, "barcode", row)


def with_price(replica: Replica, shop: TinyShop, sku: str, micro: int, **more: object) -> None:
    with replica.write() as work:
        row: dict[str, object] = {
            "id": uuid.uuid4(),
            "price_list_id": shop.price_list_id,
            "variant_id": shop.variants[sku],
            "unit_price_micro": micro,
            "valid_from": dt.date(2026, 1, 1),
            "created_at": 1,
        }
        pulled(work.connection, "price", {**row, **more})


def code_for(prefix: str, item: str, value: int) -> str:
    return embed(next(rule for rule in DEFAULT_RULES if rule.prefix == prefix), item, value)


def test_given_a_box_of_six_when_scanned_then_six_are_sold(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    with_barcode(replica, tiny_shop, "OAT-BAR-1L", "15012345678907", 6_000)
    line = selling.scan("15012345678907")
    assert (line.quantity, str(line.total)) == ("6", "13.14")
    assert selling.scan(OAT).quantity == "7"


def test_given_a_packet_sold_by_weight_with_its_price_when_scanned_then_the_price_is_paid_and_the_weight_booked(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    item = "2500007"
    body = item + "00000"
    with_barcode(replica, tiny_shop, "PEA-CONF", body + check_digit(body))
    for price in (347, 1, 99_999):
        line = selling.scan(code_for("25", "00007", price))
        assert line.total.amount == price
        assert "price on the packet" in [note.text for note in line.notes]
    assert [line.quantity for line in selling.state().lines] == ["1.335", "0.004", "384.612"]


def test_given_a_label_past_its_date_when_scanned_then_refused_and_kept_in_sight(selling: Till) -> None:
    label = f"(01)0{OAT}(17)261117"
    with pytest.raises(UserError) as raised:
        selling.scan(label)
    assert raised.value.code == "item_expired"
    assert selling.state().blocks_payment
    assert selling.scan(f"(01)0{OAT}(17)261118").sku == "OAT-BAR-1L"


def test_given_a_quantity_break_when_reached_by_scans_then_every_piece_has_its_price(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    with_price(replica, tiny_shop, "OAT-BAR-1L", 1_950_000, min_quantity=2_000)
    assert [str(selling.scan(OAT).total) for _ in range(3)] == ["2.19", "3.90", "5.85"]
    assert str(selling.set_quantity("1").total) == "2.19"
    selling.set_price(selling.unit_price("1.00"))
    assert str(selling.set_quantity("5").total) == "5.00", "a price by hand stays"


def test_given_a_price_from_tomorrow_when_it_is_midnight_here_then_new_scans_have_it_and_the_open_line_keeps_its_own(
    selling: Till, replica: Replica, tiny_shop: TinyShop, clock: SettableClock
) -> None:
    with_price(replica, tiny_shop, "CND-CEDAR", 9_000_000, valid_from=dt.date(2026, 7, 2))
    clock.set(instant_of(dt.datetime(2026, 7, 1, 22, 59, tzinfo=dt.UTC)))
    assert str(selling.add(sku="CND-CEDAR").total) == "14.50"
    clock.advance(120)
    assert str(selling.add(sku="CND-CEDAR").total) == "9.00"
    assert str(selling.state().lines[0].total) == "14.50"


def test_given_goods_without_a_price_when_scanned_then_said_and_sold_at_a_price_by_hand(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    with replica.write() as work:
        work.connection.exec_driver_sql(
            "UPDATE price SET state = 'withdrawn' WHERE variant_id = ?", (tiny_shop.variants["MUG-BLUE"].bytes,)
        )
    with pytest.raises(UserError) as raised:
        selling.add(sku="MUG-BLUE")
    assert raised.value.code == "price_missing"
    assert str(selling.add(sku="MUG-BLUE", price=selling.unit_price("7.00")).total) == "7.00"


def test_given_a_step_of_five_when_paid_in_cash_then_only_cash_is_rounded(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    with replica.write() as work:
        work.connection.exec_driver_sql("UPDATE store SET cash_step = 5")
        work.connection.exec_driver_sql("UPDATE cursor SET position = position + 1 WHERE scope = 'catalogue'")
    selling.scan(OAT)
    receipt = selling.exact_cash()
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert (sale.total, sale.rounding_total, sale.tenders[0].amount) == (219, 1, 220)
    selling.scan(OAT)
    selling.tender("card")
    assert selling.complete().text.count("Cash rounding") == 0
    back = selling.return_items(receipt.number)
    assert str(back.total) == "-2.19"
    assert "Cash rounding" in back.text
    report = selling.shift_report()
    assert str(report.expected) == "100.00"


def test_given_a_sale_of_another_store_when_it_is_here_then_its_goods_may_come_back(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    selling.scan(CANDLE)
    number = selling.exact_cash().number
    with replica.write() as work:
        work.connection.exec_driver_sql(
            "UPDATE sale SET store_id = ?, receipt_number = 'ML-1-000007'", (tiny_shop.other_store_id.bytes,)
        )
    assert number == "HS-2-000001"
    assert selling.find_receipt("ml-1-000007").store_name == "Mill Lane"
    assert str(selling.return_items("ML-1-000007").total) == "-14.50"


def test_given_somebody_of_another_store_or_gone_when_logging_in_then_refused(
    till: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    with replica.write() as work:
        work.connection.exec_driver_sql(
            "UPDATE app_user SET store_id = ? WHERE username = 'mara'", (tiny_shop.other_store_id.bytes,)
        )
        work.connection.exec_driver_sql("UPDATE app_user SET is_active = 0 WHERE username = 'theo'")
    for name in ("mara", "theo"):
        with pytest.raises(UserError) as raised:
            till.login(name, PINS[name])
        assert raised.value.code == "pin_wrong"
    till.login("ADA", PINS["ada"])


def test_given_a_till_of_no_shop_when_looked_at_then_it_says_so(till: Till, replica: Replica) -> None:
    with replica.write() as work:
        work.connection.exec_driver_sql("DELETE FROM identity")
    assert till.state().phase.value == "not_enrolled"
    with pytest.raises(UserError) as raised:
        till.login("mara", PINS["mara"])
    assert raised.value.code == "not_enrolled"


def test_given_an_office_desk_when_selling_is_tried_then_refused_and_its_state_is_shown(
    till: Till, replica: Replica
) -> None:
    with replica.write() as work:
        work.connection.exec_driver_sql("UPDATE identity SET kind = 'office', number = 0")
    till.login("ada", PINS["ada"])
    with pytest.raises(UserError) as raised:
        till.open_shift(till.money("1.00"))
    assert raised.value.code == "not_a_till"
    assert till.state().sale_number == ""


def test_given_nobody_logged_in_when_looking_at_people_or_receipts_then_refused(till: Till) -> None:
    for look in (lambda: till.find_customers("anna"), till.parked, lambda: till.find_receipt("HS-2-000001")):
        with pytest.raises(UserError) as raised:
            look()
        assert raised.value.code == "not_logged_in"


def test_given_a_basket_that_only_grows_when_it_is_full_then_said_in_time_and_it_can_be_sealed(selling: Till) -> None:
    station = selling.station
    selling.add(sku="CND-CEDAR", price=selling.unit_price("11.11"))
    first = station.sale.basket.lines[0]
    many = tuple(replace(first, id=station.ids.new(), number=number) for number in range(2, 1_020))
    with station.step() as step:
        step.sale = replace(step.sale, basket=replace(step.sale.basket, lines=(first, *many)))

    def go_on() -> None:
        for _ in range(100):
            selling.add(sku="CND-CEDAR", price=selling.unit_price("11.11"))

    with pytest.raises(UserError) as raised:
        go_on()
    assert raised.value.code == "basket_full"
    assert len(selling.state().lines) > 1_000
    selling.remove_line()
    assert selling.exact_cash().number == "HS-2-000001"
