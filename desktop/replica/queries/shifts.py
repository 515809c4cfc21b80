"""Shifts of this till and what was sold, paid and moved during one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from shared.payments import CASH
from shared.schema.sales import CashMovement, Sale, SaleTax, SaleTender, Shift


@dataclass(frozen=True, slots=True)
class OpenShift:
    """The shift this till has open. ``opening_float`` in minor units, ``opened_at`` UTC microseconds."""

    id: uuid.UUID
    number: int
    business_date: dt.date
    currency: str
    opened_at: int
    opened_by: uuid.UUID
    opening_float: int


@dataclass(frozen=True, slots=True)
class KindSums:
    """The sales or the returns of a shift: how many, and their amounts in minor units (negative for returns)."""

    count: int = 0
    goods: int = 0
    discount: int = 0
    net: int = 0
    tax: int = 0
    total: int = 0
    rounding: int = 0


def open_shift_of(connection: Connection, device_id: uuid.UUID) -> OpenShift | None:
    """The open shift of a device; None when there is none."""
    row = connection.execute(
        select(
            Shift.id,
            Shift.number,
            Shift.business_date,
            Shift.currency,
            Shift.opened_at,
            Shift.opened_by,
            Shift.opening_float,
        )
        .where(Shift.device_id == device_id, Shift.closed_at.is_(None))
        .order_by(Shift.number.desc())
        .limit(1)
    ).first()
    return None if row is None else OpenShift(*row)


def last_shift_number(connection: Connection, device_id: uuid.UUID) -> int:
    """The number of the newest shift of a device; 0 if there was none."""
    return connection.execute(select(func.max(Shift.number)).where(Shift.device_id == device_id)).scalar_one() or 0


def sums_by_kind(connection: Connection, shift_id: uuid.UUID) -> dict[str, KindSums]:
    """What was sold and what came back during a shift, by ``sale`` and ``return``."""
    rows = connection.execute(
        select(
            Sale.kind,
            func.count(),
            func.sum(Sale.goods_total),
            func.sum(Sale.discount_total),
            func.sum(Sale.net_total),
            func.sum(Sale.tax_total),
            func.sum(Sale.total),
            func.sum(Sale.rounding_total),
        )
        .where(Sale.shift_id == shift_id)
        .group_by(Sale.kind)
    )
    return {row[0]: KindSums(*row[1:]) for row in rows}


def tender_sums(connection: Connection, shift_id: uuid.UUID) -> dict[str, tuple[int, int]]:
    """Payments of a shift by method: (how many, what they settled in minor units, paid-out ones negative)."""
    rows = connection.execute(
        select(SaleTender.method, func.count(), func.sum(SaleTender.amount))
        .join(Sale, Sale.id == SaleTender.sale_id)
        .where(Sale.shift_id == shift_id)
        .group_by(SaleTender.method)
        .order_by(SaleTender.method)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def cash_tender_sums(connection: Connection, shift_id: uuid.UUID) -> tuple[int, int]:
    """(what cash tenders settled, what was paid out in cash, negative) during a shift, minor units."""
    rows = connection.execute(
        select(SaleTender.amount > 0, func.sum(SaleTender.amount))
        .join(Sale, Sale.id == SaleTender.sale_id)
        .where(Sale.shift_id == shift_id, SaleTender.method == CASH.code)
        .group_by(SaleTender.amount > 0)
    )
    sums = {bool(is_taken): amount for is_taken, amount in rows}
    return sums.get(True, 0), sums.get(False, 0)


def tax_sums(connection: Connection, shift_id: uuid.UUID) -> list[tuple[str, str, int, int, int]]:
    """Taxes of a shift: (code, name, rate in millionths, base, tax), minor units."""
    rows = connection.execute(
        select(SaleTax.code, SaleTax.name, SaleTax.rate_ppm, func.sum(SaleTax.base), func.sum(SaleTax.tax))
        .join(Sale, Sale.id == SaleTax.sale_id)
        .where(Sale.shift_id == shift_id)
        .group_by(SaleTax.code, SaleTax.name, SaleTax.rate_ppm)
        .order_by(SaleTax.code, SaleTax.rate_ppm)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def cash_movement_sums(connection: Connection, shift_id: uuid.UUID) -> dict[str, tuple[int, int]]:
    """Cash movements of a shift by kind: (how many, minor units, signed)."""
    rows = connection.execute(
        select(CashMovement.kind, func.count(), func.sum(CashMovement.amount))
        .where(CashMovement.shift_id == shift_id)
        .group_by(CashMovement.kind)
        .order_by(CashMovement.kind)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def receipt_range(connection: Connection, shift_id: uuid.UUID) -> tuple[str, str]:
    """The first and the last receipt number of a shift; empty texts if nothing was sealed."""
    numbers = (
        connection.execute(
            select(Sale.receipt_number).where(Sale.shift_id == shift_id).order_by(Sale.series, Sale.number)
        )
        .scalars()
        .all()
    )
    return (numbers[0], numbers[-1]) if numbers else ("", "")


def parked_count(connection: Connection, store_id: uuid.UUID) -> int:
    """How many baskets are parked in a store."""
    count: int = connection.exec_driver_sql(
        "SELECT count(*) FROM parked_sale WHERE store_id = ? AND taken_at IS NULL AND NOT is_discarded",
        (store_id.bytes,),
    ).scalar_one()
    return count
