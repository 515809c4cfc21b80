"""Who plays which invoice: one till per customer, web orders from abroad, receipts matched before anything runs.

A customer always goes to the same till, so that the receipt of an earlier sale is at hand when goods come back. An
invoice becomes a web order if it comes from abroad, or is one in eight by its number, if all of it is stock at a price
and nothing of it ever comes back in the file.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from desktop.demo.replay.classify import MOVED, NOT_BOOKED, RETURNED, Category, first_category, is_stocked
from desktop.demo.replay.lines import InvoiceLine

HOME_COUNTRY = "United Kingdom"
WEB_ONE_IN = 8
WEB_MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class Cover:
    """Pieces of a cancelled line that an earlier sold line (a row of the file) covers."""

    sold_row: int
    pieces: int


@dataclass(slots=True)
class Invoice:
    """All lines of one invoice number, in the file's order."""

    number: str
    at: datetime
    customer: str
    country: str
    lines: list[InvoiceLine] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What will be played.

    Attributes:
        by_till: invoices of each till (index), in time order.
        web: invoices that become web orders.
        category_by_row: the category of every row.
        covers_by_row: for a cancelled row, the sold rows that cover it.
        store_by_till: which store (index) a till stands in.
    """

    by_till: list[list[Invoice]]
    web: list[Invoice]
    category_by_row: dict[int, Category]
    covers_by_row: dict[int, list[Cover]]
    store_by_till: Sequence[int]

    def till_of(self, invoice: Invoice) -> int:
        """The till (index) that serves an invoice's customer."""
        return till_of(invoice, len(self.by_till))


def till_of(invoice: Invoice, tills: int) -> int:
    """The same till for the same customer; nameless invoices are spread by their number."""
    return zlib.crc32((invoice.customer or invoice.number).encode()) % tills


def group_invoices(lines: Iterable[InvoiceLine]) -> list[Invoice]:
    """Invoices by the time of their first line, then by number."""
    invoices: dict[str, Invoice] = {}
    for line in lines:
        invoice = invoices.setdefault(line.invoice, Invoice(line.invoice, line.at, line.customer, line.country))
        invoice.lines.append(line)
    return sorted(invoices.values(), key=lambda invoice: (invoice.at, invoice.number.lstrip("C"), invoice.number))


def make_plan(lines: Sequence[InvoiceLine], store_by_till: Sequence[int]) -> Plan:
    """Decide category, till, channel and cover of every line."""
    invoices = group_invoices(lines)
    categories = {line.row: first_category(line) for line in lines}
    covers = _match_returns(invoices, categories)
    covered = {cover.sold_row for found in covers.values() for cover in found}
    for row, found in covers.items():
        categories[row] = Category.RETURN_RECEIPTED
        wanted = next(-line.quantity for line in _by_row(lines, row))
        if sum(cover.pieces for cover in found) < wanted:
            categories[row] = Category.RETURN_PART_RECEIPTED
    plan = Plan([[] for _ in store_by_till], [], categories, covers, store_by_till)
    for invoice in invoices:
        if _is_web_order(invoice, categories, covered):
            plan.web.append(invoice)
            for line in invoice.lines:
                categories[line.row] = Category.WEB_ORDER
        else:
            plan.by_till[plan.till_of(invoice)].append(invoice)
    return plan


def _by_row(lines: Sequence[InvoiceLine], row: int) -> Iterable[InvoiceLine]:
    """The line of a row; rows ascend, though a date window may leave some out."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if lines[middle].row < row:
            low = middle + 1
        else:
            high = middle
    return (lines[low],)


def _is_web_order(invoice: Invoice, categories: dict[int, Category], covered: set[int]) -> bool:
    if len(invoice.lines) > WEB_MAX_LINES:
        return False
    is_for_the_web = invoice.country != HOME_COUNTRY or zlib.crc32(invoice.number.encode()) % WEB_ONE_IN == 0
    return is_for_the_web and all(
        categories[line.row] is Category.TILL_SALE and line.row not in covered for line in invoice.lines
    )


def _match_returns(invoices: Sequence[Invoice], categories: dict[int, Category]) -> dict[int, list[Cover]]:
    """Cover cancelled lines by earlier sold lines of the same customer, code and price, the latest sale first."""
    left: dict[tuple[str, str, Decimal], list[list[int]]] = defaultdict(list)
    covers: dict[int, list[Cover]] = {}
    for invoice in invoices:
        for line in invoice.lines:
            category = categories[line.row]
            if not line.customer or category in MOVED or category in NOT_BOOKED:
                continue
            key = (line.customer, line.code, line.unit_price)
            if category not in RETURNED:
                left[key].append([line.row, line.quantity])
            elif is_stocked(line.code) and (found := _take(left[key], -line.quantity)):
                covers[line.row] = found
    return covers


def _take(sold: list[list[int]], wanted: int) -> list[Cover]:
    taken: list[Cover] = []
    while wanted and sold:
        row, pieces = sold[-1]
        part = min(pieces, wanted)
        taken.append(Cover(row, part))
        wanted -= part
        if part == pieces:
            sold.pop()
        else:
            sold[-1][1] = pieces - part
    return taken
