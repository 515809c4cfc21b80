"""The office's list of sealed sales and returns. Amounts in minor units, instants in UTC microseconds."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from desktop.replica.queries.same_person import same_person_as
from shared.schema.people import Customer
from shared.schema.sales import Sale, SaleLine, SaleTender
from shared.schema.stores import AppUser, Device, Store


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Which sales: of a store (None: all), between two business dates, of a kind, by the beginning of a receipt number.

    ``text`` also finds customers by name and goods by name or stock-keeping code; ``receipt`` nothing but receipts.
    """

    store_id: uuid.UUID | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    kind: str = ""
    text: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One row of the list. ``methods`` are the payment methods used, in order."""

    id: uuid.UUID
    receipt_number: str
    kind: str
    sealed_at: int
    time_zone: str
    business_date: dt.date
    store_name: str
    device_name: str
    cashier: str
    customer: str
    currency: str
    total: int
    lines: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SalesSum:
    """Of the sales shown: how many, and their totals per currency (returns are negative)."""

    sales: int
    returns: int
    totals: tuple[tuple[str, int], ...]


def sale_ids(connection: Connection, wanted: SalesFilter) -> list[uuid.UUID]:
    """The sales to show, the newest first."""
    query = select(Sale.id).where(*_conditions(wanted)).order_by(Sale.sealed_at.desc(), Sale.id.desc())
    return list(connection.execute(query).scalars())


def sales_sum(connection: Connection, wanted: SalesFilter) -> SalesSum:
    """The sum over the same sales."""
    query = (
        select(Sale.currency, Sale.kind, func.count(), func.sum(Sale.total + Sale.rounding_total))
        .where(*_conditions(wanted))
        .group_by(Sale.currency, Sale.kind)
    )
    counts = {"sale": 0, "return": 0}
    totals: dict[str, int] = {}
    for code, kind, count, total in connection.execute(query):
        counts[kind] = counts.get(kind, 0) + count
        totals[code] = totals.get(code, 0) + total
    return SalesSum(counts["sale"], counts["return"], tuple(sorted(totals.items())))


def sale_rows(connection: Connection, ids: Sequence[uuid.UUID]) -> list[SaleRow | None]:
    """The cells of some sales in the order asked for; None where a sale left the device meanwhile."""
    customer = func.coalesce(Customer.name, Sale.customer_reference)
    found: Sequence[Sequence[Any]] = connection.execute(
        select(
            Sale.id,
            Sale.receipt_number,
            Sale.kind,
            Sale.sealed_at,
            Sale.time_zone,
            Sale.business_date,
            func.coalesce(Store.name, ""),
            func.coalesce(Device.name, ""),
            func.coalesce(AppUser.display_name, ""),
            customer,
            Sale.currency,
            Sale.total + Sale.rounding_total,
        )
        .outerjoin(Store, Store.id == Sale.store_id)
        .outerjoin(Device, Device.id == Sale.device_id)
        .outerjoin(AppUser, AppUser.id == Sale.cashier_id)
        .outerjoin(Customer, Customer.id == Sale.customer_id)
        .where(Sale.id.in_(ids))
    ).all()
    lines = _line_counts(connection, ids)
    methods = _methods(connection, ids)
    rows = {row[0]: SaleRow(*[*row, lines.get(row[0], 0), methods.get(row[0], ())]) for row in found}
    return [rows.get(sale_id) for sale_id in ids]


def _conditions(wanted: SalesFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.store_id is not None:
        found.append(Sale.store_id == wanted.store_id)
    if wanted.first_day is not None:
        found.append(Sale.business_date >= wanted.first_day)
    if wanted.last_day is not None:
        found.append(Sale.business_date <= wanted.last_day)
    if wanted.kind:
        found.append(Sale.kind == wanted.kind)
    if wanted.text.strip():
        found.append(_matches(wanted.text.strip()))
    if wanted.receipt:
        found.append(_has_number(wanted.receipt))
    return found


def _has_number(text: str) -> ColumnElement[bool]:
    """The number begins or ends so; people leave out the store and the till, or the rest."""
    return Sale.receipt_number.startswith(text, autoescape=True) | Sale.receipt_number.endswith(text, autoescape=True)


def _matches(text: str) -> ColumnElement[bool]:
    goods = select(SaleLine.sale_id).where(
        SaleLine.name.contains(text, autoescape=True) | (func.lower(SaleLine.sku) == text.lower())
    )
    buyers = select(Customer.id).where(Customer.name.contains(text, autoescape=True))
    return _has_number(text) | Sale.customer_id.in_(same_person_as(buyers)) | Sale.id.in_(goods)


def _line_counts(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = connection.execute(
        select(SaleLine.sale_id, func.count())
        .where(SaleLine.sale_id.in_(ids), SaleLine.removed_at.is_(None))
        .group_by(SaleLine.sale_id)
    )
    return {row[0]: row[1] for row in rows}


def _methods(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    rows = connection.execute(
        select(SaleTender.sale_id, SaleTender.method)
        .where(SaleTender.sale_id.in_(ids))
        .order_by(SaleTender.sale_id, SaleTender.number)
    )
    for sale_id, method in rows:
        so_far = found.get(sale_id, ())
        found[sale_id] = so_far if method in so_far else (*so_far, method)
    return found
