"""Returns against a receipt: exact negations, never more than was sold; and returns without one."""

from __future__ import annotations

import pytest

from desktop.replica.engine import Replica
from desktop.replica.queries.sold import sale_by_id
from desktop.usecases.till import Till
from desktop.usecases.till_state import Phase
from shared.errors import UserError
from tests.helpers.replica import PINS
from tests.integration.till.codes import CANDLE, OAT, TEA


def sold(till: Till) -> str:
    for code in (OAT, OAT, OAT, CANDLE, TEA):
        till.scan(code)
    till.discount(percent="7", basket=True)
    return till.exact_cash(till.money("50.00")).number


def test_given_a_receipt_when_everything_comes_back_then_the_refund_is_the_exact_negation(
    selling: Till, replica: Replica
) -> None:
    number = sold(selling)
    selling.scan(TEA)
    receipt = selling.return_items(number)
    assert receipt.number == "HS-2-000002"
    view = selling.find_receipt(number)
    assert str(receipt.total) == "-" + str(view.total)
    assert "RETURN" in receipt.text
    assert f"Return of {number:>38}" in receipt.text
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert (str(sale.kind), sale.tenders[0].method, sale.tenders[0].amount) == ("return", "cash", sale.total)
    assert [line.sku for line in selling.state().lines] == ["TEA-EARL-50"], "the basket on the counter is not touched"


def test_given_a_line_when_it_comes_back_piece_by_piece_then_the_parts_sum_to_it_and_no_more(selling: Till) -> None:
    number = sold(selling)
    line = selling.find_receipt(number).lines[0]
    back = [selling.return_items(number, [(1, "1")]).total for _ in range(3)]
    assert sum(amount.amount for amount in back) == -line.total.amount
    with pytest.raises(UserError) as raised:
        selling.return_items(number, [(1, "1")])
    assert raised.value.code == "return_exceeds_sold"
    assert selling.find_receipt(number).lines[0].returnable == "0"


def test_given_more_than_was_sold_when_returned_then_refused_and_no_number_is_used(selling: Till) -> None:
    number = sold(selling)
    for lines in ([(1, "4")], [(1, "2"), (1, "2")]):
        with pytest.raises(UserError) as raised:
            selling.return_items(number, lines)
        assert raised.value.code == "return_exceeds_sold"
    assert selling.state().sale_number == "HS-2-000002"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([(9, "1")], "line_unknown"),
        ([(1, "0")], "return_quantity_invalid"),
        ([(1, "-1")], "return_quantity_invalid"),
        ([(1, "x")], "quantity_invalid"),
        ([], "nothing_to_return"),
    ],
)
def test_given_an_impossible_wish_when_returned_then_refused_by_its_code(
    selling: Till, lines: list[tuple[int, str | None]], code: str
) -> None:
    number = sold(selling)
    with pytest.raises(UserError) as raised:
        selling.return_items(number, lines)
    assert raised.value.code == code


def test_given_a_return_when_returned_itself_then_there_is_nothing_to_return(selling: Till) -> None:
    back = selling.return_items(sold(selling))
    with pytest.raises(UserError) as raised:
        selling.return_items(back.number)
    assert raised.value.code == "nothing_to_return"
    with pytest.raises(UserError) as raised:
        selling.return_items("HS-2-009999")
    assert raised.value.code == "receipt_unknown"


def test_given_no_receipt_when_goods_come_back_then_it_takes_a_permission_and_todays_price(selling: Till) -> None:
    receipt = selling.blind_return("CND-CEDAR", "2")
    assert str(receipt.total) == "-29.00"
    assert str(selling.blind_return("CND-CEDAR", "1", selling.unit_price("3.33")).total) == "-3.33"
    selling.login("mara", PINS["mara"])
    with pytest.raises(UserError) as raised:
        selling.blind_return("CND-CEDAR", "1")
    assert raised.value.code == "not_allowed"


def test_given_a_way_that_cannot_pay_out_when_returned_then_refused(selling: Till) -> None:
    number = sold(selling)
    with pytest.raises(UserError) as raised:
        selling.return_items(number, method="cheque")
    assert raised.value.code == "method_not_refundable"
    with pytest.raises(UserError) as raised:
        selling.return_items(number, method="shells")
    assert raised.value.code == "payment_method_unknown"


def test_given_a_return_when_sealed_then_stock_and_drawer_follow(selling: Till) -> None:
    number = sold(selling)
    selling.return_items(number, [(1, "2")])
    assert selling.stock("OAT-BAR-1L").on_hand == "23"
    report = selling.shift_report()
    assert (report.sales, report.returns) == (1, 1)
    assert selling.state().phase is Phase.DONE


def test_given_broken_goods_when_they_come_back_then_where_they_go_is_kept(selling: Till, replica: Replica) -> None:
    number = sold(selling)
    receipt = selling.return_items(number, [(1, "1")], disposition="damaged")
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert sale.lines[0].disposition == "damaged"
    with pytest.raises(UserError) as raised:
        selling.return_items(number, disposition="river")
    assert raised.value.code == "disposition_unknown"
