"""The find field of the office: products, customers and receipts by what is typed, best first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from desktop.replica.queries.customer_list import customer_ids, customer_rows
from desktop.replica.queries.sales_list import SalesFilter, sale_ids, sale_rows
from desktop.replica.search import Match, find
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import amount_text, moment_text, price_text
from shared.clock import datetime_at
from shared.money import currency
from shared.permissions import Permission, is_allowed

_PRODUCTS_MAX = 8
_CUSTOMERS_MAX = 3
_RECEIPTS_MAX = 3
_RECEIPT_MIN_CHARACTERS = 4


class HitKind(StrEnum):
    """What was found."""

    PRODUCT = "product"
    CUSTOMER = "customer"
    RECEIPT = "receipt"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found.

    Attributes:
        target: the variant, customer or sale; None for a page.
        name: the page's name, or the receipt's number.
    """

    kind: HitKind
    title: str
    detail: str
    figure: str = ""
    target: uuid.UUID | None = None
    name: str = ""


def find_anything(desk: Desk, text: str) -> tuple[Hit, ...]:
    """What fits: products, customers, receipts, then products if something was mistyped.

    Raises:
        UserError: ``not_allowed``.
    """
    desk.require(Permission.USE_OFFICE)
    wanted = text.strip()
    if not wanted:
        return ()
    sure, guessed = _products(desk, wanted)
    return (*sure, *_customers(desk, wanted), *_receipts(desk, wanted), *guessed)


def _products(desk: Desk, text: str) -> tuple[list[Hit], list[Hit]]:
    """Those that fit as typed, and those that fit if something was mistyped."""
    store = desk.facts.store
    with desk.replica.read() as connection:
        found = find(connection, text, _PRODUCTS_MAX, store.price_list_id, desk.today(), is_on_sale_only=False)
    sure: list[Hit] = []
    guessed: list[Hit] = []
    for each in found:
        price = price_text(each.unit_price_micro, store.currency)
        hit = Hit(HitKind.PRODUCT, each.name, each.sku, price, each.variant_id)
        (guessed if each.match is Match.CORRECTED else sure).append(hit)
    return sure, guessed


def _customers(desk: Desk, text: str) -> list[Hit]:
    with desk.replica.read() as connection:
        rows = customer_rows(connection, customer_ids(connection, text)[:_CUSTOMERS_MAX])
    return [Hit(HitKind.CUSTOMER, row.name, row.number, target=row.id) for row in rows if row is not None]


def _receipts(desk: Desk, text: str) -> list[Hit]:
    if len(text) < _RECEIPT_MIN_CHARACTERS or not any(sign.isdigit() for sign in text):
        return []
    if not is_allowed(desk.person.role, Permission.SEE_SALES):
        return []
    with desk.replica.read() as connection:
        rows = sale_rows(connection, sale_ids(connection, SalesFilter(receipt=text))[:_RECEIPTS_MAX])
    today = desk.today()
    return [
        Hit(
            HitKind.RECEIPT,
            f"Receipt {row.receipt_number}",
            f"{moment_text(datetime_at(row.sealed_at, row.time_zone), today)}, {row.device_name}",
            amount_text(row.total, currency(row.currency)),
            row.id,
            row.receipt_number,
        )
        for row in rows
        if row is not None
    ]
