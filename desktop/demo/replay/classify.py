"""What each line of the file is, in exactly one category, by rules a person can check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desktop.demo.replay.lines import InvoiceLine

_STOCK_CODE = re.compile(r"\d{5}.*|DCGS.*|PADS|GIFT_.*")


class Category(StrEnum):
    """Every line of the file falls in one of these."""

    TILL_SALE = "till_sale"
    TILL_SALE_FREE = "till_sale_free"
    """Given away to a known customer: sold at 0.00."""
    SERVICE_SALE = "service_sale"
    """Postage, carriage, fees, manual entries: sold at a till, kept in no stock."""
    WEB_ORDER = "web_order"
    RETURN_RECEIPTED = "return_receipted"
    """Wholly covered by earlier till sales to the same customer at the same price."""
    RETURN_PART_RECEIPTED = "return_part_receipted"
    """Covered in part; the rest is returned without a receipt."""
    RETURN_BLIND = "return_blind"
    SERVICE_REFUND = "service_refund"
    STOCK_WRITE_OFF = "stock_write_off"
    """No customer, no price, pieces out."""
    STOCK_FOUND = "stock_found"
    """No customer, no price, pieces in."""
    NOTHING_MOVED = "nothing_moved"
    """A quantity of nought: nothing was sold, returned or moved."""
    BAD_DEBT = "bad_debt"
    """An accountant's adjustment of receivables, no trade of the shop: listed, not booked."""


SOLD = frozenset({Category.TILL_SALE, Category.TILL_SALE_FREE, Category.SERVICE_SALE, Category.WEB_ORDER})
RETURNED = frozenset(
    {Category.RETURN_RECEIPTED, Category.RETURN_PART_RECEIPTED, Category.RETURN_BLIND, Category.SERVICE_REFUND}
)
MOVED = frozenset({Category.STOCK_WRITE_OFF, Category.STOCK_FOUND})
NOT_BOOKED = frozenset({Category.BAD_DEBT, Category.NOTHING_MOVED})


def is_stocked(code: str) -> bool:
    """Whether a code is a thing on a shelf; ``POST``, ``DOT``, ``M``, ``BANK CHARGES`` … are services."""
    return _STOCK_CODE.fullmatch(code) is not None


def is_cancellation(invoice: str) -> bool:
    """Whether an invoice takes an earlier one back."""
    return invoice.startswith("C")


def first_category(line: InvoiceLine) -> Category:
    """The category as far as one line alone can tell: sales are at a till, returns without a receipt."""
    if line.quantity == 0:
        return Category.NOTHING_MOVED
    if line.invoice.startswith("A") or line.unit_price < 0:
        return Category.BAD_DEBT
    if line.unit_price == 0 and not line.customer and is_stocked(line.code):
        return Category.STOCK_FOUND if line.quantity > 0 else Category.STOCK_WRITE_OFF
    if line.quantity < 0:
        return Category.RETURN_BLIND if is_stocked(line.code) else Category.SERVICE_REFUND
    if not is_stocked(line.code):
        return Category.SERVICE_SALE
    return Category.TILL_SALE_FREE if line.unit_price == 0 else Category.TILL_SALE


@dataclass(frozen=True, slots=True)
class CategorySum:
    """One row of the account: how many lines, pieces and pounds (Σ quantity × unit price, unrounded)."""

    lines: int
    pieces: int
    value: Decimal


def sums_by_category(lines: Iterable[InvoiceLine], categories: Mapping[int, Category]) -> dict[Category, CategorySum]:
    """The account of the file: every line counted once under the category of its row.

    Raises:
        KeyError: a line without a category; nothing may stay unaccounted for.
    """
    sums: dict[Category, CategorySum] = {}
    for line in lines:
        category = categories[line.row]
        known = sums.get(category, CategorySum(0, 0, Decimal(0)))
        sums[category] = CategorySum(known.lines + 1, known.pieces + line.quantity, known.value + line.value)
    return sums
