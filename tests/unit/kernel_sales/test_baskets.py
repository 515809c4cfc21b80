"""Baskets: editing gives a new basket or changes nothing, and pricing adds up to the cent."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings

from shared.errors import BugError, UserError
from shared.limits import BASKET_MAX_LINES
from shared.money import UnitPrice
from shared.pricing import Discount
from shared.quantity import Quantity, Unit
from shared.sales import (
    Basket,
    BasketLine,
    LineKind,
    add_line,
    change_price,
    change_quantity,
    clear_basket_discounts,
    clear_line_discounts,
    discount_basket,
    discount_line,
    price_basket,
    price_line,
    remove_line,
    set_customer,
    set_note,
)
from shared.tax import TaxRounding
from tests.helpers.baskets import GBP, IDS, VAT_ON_TOP, basket_of, baskets, line, pounds


@settings(max_examples=150)
@given(baskets())
def test_given_any_basket_when_priced_then_totals_are_the_sums_of_the_lines(basket: Basket) -> None:
    priced = price_basket(basket)
    totals = priced.totals
    for name in ("gross", "discount", "net", "tax", "total"):
        total_name = {"gross": "goods"}.get(name, name)
        assert getattr(totals, total_name).amount == sum(getattr(one, name).amount for one in priced.lines)
    assert totals.total == totals.net + totals.tax
    assert sum(tax.tax.amount for tax in totals.taxes) == totals.tax.amount
    for one in priced.lines:
        included = sum(tax.tax.amount for tax in one.taxes if tax.included)
        assert (one.gross - one.discount).amount == one.net.amount + included
        assert one.total == one.net + one.tax
        assert one.explanations
        sign = 1 if one.line.quantity.thousandths > 0 else -1
        assert (one.gross - one.discount).amount * sign >= 0


@given(baskets())
def test_given_any_basket_when_priced_again_with_what_is_known_then_it_is_the_same(basket: Basket) -> None:
    known = price_basket(basket)
    assert price_basket(basket) == known
    assert price_basket(basket, known) == known
    struck = remove_line(basket, basket.lines[0].id, 7)
    assert price_basket(struck, known) == price_basket(struck)
    dearer = add_line(basket, line("3.33"))
    assert price_basket(dearer, known) == price_basket(dearer)


@given(baskets(returns=False))
def test_given_a_basket_when_everything_is_turned_round_then_the_amounts_are_exact_negations(basket: Basket) -> None:
    basket = clear_basket_discounts(basket)
    turned = replace(basket, lines=tuple(replace(one, quantity=-one.quantity) for one in basket.lines))
    sold, back = price_basket(basket).totals, price_basket(turned).totals
    assert (back.goods, back.discount, back.net, back.tax, back.total) == (
        -sold.goods,
        -sold.discount,
        -sold.net,
        -sold.tax,
        -sold.total,
    )
    assert back.pieces == sold.pieces


def test_given_the_same_item_when_scanned_again_then_the_quantity_rises() -> None:
    first = line("2.19", variant_id=UUID(int=9))
    basket = add_line(add_line(basket_of(), first), line("2.19", variant_id=UUID(int=9)))
    assert [(one.number, one.id, str(one.quantity)) for one in basket.lines] == [(1, first.id, "2")]


@pytest.mark.parametrize(
    "second",
    [
        line("2.20", variant_id=UUID(int=9)),
        line("2.19", variant_id=UUID(int=9), taxes=(VAT_ON_TOP,)),
        line("2.19", variant_id=UUID(int=9), quantity=Quantity.of(-1)),
        line("2.19", variant_id=UUID(int=9), discounts=(Discount.percent(1),)),
        line("2.19"),
        replace(line("2.19"), variant_id=None),
    ],
)
def test_given_another_item_or_price_when_scanned_then_it_gets_a_line_of_its_own(second: BasketLine) -> None:
    basket = add_line(basket_of(line("2.19", variant_id=UUID(int=9)), replace(line("2.19"), variant_id=None)), second)
    assert [one.number for one in basket.lines] == [1, 2, 3]


def test_given_a_struck_line_when_the_item_is_scanned_again_then_it_stays_struck() -> None:
    basket = basket_of(line("2.19", variant_id=UUID(int=9)))
    basket = remove_line(basket, basket.lines[0].id, 5)
    assert basket.is_empty
    basket = add_line(basket, line("2.19", variant_id=UUID(int=9)))
    assert [(one.number, one.is_removed) for one in basket.lines] == [(1, True), (2, False)]
    assert str(price_basket(basket).totals.total) == "2.19"
    with pytest.raises(UserError, match="line_unknown"):
        change_quantity(basket, basket.lines[0].id, Quantity.of(2))
    with pytest.raises(UserError, match="line_unknown"):
        basket.line_number(1)
    assert basket.line_number(2).id == basket.lines[1].id


def test_given_a_price_changed_twice_when_looked_at_then_the_first_price_is_its_list_price() -> None:
    basket = basket_of(line("2.19"))
    one = basket.lines[0].id
    for price in ("2.00", "1.50"):
        basket = change_price(basket, one, UnitPrice.parse(price, GBP), "damaged box")
    changed = basket.line(one)
    assert (str(changed.list_price), str(changed.unit_price), changed.price_reason) == ("2.19", "1.50", "damaged box")
    assert "Price changed from 2.19" in price_line(changed).explanations
    with pytest.raises(UserError, match="price_invalid"):
        change_price(basket, one, UnitPrice(-1, GBP))


def test_given_discounts_when_given_and_taken_back_then_the_total_follows() -> None:
    basket = basket_of(line("10.00"), line("5.00"))
    one = basket.lines[0].id
    basket = discount_line(basket, one, Discount.percent(100_000, "friend"))
    basket = discount_basket(basket, Discount.off(pounds("1.40")))
    priced = price_basket(basket)
    assert [str(each.discount) for each in priced.lines] == ["1.90", "0.50"]
    assert str(priced.totals.total) == "12.60"
    assert any("friend" in why for why in priced.line(one).explanations)
    basket = clear_basket_discounts(clear_line_discounts(basket, one))
    assert str(price_basket(basket).totals.total) == "15.00"


def test_given_a_discount_of_more_than_there_is_when_given_then_it_is_refused() -> None:
    basket = basket_of(line("1.00"))
    one = basket.lines[0].id
    with pytest.raises(UserError, match="discount_too_large"):
        discount_line(basket, one, Discount.off(pounds("1.01")))
    with pytest.raises(UserError, match="discount_too_large"):
        discount_basket(basket, Discount.off(pounds("1.01")))
    with pytest.raises(UserError, match="basket_empty"):
        discount_basket(basket_of(), Discount.percent(1))
    discounted = discount_line(change_quantity(basket, one, Quantity.of(2)), one, Discount.off(pounds("1.50")))
    with pytest.raises(UserError, match="discount_too_large"):
        change_quantity(discounted, one, Quantity.of(1))


def test_given_a_basket_discount_when_lines_are_taken_out_later_then_it_takes_off_no_more_than_there_is() -> None:
    basket = discount_basket(basket_of(line("10.00"), line("1.00")), Discount.off(pounds("5.00")))
    basket = remove_line(basket, basket.lines[0].id, 5)
    assert str(price_basket(basket).totals.total) == "0.00"
    assert str(price_basket(remove_line(basket, basket.lines[1].id, 6)).totals.discount) == "0.00"


@pytest.mark.parametrize(
    ("quantity", "error"),
    [
        (Quantity.of(0), "quantity_invalid"),
        (Quantity.of(1, Unit.KILOGRAM), "quantity_invalid"),
        (Quantity(10**13), "quantity_too_large"),
    ],
)
def test_given_an_impossible_quantity_when_set_then_it_is_refused(quantity: Quantity, error: str) -> None:
    basket = basket_of(line())
    with pytest.raises(UserError, match=error):
        change_quantity(basket, basket.lines[0].id, quantity)


def test_given_a_full_basket_when_one_more_is_scanned_then_it_is_refused_and_nothing_is_cut() -> None:
    one = line()
    full = Basket(IDS.new(), GBP, lines=tuple(replace(one, number=number) for number in range(1, BASKET_MAX_LINES + 1)))
    with pytest.raises(UserError, match="basket_full"):
        add_line(full, line())


def test_given_too_many_discounts_when_one_more_is_given_then_it_is_refused() -> None:
    basket = basket_of(line())
    for _ in range(20):
        basket = discount_basket(basket, Discount.percent(1))
    with pytest.raises(UserError, match="too_many_discounts"):
        discount_basket(basket, Discount.percent(1))


def test_given_a_customer_and_a_note_when_set_then_they_stand_and_too_long_ones_are_refused() -> None:
    basket = set_note(set_customer(basket_of(), None, customer_reference="LC-1"), "gift")
    assert (basket.customer_reference, basket.note) == ("LC-1", "gift")
    with pytest.raises(UserError, match="text_too_long"):
        set_customer(basket, None, "x" * 201)
    with pytest.raises(UserError, match="text_too_long"):
        set_note(basket, "x" * 4_001)


def test_given_goods_services_and_weighed_lines_when_counted_then_pieces_are_things_over_the_counter() -> None:
    basket = basket_of(
        line(quantity=Quantity.of(3)),
        line(quantity=Quantity.parse("0.486", Unit.KILOGRAM)),
        line(quantity=Quantity.parse("0.5")),
        line(quantity=Quantity.of(-2)),
        line(kind=LineKind.SERVICE),
    )
    assert price_basket(basket).totals.pieces == 7


def test_given_a_line_that_is_not_there_when_asked_for_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="line_not_priced"):
        price_basket(basket_of(line())).line(IDS.new())


@pytest.mark.parametrize("where", list(TaxRounding))
def test_given_an_invoice_of_1100_lines_then_pricing_step_by_step_gives_the_same_as_at_once(where: TaxRounding) -> None:
    basket, priced = basket_of(tax_rounding=where), None
    for number in range(1_100):
        basket = add_line(basket, line(f"{number % 70}.{number % 97:02d}", Quantity.of(1 + number % 5)))
        if number % 50 == 49:
            priced = price_basket(basket, priced)
    assert priced == price_basket(basket)
