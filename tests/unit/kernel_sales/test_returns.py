"""Returns: whatever the steps, the stored sale is negated exactly and nothing beyond it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UserError
from shared.pricing import Discount
from shared.quantity import Quantity, Unit
from shared.sales import (
    Basket,
    Disposition,
    SaleKind,
    SealedSale,
    add_line,
    blind_return_line,
    change_price,
    change_quantity,
    discount_basket,
    discount_line,
    price_basket,
    remove_line,
    return_lines,
    returnable_lines,
)
from tests.helpers.baskets import IDS, basket_of, baskets, line, pounds, sealed

AMOUNTS = ("gross", "discount", "net", "tax", "total", "quantity")


def give_back(original: SealedSale, already: dict[UUID, int], wanted: list[tuple[int, Quantity]]) -> SealedSale:
    """A sealed return through the same path as at the till."""
    basket = basket_of(*return_lines(original, already, wanted, ids=IDS))
    return sealed(basket)


@settings(max_examples=100)
@given(baskets(returns=False), st.data())
def test_given_a_sale_when_returned_in_any_steps_then_the_parts_sum_to_its_exact_negation(
    basket: Basket, data: st.DataObject
) -> None:
    original = sealed(basket)
    already: dict[UUID, int] = {}
    sums: Counter[tuple[UUID, str]] = Counter()
    taxes: Counter[tuple[UUID, str, str]] = Counter()
    while left := [one for one in returnable_lines(original, already) if one.left.thousandths]:
        chosen = data.draw(st.sampled_from(left))
        most = chosen.left.thousandths
        part = data.draw(st.integers(max(1, most // 4), most) if len(sums) < 40 else st.just(most))
        back = give_back(original, already, [(chosen.line.number, Quantity(part, Unit(chosen.line.unit)))])
        assert back.kind is SaleKind.RETURN
        assert back.return_of_sale_id == original.id
        for one in back.lines:
            assert one.return_of_line_id == chosen.line.id
            assert one.total == one.net + one.tax
            for name in AMOUNTS:
                sums[chosen.line.id, name] += getattr(one, name)
            for tax in one.taxes:
                taxes[chosen.line.id, tax.code, "tax"] += tax.tax
                taxes[chosen.line.id, tax.code, "base"] += tax.base
        already[chosen.line.id] = already.get(chosen.line.id, 0) + part
    for one in original.lines:
        assert [sums[one.id, name] for name in AMOUNTS] == [-getattr(one, name) for name in AMOUNTS]
        assert [taxes[one.id, tax.code, "tax"] for tax in one.taxes] == [-tax.tax for tax in one.taxes]
        assert [taxes[one.id, tax.code, "base"] for tax in one.taxes] == [-tax.base for tax in one.taxes]


@given(baskets(returns=False))
def test_given_a_sale_when_all_of_it_is_returned_at_once_then_every_total_is_negated(basket: Basket) -> None:
    original = sealed(basket)
    back = give_back(original, {}, [(one.number, Quantity(one.quantity, Unit(one.unit))) for one in original.lines])
    for name in ("goods_total", "discount_total", "net_total", "tax_total", "total"):
        assert getattr(back, name) == -getattr(original, name)
    assert [(t.code, t.base, t.tax) for t in back.taxes] == [(t.code, -t.base, -t.tax) for t in original.taxes]


def sale_of_three() -> SealedSale:
    basket = basket_of(line("3.33", Quantity.of(3)), line("1.00"))
    return sealed(discount_basket(basket, Discount.percent(100_000)))


def test_given_more_than_was_sold_when_returned_then_the_error_says_what_is_left() -> None:
    original = sale_of_three()
    first = original.lines[0].id
    with pytest.raises(UserError) as raised:
        return_lines(original, {first: 2_000}, [(1, Quantity.of(2))], ids=IDS)
    assert (raised.value.code, raised.value.data["left"]) == ("return_exceeds_sold", "1")
    with pytest.raises(UserError, match="return_exceeds_sold"):
        return_lines(original, {}, [(1, Quantity.of(2)), (1, Quantity.of(2))], ids=IDS)
    with pytest.raises(UserError, match="is back already"):
        return_lines(original, {first: 3_000}, [(1, Quantity.of(1))], ids=IDS)


@pytest.mark.parametrize("quantity", [Quantity.of(0), Quantity.of(-1), Quantity.of(1, Unit.KILOGRAM)])
def test_given_an_impossible_quantity_when_returned_then_it_is_refused(quantity: Quantity) -> None:
    with pytest.raises(UserError, match="return_quantity_invalid"):
        return_lines(sale_of_three(), {}, [(1, quantity)], ids=IDS)


def test_given_lines_that_were_not_sold_when_returned_then_they_are_unknown() -> None:
    original = sale_of_three()
    with pytest.raises(UserError, match="return_line_unknown"):
        return_lines(original, {}, [(9, Quantity.of(1))], ids=IDS)
    back = give_back(original, {}, [(1, Quantity.of(1))])
    assert returnable_lines(back, {}) == ()
    with pytest.raises(UserError, match="return_line_unknown"):
        return_lines(back, {}, [(1, Quantity.of(1))], ids=IDS)
    basket = basket_of(line(), line())
    struck = sealed(remove_line(basket, basket.lines[0].id, 3))
    with pytest.raises(UserError, match="return_line_unknown"):
        return_lines(struck, {}, [(1, Quantity.of(1))], ids=IDS)


def test_given_a_return_in_a_basket_when_its_amounts_are_touched_then_it_is_refused() -> None:
    basket = basket_of(*return_lines(sale_of_three(), {}, [(1, Quantity.of(1))], ids=IDS))
    one = basket.lines[0]
    with pytest.raises(UserError, match="return_line_fixed"):
        change_quantity(basket, one.id, Quantity.of(-2))
    with pytest.raises(UserError, match="return_line_fixed"):
        change_price(basket, one.id, one.unit_price)
    with pytest.raises(UserError, match="return_line_fixed"):
        discount_line(basket, one.id, Discount.percent(1))
    assert remove_line(basket, one.id, 5).is_empty


def test_given_an_exchange_when_priced_then_goods_go_out_and_stored_amounts_come_back_in_one_basket() -> None:
    original = sale_of_three()
    basket = basket_of(*return_lines(original, {}, [(1, Quantity.of(3))], ids=IDS), line("12.00"))
    basket = discount_basket(basket, Discount.off(pounds("1.00")))
    priced = price_basket(basket)
    assert str(priced.totals.total) == str(pounds("11.00") - pounds("8.99"))
    assert (sealed(basket).kind, sealed(basket).return_of_sale_id) == (SaleKind.SALE, original.id)


def test_given_goods_without_a_receipt_when_returned_then_the_price_of_today_comes_back() -> None:
    back = blind_return_line(line("2.50", Quantity.of(2)))
    assert str(price_basket(add_line(basket_of(), back)).totals.total) == "-5.00"
    with pytest.raises(UserError, match="return_quantity_invalid"):
        blind_return_line(back)


def test_given_a_disposition_when_returned_then_each_line_carries_it() -> None:
    lines = return_lines(sale_of_three(), {}, [(1, Quantity.of(1))], ids=IDS, disposition=Disposition.DAMAGED)
    assert [one.disposition for one in lines] == [Disposition.DAMAGED]
