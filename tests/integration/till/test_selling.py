"""Selling at one till over a real encrypted replica."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from desktop.replica.engine import Replica
from desktop.replica.queries.sold import sale_by_id
from desktop.ui.equipment import equipment_at
from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase
from shared.catalogue.embedded import DEFAULT_RULES, embed
from shared.clock import SettableClock
from shared.errors import UserError
from shared.ids import TimeOrderedIds
from shared.sales import first_seal, is_seal_intact
from shared.schema.registry import level_id
from tests.helpers.replica import PINS, TinyShop, pulled
from tests.integration.till.codes import CANDLE, OAT, TEA


def code_of(raised: pytest.ExceptionInfo[UserError]) -> str:
    return raised.value.code


def test_given_three_scans_when_exact_cash_then_the_sale_is_sealed_and_numbered(selling: Till) -> None:
    for code in (OAT, CANDLE, TEA):
        selling.scan(code)
    receipt = selling.exact_cash()
    assert receipt.number == "HS-2-000001"
    assert str(receipt.total) == "20.94"
    state = selling.state()
    assert state.phase is Phase.DONE
    assert state.lines == ()
    assert state.sale_number == "HS-2-000002"
    assert state.connection.pending == 2


def test_given_the_same_piece_when_scanned_again_then_the_line_has_two(selling: Till) -> None:
    selling.scan(OAT)
    selling.scan(CANDLE)
    line = selling.scan(OAT)
    assert (line.number, line.quantity, str(line.total)) == (1, "2", "4.38")
    assert selling.state().selected_line == line.id
    assert [note.text for note in line.notes] == ["2.19 each", "zero-rated"]


def test_given_a_scale_label_when_scanned_then_the_weight_is_sold_in_a_line_of_its_own(selling: Till) -> None:
    weighed = next(rule for rule in DEFAULT_RULES if rule.prefix == "21")
    selling.scan(embed(weighed, "00001", 486))
    line = selling.scan(embed(weighed, "00001", 1_200))
    assert (line.number, line.quantity, line.is_weighed, str(line.total)) == (2, "1.2", True, "3.12")
    assert str(selling.state().lines[0].total) == "1.26"


def test_given_an_unknown_barcode_when_scanned_then_it_stays_in_sight_and_blocks_payment(selling: Till) -> None:
    selling.scan(OAT)
    with pytest.raises(UserError) as raised:
        selling.scan("4006381333931")
    assert code_of(raised) == "barcode_unknown"
    state = selling.state()
    assert state.blocks_payment
    assert "4006381333931" in state.refusal
    with pytest.raises(UserError) as raised:
        selling.tender("cash", selling.money("5.00"))
    assert code_of(raised) == "refusal_open"
    selling.dismiss()
    selling.tender("cash", selling.money("5.00"))
    assert len(selling.state().lines) == 1


def test_given_a_refusal_when_the_next_scan_succeeds_then_it_is_gone(selling: Till) -> None:
    with pytest.raises(UserError):
        selling.scan("4006381333931")
    selling.scan(OAT)
    assert selling.state().refusal == ""


def test_given_a_sku_when_typed_into_the_scan_field_then_it_is_sold(selling: Till) -> None:
    assert selling.scan("GIFT-WRAP").sku == "GIFT-WRAP"


@pytest.mark.parametrize("text", ["", "0", "-1", "abc", "1.2345", "2e3"])
def test_given_a_bad_quantity_when_set_then_refused_and_nothing_changes(selling: Till, text: str) -> None:
    selling.scan(OAT)
    with pytest.raises(UserError) as raised:
        selling.set_quantity(text)
    assert code_of(raised) == "quantity_invalid"
    assert selling.state().lines[0].quantity == "1"


def test_given_a_clerk_when_changing_a_price_then_not_allowed(selling: Till) -> None:
    selling.scan(OAT)
    selling.login("mara", PINS["mara"])
    with pytest.raises(UserError) as raised:
        selling.set_price(selling.unit_price("1.00"))
    assert code_of(raised) == "not_allowed"
    with pytest.raises(UserError) as raised:
        selling.add(sku="MUG-BLUE", price=selling.unit_price("1.00"))
    assert code_of(raised) == "not_allowed"


def test_given_a_price_by_hand_when_sealed_then_the_list_price_stays_beside_it(selling: Till, replica: Replica) -> None:
    selling.scan(CANDLE)
    line = selling.set_price(selling.unit_price("9.995"))
    assert str(line.total) == "10.00"
    receipt = selling.exact_cash()
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert (sale.lines[0].unit_price_micro, sale.lines[0].list_price_micro) == (9_995_000, 14_500_000)


def test_given_discounts_on_line_and_basket_when_sealed_then_they_add_up(selling: Till) -> None:
    selling.scan(CANDLE)
    selling.discount(percent="10")
    selling.scan(TEA)
    selling.discount(amount=selling.money("1.00"), basket=True)
    totals = selling.state().totals
    assert totals is not None
    assert (str(totals.goods), str(totals.discount), str(totals.total)) == ("18.75", "2.45", "16.30")


@pytest.mark.parametrize(
    ("percent", "code"), [("0", "discount_invalid"), ("101", "discount_invalid"), ("x", "discount_invalid")]
)
def test_given_a_bad_discount_when_given_then_refused(selling: Till, percent: str, code: str) -> None:
    selling.scan(CANDLE)
    with pytest.raises(UserError) as raised:
        selling.discount(percent=percent)
    assert code_of(raised) == code


def test_given_a_discount_of_more_than_the_line_when_given_then_refused(selling: Till) -> None:
    selling.scan(OAT)
    with pytest.raises(UserError) as raised:
        selling.discount(amount=selling.money("3.00"))
    assert code_of(raised) == "discount_too_large"


def test_given_a_removed_line_when_sealed_then_it_stays_in_the_journal_and_counts_for_nothing(
    selling: Till, replica: Replica
) -> None:
    selling.scan(OAT)
    selling.scan(CANDLE)
    selling.remove_line(1)
    assert [line.is_removed for line in selling.state().lines] == [True, False]
    receipt = selling.exact_cash()
    assert str(receipt.total) == "14.50"
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert [line.removed_at is not None for line in sale.lines] == [True, False]
    assert "Oat" not in receipt.text


def test_given_nothing_in_the_basket_when_paid_then_refused(selling: Till) -> None:
    for pay in (lambda: selling.tender("cash"), selling.exact_cash, selling.complete):
        with pytest.raises(UserError) as raised:
            pay()
        assert code_of(raised) == "basket_empty"


def test_given_bad_tenders_when_taken_then_each_is_refused_by_its_code(selling: Till) -> None:
    selling.scan(OAT)
    for method, amount, code in (
        ("cash", "0", "tender_not_positive"),
        ("cash", "-5", "tender_not_positive"),
        ("card", "2.20", "tender_exceeds_remaining"),
        ("shells", "1", "payment_method_unknown"),
    ):
        with pytest.raises(UserError) as raised:
            selling.tender(method, selling.money(amount))
        assert code_of(raised) == code
    with pytest.raises(UserError) as raised:
        selling.tender("card", selling.money("1.00"), {"number": "4111 1111 1111 1111"})
    assert code_of(raised) == "card_number_refused"
    assert selling.state().tenders == ()


def test_given_card_and_cash_when_paid_then_change_comes_out_of_the_cash(selling: Till) -> None:
    selling.scan(CANDLE)
    selling.tender("card", selling.money("10.00"), {"brand": "Visa", "last_four": "4417", "authorisation": "083771"})
    state = selling.state()
    assert state.phase is Phase.PAYING
    assert str(state.remaining) == "4.50"
    assert state.tenders[0].detail == "Visa ··4417, 083771"
    with pytest.raises(UserError) as raised:
        selling.complete()
    assert code_of(raised) == "payment_incomplete"
    assert raised.value.data["remaining"] == "4.50"
    selling.tender("cash", selling.money("20.00"))
    assert str(selling.state().change) == "15.50"
    receipt = selling.complete()
    assert str(receipt.change) == "15.50"


def test_given_a_payment_when_lines_shrink_below_it_then_refused_until_it_is_given_back(selling: Till) -> None:
    selling.scan(CANDLE)
    selling.scan(OAT)
    selling.tender("card", selling.money("16.00"))
    with pytest.raises(UserError) as raised:
        selling.remove_line(2)
    assert code_of(raised) == "payments_exceed_total"
    assert len([line for line in selling.state().lines if not line.is_removed]) == 2
    selling.remove_tender()
    selling.remove_line(2)
    assert str(selling.state().totals.total) == "14.50"


def test_given_one_more_thing_while_paying_when_scanned_then_more_is_to_be_paid(selling: Till) -> None:
    selling.scan(OAT)
    selling.tender("cash", selling.money("2.00"))
    selling.scan(TEA)
    assert str(selling.state().remaining) == "4.44"


def test_given_a_known_customer_when_named_by_number_or_name_then_sold_to(selling: Till, tiny_shop: TinyShop) -> None:
    for text in ("C-1001", "winter anna"):
        selling.set_customer(text)
        customer = selling.state().customer
        assert customer is not None
        assert (customer.id, customer.name) == (tiny_shop.customer_id, "Anna Winter")
    selling.set_customer(None)
    assert selling.state().customer is None


def test_given_a_card_nobody_knows_when_named_then_sold_by_its_number(selling: Till, replica: Replica) -> None:
    selling.set_customer("9900112233")
    customer = selling.state().customer
    assert customer is not None
    assert not customer.is_known
    selling.scan(OAT)
    receipt = selling.exact_cash()
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert (sale.customer_id, sale.customer_reference) == (None, "9900112233")


def test_given_a_name_nobody_has_when_named_then_refused(selling: Till) -> None:
    with pytest.raises(UserError) as raised:
        selling.set_customer("Nobody Atall")
    assert code_of(raised) == "customer_unknown"


def test_given_sealed_sales_when_read_back_then_the_chain_holds(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    standing = first_seal(tiny_shop.device_id, 1)
    for code in (OAT, CANDLE, TEA):
        selling.scan(code)
        selling.scan(CANDLE)
        selling.discount(percent="5", basket=True)
        receipt = selling.exact_cash(selling.money("50.00"))
        with replica.read() as connection:
            sale = sale_by_id(connection, receipt.sale_id)
        assert sale is not None
        assert is_seal_intact(sale)
        assert sale.previous_seal == standing
        standing = sale.seal


def test_given_a_sale_when_sealed_then_the_stock_shown_goes_down_at_once(selling: Till) -> None:
    selling.add(sku="MUG-BLUE", quantity="21")
    selling.exact_cash()
    stock = selling.stock("MUG-BLUE")
    assert (stock.on_hand, stock.available) == ("3", "3")
    line = selling.scan("5012345678948")
    assert [note.text for note in line.notes] == ["3 left here"]


def test_given_nobody_logged_in_or_no_shift_when_selling_then_said_clearly(till: Till) -> None:
    with pytest.raises(UserError) as raised:
        till.scan(OAT)
    assert code_of(raised) == "not_logged_in"
    till.login("mara", PINS["mara"])
    with pytest.raises(UserError) as raised:
        till.scan(OAT)
    assert code_of(raised) == "shift_not_open"
    assert till.state().phase is Phase.NO_SHIFT


def test_given_a_merchandiser_when_selling_then_not_allowed(selling: Till) -> None:
    selling.login("jonas", PINS["jonas"])
    with pytest.raises(UserError) as raised:
        selling.scan(OAT)
    assert code_of(raised) == "not_allowed"


def test_given_goods_for_nothing_when_completed_then_no_payment_is_needed(selling: Till) -> None:
    selling.scan(OAT)
    selling.discount(percent="100")
    receipt = selling.complete()
    assert str(receipt.total) == "0.00"


def test_given_search_text_when_found_then_price_and_stock_are_told(selling: Till) -> None:
    found = selling.find("cedar")
    assert [(each.sku, each.price, each.available) for each in found] == [("CND-CEDAR", "14.50", "24")]
    tabs = selling.quick_tabs()
    assert [tab.name for tab in tabs][:2] == ["Drinks", "Bakery"]
    assert tabs[1].tiles[0].price == "3.95"


@dataclass
class Line:
    """A sync engine that is connected or not, for what the till makes of it."""

    is_online: bool = True
    since: int | None = None
    pending: int = 0
    catalogue_as_of: int | None = None

    def status(self) -> Line:
        return self

    def go_offline(self) -> None:
        self.is_online = False

    def go_online(self) -> None:
        self.is_online = True


@pytest.mark.parametrize(
    ("is_online", "share", "quantity", "note"),
    [
        (True, 25, "18", ""),
        (True, 25, "21", "takes 1 that the web was promised"),
        (False, 25, "15", ""),
        (False, 25, "17", "takes 2 that the web may promise while offline"),
        (False, 25, "24", "takes 4 that the web was promised"),
        (False, 0, "20", ""),
    ],
)
def test_given_stock_held_for_the_web_when_sold_then_the_clerk_is_told_quietly_and_never_refused(
    *,
    replica: Replica,
    clock: SettableClock,
    tiny_shop: TinyShop,
    tmp_path: Path,
    is_online: bool,
    share: int,
    quantity: str,
    note: str,
) -> None:
    line = Line(is_online)
    with replica.write() as work:
        level = {"store_id": tiny_shop.store_id, "variant_id": tiny_shop.variants["MUG-BLUE"], "on_hand": 24_000}
        level["id"] = level_id(tiny_shop.store_id, tiny_shop.variants["MUG-BLUE"])
        pulled(work.connection, "stock_level", {**level, "reserved": 4_000})
        setting = {"id": uuid.uuid4(), "key": "web_share_percent", "value": share}
        pulled(work.connection, "setting", {**setting, "store_id": tiny_shop.store_id})
        pulled(work.connection, "setting", {**setting, "id": uuid.uuid4(), "value": 99})
    till = Till(
        replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment_at(tmp_path / "home", clock), sync=line
    )
    till.login("priya", PINS["priya"])
    till.open_shift(till.money("100.00"))
    sold = till.add(sku="MUG-BLUE", quantity=quantity)
    said = [each.text for each in sold.notes if "the web" in each.text]
    assert said == ([note] if note else [])
    assert till.exact_cash().number
