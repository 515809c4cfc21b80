"""A sealed sale gives the same amounts again from what it recorded, and any other amount is found."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from shared.money import currency
from shared.pricing import Discount
from shared.sales import Basket, SealedLine, discount_basket, discount_line
from shared.sales.repricing import AmountDifference, reprice
from shared.tax import TaxRounding, TaxRule
from tests.helpers.baskets import BOTTLE, VAT, VAT_ON_TOP, basket_of, baskets, line, pounds, sealed


def rules_from(basket: Basket):
    by_line = {each.id: each.taxes for each in basket.lines}

    def rules_of(line: SealedLine) -> tuple[TaxRule, ...]:
        return by_line[line.id]

    return rules_of


@settings(max_examples=150)
@given(baskets())
def test_given_any_sealed_sale_when_priced_once_more_then_every_amount_is_the_same(basket: Basket) -> None:
    sale = sealed(basket)
    assert reprice(sale, currency(sale.currency), rules_from(basket)) == []


def test_given_discounts_shared_over_a_document_then_the_sealed_shares_are_taken_as_they_are() -> None:
    basket = basket_of(
        line("3.33"),
        line("7.77", taxes=(VAT, BOTTLE)),
        line("0.99", taxes=(VAT_ON_TOP,)),
        tax_rounding=TaxRounding.DOCUMENT,
    )
    basket = discount_line(basket, basket.lines[0].id, Discount.percent(100_000, "dent"))
    basket = discount_basket(basket, Discount.off(pounds("1.00"), "staff"))
    assert reprice(sealed(basket), currency("GBP"), rules_from(basket)) == []


def test_given_an_amount_that_its_inputs_do_not_give_then_it_and_the_sums_are_told() -> None:
    basket = basket_of(line("1.20"), line("2.40"))
    sale = sealed(basket)
    wrong = replace(sale.lines[1], net=sale.lines[1].net - 1, tax=sale.lines[1].tax + 1)
    told = reprice(replace(sale, lines=(sale.lines[0], wrong)), currency("GBP"), rules_from(basket))
    assert told == [AmountDifference(2, "net", 199, 200), AmountDifference(2, "tax", 41, 40)]
    short = reprice(replace(sale, total=sale.total - 5), currency("GBP"), rules_from(basket))
    assert short == [AmountDifference(0, "total", 355, 360)]


def test_given_other_taxes_than_were_recorded_then_the_amounts_differ() -> None:
    basket = basket_of(line("1.20"))
    half = replace(VAT, rate_ppm=100_000)
    told = reprice(sealed(basket), currency("GBP"), lambda _: (half,))
    assert {each.what for each in told} == {"net", "tax", "net_total", "tax_total"}
