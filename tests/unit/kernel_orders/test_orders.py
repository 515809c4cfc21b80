"""Orders: where they may go, and that they cost what a till would charge."""

from __future__ import annotations

import pytest
from hypothesis import given

from shared.errors import UserError
from shared.orders import ORDER_TRANSITIONS, OrderLine, OrderState, next_state, price_order
from shared.quantity import Quantity
from shared.sales import Basket, clear_basket_discounts, clear_line_discounts, price_basket
from tests.helpers.baskets import GBP, baskets, line


def order_lines(basket: Basket) -> list[OrderLine]:
    return [
        OrderLine(one.number, one.id, one.sku, one.name, one.quantity, one.unit_price, one.taxes)
        for one in basket.lines
    ]


@given(baskets(returns=False))
def test_given_the_same_lines_when_priced_as_an_order_then_it_costs_what_the_till_charges(basket: Basket) -> None:
    basket = clear_basket_discounts(basket)
    for one in basket.lines:
        basket = clear_line_discounts(basket, one.id)
    order, till = price_order(order_lines(basket), GBP, basket.tax_rounding), price_basket(basket).totals
    assert (order.net, order.tax, order.total) == (till.net, till.tax, till.total)
    assert sum(one.total.amount for one in order.lines) == order.total.amount


def test_given_states_when_changed_then_final_ones_stay_and_a_repeat_is_no_error() -> None:
    assert {state for state in OrderState if state.is_final} == {OrderState.FULFILLED, OrderState.CANCELLED}
    for standing in OrderState:
        assert standing.holds_stock is not standing.is_final
        for wanted in OrderState:
            if wanted is standing or wanted in ORDER_TRANSITIONS[standing]:
                assert next_state(standing, wanted) is wanted
            else:
                with pytest.raises(UserError, match="order_state_not_allowed"):
                    next_state(standing, wanted)


def test_given_an_empty_endless_or_senseless_order_when_priced_then_it_is_refused() -> None:
    sold = line()
    one = OrderLine(1, sold.id, "SKU", "Something", Quantity.of(1), sold.unit_price)
    none = OrderLine(1, sold.id, "SKU", "Something", Quantity.of(0), sold.unit_price)
    for lines, error in (([], "order_empty"), ([one] * 2_001, "order_too_long"), ([none], "quantity_invalid")):
        with pytest.raises(UserError, match=error):
            price_order(lines, GBP)
