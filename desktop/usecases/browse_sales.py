"""What the office sees of sealed sales and returns: the list, its sum, and a receipt."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.replica.queries.sales_list import SaleRow, SalesFilter, SalesSum, sale_ids, sale_rows, sales_sum
from desktop.usecases.desk import Desk
from desktop.usecases.find_receipt import find_receipt
from desktop.usecases.office_words import amount_text, moment_text
from desktop.usecases.station import Station
from desktop.usecases.till_views import SoldView
from shared.clock import datetime_at
from shared.money import currency
from shared.payments import payment_method
from shared.permissions import Permission


@dataclass(frozen=True, slots=True)
class SaleLineView:
    """One row, ready for the screen."""

    id: uuid.UUID
    receipt_number: str
    when: str
    place: str
    cashier: str
    customer: str
    lines: str
    methods: str
    total: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class SalesView:
    """The sales to show, the newest first, and their sum in words: ``124 sales, 3 returns · 2,310.40 GBP``."""

    ids: Sequence[uuid.UUID]
    sum_words: str


def list_sales(desk: Desk, wanted: SalesFilter) -> SalesView:
    """The sales that fit. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE, Permission.SEE_SALES)
    with desk.replica.read() as connection:
        return SalesView(sale_ids(connection, wanted), _sum_words(sales_sum(connection, wanted)))


def sale_lines(desk: Desk, ids: Sequence[uuid.UUID]) -> list[SaleLineView | None]:
    """The cells of some sales in the order asked for; None where one left the device."""
    with desk.replica.read() as connection:
        rows = sale_rows(connection, ids)
    today = desk.today()
    return [None if row is None else _line(row, today) for row in rows]


def show_receipt(station: Station, number: str) -> SoldView:
    """A receipt with its lines and its text. Raises ``UserError`` ``not_allowed``, ``receipt_unknown``."""
    Desk.at(station).require(Permission.USE_OFFICE, Permission.SEE_SALES)
    return find_receipt(station, number)


def _line(row: SaleRow, today: dt.date) -> SaleLineView:
    place = row.device_name if row.store_name in row.device_name else f"{row.store_name} · {row.device_name}"
    return SaleLineView(
        id=row.id,
        receipt_number=row.receipt_number,
        when=moment_text(datetime_at(row.sealed_at, row.time_zone), today),
        place=place.strip(" ·"),
        cashier=row.cashier,
        customer=row.customer,
        lines=str(row.lines),
        methods=", ".join(payment_method(method).name for method in row.methods),
        total=amount_text(row.total, currency(row.currency)),
        is_return=row.kind == "return",
    )


def _sum_words(total: SalesSum) -> str:
    sales = "1 sale" if total.sales == 1 else f"{total.sales:,} sales"
    returns = {0: "", 1: ", 1 return"}.get(total.returns, f", {total.returns:,} returns")
    amounts = " + ".join(f"{amount_text(amount, currency(code))} {code}" for code, amount in total.totals)
    return f"{sales}{returns}" + (f" · {amounts}" if amounts else "")
