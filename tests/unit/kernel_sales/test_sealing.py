"""Sealing, the chain of seals, receipt numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BugError, UserError
from shared.pricing import ENGINE_VERSION, Discount
from shared.sales import (
    Basket,
    ReceiptNumber,
    SaleKind,
    SealedDiscount,
    SealedLineTax,
    SealedSale,
    Tender,
    canonical_bytes,
    discount_basket,
    discount_line,
    first_altered,
    first_seal,
    is_seal_intact,
    parse_receipt_number,
    price_basket,
    receipt_number,
    remove_line,
    seal,
    seal_of,
    settle,
)
from tests.helpers.baskets import IDS, basket_of, baskets, header, line, paid, pounds, sealed

FIRST = first_seal(UUID(int=2), 1)


@settings(max_examples=60)
@given(baskets())
def test_given_any_basket_when_sealed_then_the_stored_figures_are_the_priced_ones(basket: Basket) -> None:
    priced = price_basket(basket)
    sale = sealed(basket)
    assert sale.total == sale.net_total + sale.tax_total == priced.totals.total.amount
    assert sum(one.total for one in sale.lines) == sale.total
    assert sum(one.gross - one.discount for one in sale.lines) == sale.goods_total - sale.discount_total
    assert sum(tax.tax for tax in sale.taxes) == sale.tax_total
    assert sum(tender.amount for tender in sale.tenders) == sale.total + sale.rounding_total
    assert (sale.kind is SaleKind.RETURN) == all(one.quantity < 0 for one in sale.lines)
    assert is_seal_intact(sale)
    assert sale == sealed(basket)
    for one in sale.lines:
        assert tuple(SealedLineTax.from_json(json.loads(json.dumps(tax.as_json()))) for tax in one.taxes) == one.taxes
        stored = json.loads(json.dumps([discount.as_json() for discount in one.discounts]))
        assert tuple(SealedDiscount.from_json(each) for each in stored) == one.discounts


def test_given_discounts_and_a_struck_line_when_sealed_then_both_are_kept() -> None:
    basket = basket_of(line("10.00"), line("5.00"))
    basket = discount_line(basket, basket.lines[0].id, Discount.off(pounds("1.00"), "scratched", UUID(int=4)))
    basket = discount_basket(remove_line(basket, basket.lines[1].id, 9), Discount.percent(100_000))
    sale = sealed(basket)
    first, second = sale.lines
    assert [(d.kind, d.amount, d.reason) for d in first.discounts] == [("amount", 100, "scratched"), ("basket", 90, "")]
    assert (second.removed_at, second.total, second.gross) == (9, 0, 0)
    assert sale.line_number(2) is None
    assert sale.line_number(1) is first
    assert (sale.receipt_number, sale.engine_version, sale.discount_total) == ("HS-2-000001", ENGINE_VERSION, 190)


def test_given_an_empty_unpaid_or_wrongly_paid_basket_when_sealed_then_it_is_refused() -> None:
    priced = price_basket(basket_of(line("1.00")))
    with pytest.raises(UserError, match="basket_empty"):
        seal(price_basket(basket_of()), settle(pounds("0.00")), header(), FIRST)
    with pytest.raises(UserError, match="sale_not_paid"):
        seal(priced, settle(pounds("1.00")), header(), FIRST)
    with pytest.raises(BugError, match="settlement_mismatch"):
        seal(priced, paid(pounds("2.00")), header(), FIRST)
    with pytest.raises(BugError, match="seal_invalid"):
        seal(priced, paid(pounds("1.00")), header(), b"")


def test_given_ids_of_payments_when_sealed_then_they_are_kept_and_otherwise_follow_from_the_sale() -> None:
    priced = price_basket(basket_of(line("1.00")))
    settlement = settle(pounds("1.00"), [Tender("card", pounds("1.00"))])
    own = IDS.new()
    assert seal(priced, settlement, header(), FIRST, tender_ids=[own]).tenders[0].id == own
    derived = [seal(priced, settlement, header(), FIRST).tenders[0].id for _ in range(2)]
    assert derived[0] == derived[1] != own


def chain(length: int) -> list[SealedSale]:
    sales: list[SealedSale] = []
    for number in range(1, length + 1):
        sales.append(sealed(basket_of(line("1.00")), number, sales[-1].seal if sales else FIRST))
    return sales


def test_given_a_chain_when_verified_then_the_first_altered_missing_or_swapped_sale_is_named() -> None:
    sales = chain(5)
    assert first_altered(sales, FIRST) is None
    altered = replace(sales[2], total=1)
    assert first_altered([*sales[:2], altered, *sales[3:]], FIRST) is altered
    assert first_altered([*sales[:2], *sales[3:]], FIRST) is sales[3]
    assert first_altered([sales[1], sales[0]], FIRST) is sales[1]
    assert first_altered(sales, first_seal(UUID(int=2), 2)) is sales[0]
    resealed = replace(altered, seal=seal_of(altered.previous_seal, canonical_bytes(altered)))
    assert first_altered([*sales[:2], resealed, *sales[3:]], FIRST) is sales[3]


def test_given_a_sale_when_written_canonically_then_it_is_sorted_json_without_its_seals() -> None:
    content = json.loads(canonical_bytes(chain(1)[0]))
    assert list(content) == sorted(content)
    assert not {"seal", "previous_seal"} & set(content)
    assert content["business_date"] == "2026-11-21"
    assert content["lines"][0]["taxes"][0]["code"] == "V20"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("HS", 2, 1, 4182), "HS-2-004182"),
        (("HS", 2, 2, 1), "HS-2b-000001"),
        (("HS", 12, 26, 1), "HS-12z-000001"),
        (("HS", 2, 27, 1), "HS-2aa-000001"),
        (("N-1", 2, 703, 12345678), "N-1-2aaa-12345678"),
    ],
)
def test_given_the_parts_of_a_receipt_number_when_written_then_it_reads_so(
    parts: tuple[str, int, int, int], text: str
) -> None:
    assert receipt_number(*parts) == text
    assert parse_receipt_number(f" {text} ") == ReceiptNumber(*parts)


@given(
    st.from_regex(r"[A-Z0-9]([A-Z0-9-]{0,8}[A-Z0-9])?", fullmatch=True),
    st.integers(1, 999),
    st.integers(1, 10**6),
    st.integers(1, 10**9),
)
def test_given_any_receipt_number_when_written_and_read_then_it_is_the_same(
    store: str, till: int, series: int, number: int
) -> None:
    parsed = ReceiptNumber(store, till, series, number)
    assert parse_receipt_number(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text", ["", "HS-2-4182", "HS-2-0004182", "hs-2-004182", "HS-2a-000001", "HS-0-000001", "HS-2-000000", "2-000001"]
)
def test_given_a_mistyped_receipt_number_when_read_then_the_error_says_so(text: str) -> None:
    with pytest.raises(UserError, match="receipt_number_invalid"):
        parse_receipt_number(text)


def test_given_impossible_parts_when_written_then_it_is_our_bug() -> None:
    for parts in (("hs", 1, 1, 1), ("HS-", 1, 1, 1), ("HS", 0, 1, 1), ("HS", 1, 0, 1), ("HS", 1, 1, 0)):
        with pytest.raises(BugError, match="receipt_number_invalid"):
            receipt_number(*parts)


def test_given_stored_lists_that_cannot_be_read_when_read_then_it_is_our_bug() -> None:
    with pytest.raises(BugError, match="stored_tax_invalid"):
        SealedLineTax.from_json(["V", "VAT"])
    with pytest.raises(BugError, match="stored_discount_invalid"):
        SealedDiscount.from_json({"kind": 1})
