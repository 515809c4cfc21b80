"""Parking and recalling, here and at another till of the store."""

from __future__ import annotations

import uuid

import pytest

from desktop.replica.engine import Replica
from desktop.replica.queries.sold import sale_by_id
from desktop.usecases.till import Till
from shared.errors import UserError
from tests.helpers.replica import TinyShop
from tests.integration.till.codes import CANDLE, OAT


def test_given_a_basket_when_parked_and_recalled_then_it_is_the_same(selling: Till) -> None:
    selling.scan(OAT)
    selling.scan(CANDLE)
    selling.discount(percent="10")
    selling.set_customer("C-1001")
    before = selling.state()
    selling.park()
    empty = selling.state()
    assert (empty.lines, empty.customer, empty.parked) == ((), None, 1)
    assert [(each.label, str(each.total)) for each in selling.parked()] == [("Anna Winter", "15.24")]
    selling.recall()
    after = selling.state()
    assert [(line.sku, line.quantity, line.total) for line in after.lines] == [
        (line.sku, line.quantity, line.total) for line in before.lines
    ]
    assert after.totals == before.totals
    assert after.customer == before.customer
    assert after.parked == 0


def test_given_a_recalled_basket_when_sealed_then_its_ids_are_its_own(selling: Till, replica: Replica) -> None:
    selling.scan(OAT)
    before = {line.id for line in selling.state().lines}
    selling.park()
    selling.recall()
    receipt = selling.exact_cash()
    with replica.read() as connection:
        sale = sale_by_id(connection, receipt.sale_id)
    assert sale is not None
    assert not before & {line.id for line in sale.lines}


def test_given_a_taken_basket_when_recalled_again_then_refused(selling: Till) -> None:
    selling.scan(OAT)
    parked_id = selling.park("Mrs Brown")
    selling.recall(parked_id)
    selling.clear()
    with pytest.raises(UserError) as raised:
        selling.recall(parked_id)
    assert raised.value.code == "parked_taken"
    with pytest.raises(UserError) as raised:
        selling.recall(uuid.UUID(int=1))
    assert raised.value.code == "parked_unknown"
    with pytest.raises(UserError) as raised:
        selling.recall()
    assert raised.value.code == "parked_unknown"


def test_given_an_empty_or_a_paid_basket_when_parked_then_refused(selling: Till) -> None:
    with pytest.raises(UserError) as raised:
        selling.park()
    assert raised.value.code == "basket_empty"
    selling.scan(OAT)
    selling.tender("cash", selling.money("1.00"))
    with pytest.raises(UserError) as raised:
        selling.park()
    assert raised.value.code == "payment_started"
    with pytest.raises(UserError) as raised:
        selling.clear()
    assert raised.value.code == "payment_started"


def test_given_a_basket_on_the_counter_when_recalling_then_refused(selling: Till) -> None:
    selling.scan(OAT)
    selling.park()
    selling.scan(CANDLE)
    with pytest.raises(UserError) as raised:
        selling.recall()
    assert raised.value.code == "basket_not_empty"
    assert len(selling.state().lines) == 1


def test_given_a_basket_parked_elsewhere_when_it_came_down_then_it_can_be_recalled(
    selling: Till, replica: Replica, tiny_shop: TinyShop
) -> None:
    selling.scan(OAT)
    selling.park("from till 1")
    with replica.write() as work:
        work.connection.exec_driver_sql("UPDATE parked_sale SET device_id = ?", (uuid.UUID(int=7).bytes,))
    assert tiny_shop.device_id != uuid.UUID(int=7)
    assert [each.label for each in selling.parked()] == ["from till 1"]
    selling.recall()
    assert len(selling.state().lines) == 1
