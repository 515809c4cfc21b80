"""A replay accounts for every line of a file, exactly once, before anything is played."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from desktop.demo.replay.catalogue import opening_stock, write_catalogue
from desktop.demo.replay.classify import Category, first_category, sums_by_category
from desktop.demo.replay.lines import InvoiceLine, read_lines
from desktop.demo.replay.plan import Cover, make_plan
from shared.errors import UserError

STORES = (0, 0, 1, 1)


def line(row: int, invoice: str, code: str, quantity: int, price: str, **other: str) -> InvoiceLine:
    at = dt.datetime(2011, 3, 1, 9, 0) + dt.timedelta(minutes=row)
    customer, country = other.get("customer", "12345"), other.get("country", "United Kingdom")
    return InvoiceLine(row, invoice, code, f"Thing {code}", quantity, at, Decimal(price), customer, country)


@pytest.mark.parametrize(
    ("given", "category"),
    [
        (line(1, "500001", "85123A", 6, "2.55"), Category.TILL_SALE),
        (line(1, "500001", "POST", 1, "18.00"), Category.SERVICE_SALE),
        (line(1, "500001", "22423", 1, "0"), Category.TILL_SALE_FREE),
        (line(1, "500001", "22423", 8, "0", customer=""), Category.STOCK_FOUND),
        (line(1, "500001", "22423", -8, "0", customer=""), Category.STOCK_WRITE_OFF),
        (line(1, "C500001", "22423", -1, "12.75"), Category.RETURN_BLIND),
        (line(1, "C500001", "D", -1, "27.50"), Category.SERVICE_REFUND),
        (line(1, "A563186", "B", 1, "-11062.06", customer=""), Category.BAD_DEBT),
        (line(1, "500001", "22423", 0, "12.75"), Category.NOTHING_MOVED),
    ],
)
def test_given_a_line_alone_then_its_category_follows_from_what_it_says(given: InvoiceLine, category: Category) -> None:
    assert first_category(given) is category


def test_given_a_cancellation_then_the_latest_sale_at_the_same_price_covers_it_first() -> None:
    lines = [
        line(1, "500001", "22423", 5, "12.75"),
        line(2, "500002", "22423", 2, "12.75"),
        line(3, "500003", "22423", 9, "10.95"),
        line(4, "C500004", "22423", -4, "12.75"),
    ]
    plan = make_plan(lines, STORES)
    assert plan.covers_by_row == {4: [Cover(2, 2), Cover(1, 2)]}
    assert plan.category_by_row[4] is Category.RETURN_RECEIPTED


def test_given_more_comes_back_than_was_sold_then_the_rest_is_blind() -> None:
    plan = make_plan([line(1, "500001", "22423", 2, "1.25"), line(2, "C500002", "22423", -3, "1.25")], STORES)
    assert plan.covers_by_row == {2: [Cover(1, 2)]}
    assert plan.category_by_row[2] is Category.RETURN_PART_RECEIPTED


def test_given_the_same_pieces_come_back_twice_then_they_are_covered_once() -> None:
    lines = [
        line(1, "500001", "22423", 2, "1.25"),
        line(2, "C500002", "22423", -2, "1.25"),
        line(3, "C500003", "22423", -2, "1.25"),
    ]
    plan = make_plan(lines, STORES)
    assert plan.category_by_row[2] is Category.RETURN_RECEIPTED
    assert plan.category_by_row[3] is Category.RETURN_BLIND


def test_given_another_customer_then_nothing_covers_the_return() -> None:
    lines = [line(1, "500001", "22423", 2, "1.25"), line(2, "C500002", "22423", -2, "1.25", customer="99999")]
    assert make_plan(lines, STORES).category_by_row[2] is Category.RETURN_BLIND


def test_given_an_invoice_from_abroad_then_it_is_a_web_order_unless_something_of_it_comes_back() -> None:
    kept = line(1, "500001", "22423", 2, "1.25", country="Germany")
    returned = line(2, "500002", "22423", 2, "1.25", country="Germany", customer="77777")
    back = line(3, "C500003", "22423", -1, "1.25", country="Germany", customer="77777")
    plan = make_plan([kept, returned, back], STORES)
    assert [invoice.number for invoice in plan.web] == ["500001"]
    assert plan.category_by_row[2] is Category.TILL_SALE


def test_given_a_customer_then_all_their_invoices_are_played_at_one_till() -> None:
    plan = make_plan([line(row, f"50000{row}", "22423", 1, "1.25") for row in range(1, 9)], STORES)
    assert sum(bool(invoices) for invoices in plan.by_till) == 1


def test_given_a_plan_then_there_is_stock_for_everything_that_leaves(tmp_path: Path) -> None:
    lines = [line(1, "500001", "22423", 7, "1.25"), line(2, "500002", "POST", 1, "18.00")]
    plan = make_plan(lines, STORES)
    stock = opening_stock(plan, lines, 2)
    assert [pieces >= 7 for (code, _), pieces in stock.items() if code == "22423"] == [True]
    assert write_catalogue(tmp_path / "catalogue.csv", lines, plan, ("HS", "ML")) == 2


def test_given_a_file_with_other_columns_then_it_says_which_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read_lines(path)
    assert refusal.value.code == "data_unreadable"
    assert "Quantity" in refusal.value.message


@pytest.mark.realdata
def test_given_the_real_file_then_every_line_is_in_exactly_one_category(shared_data: Path) -> None:
    lines = read_lines(shared_data / "online-retail" / "online_retail_2010-12_2011-08.csv.zst")
    plan = make_plan(lines, STORES)
    sums = sums_by_category(lines, plan.category_by_row)
    assert len(lines) == 320_705
    assert sum(row.lines for row in sums.values()) == len(lines)
    assert sum((row.value for row in sums.values()), Decimal(0)) == sum((each.value for each in lines), Decimal(0))
    played = Counter(each.row for till in plan.by_till for invoice in till for each in invoice.lines)
    played.update(each.row for invoice in plan.web for each in invoice.lines)
    assert set(played.values()) == {1}
    assert len(played) == len(lines)
