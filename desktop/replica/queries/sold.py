"""Sealed sales as the replica holds them: by receipt number, with what has come back of each line."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from shared.sales import (
    SaleKind,
    SealedDiscount,
    SealedLine,
    SealedLineTax,
    SealedSale,
    SealedTax,
    SealedTender,
)
from shared.schema.sales import Sale, SaleLine, SaleTax, SaleTender


def sales_by_receipt(connection: Connection, receipt_number: str) -> list[SealedSale]:
    """The sales with this receipt number, the newest first; there is more than one only after a fork of a till."""
    ids = connection.execute(
        select(Sale.id).where(Sale.receipt_number == receipt_number).order_by(Sale.sealed_at.desc(), Sale.id.desc())
    ).scalars()
    return [sale for sale_id in ids.all() if (sale := sale_by_id(connection, sale_id)) is not None]


def sale_by_id(connection: Connection, sale_id: uuid.UUID) -> SealedSale | None:
    """One sealed sale, equal to what was sealed; None if this replica does not hold it."""
    row = connection.execute(select(*Sale.__table__.columns).where(Sale.id == sale_id)).first()
    if row is None:
        return None
    lines = tuple(
        _line(line)
        for line in connection.execute(
            select(*SaleLine.__table__.columns).where(SaleLine.sale_id == sale_id).order_by(SaleLine.number)
        )
    )
    values = row._asdict()
    values["kind"] = SaleKind(values["kind"])
    return SealedSale(
        **values, lines=lines, taxes=_taxes(connection, sale_id, lines), tenders=_tenders(connection, sale_id)
    )


def returned_quantities(connection: Connection, line_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How much of each sold line has come back so far, in positive thousandths, as this replica knows."""
    rows = connection.execute(
        select(SaleLine.return_of_line_id, -func.sum(SaleLine.quantity))
        .where(SaleLine.return_of_line_id.in_(line_ids), SaleLine.removed_at.is_(None))
        .group_by(SaleLine.return_of_line_id)
    )
    return {line_id: quantity for line_id, quantity in rows if line_id is not None}


def receipt_numbers_of(connection: Connection, sale_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The receipt number of each of these sales that this replica holds."""
    rows = connection.execute(select(Sale.id, Sale.receipt_number).where(Sale.id.in_(sale_ids)))
    return {row[0]: row[1] for row in rows}


def _line(row: Row[Any]) -> SealedLine:
    values = row._asdict()
    del values["sale_id"]
    values["taxes"] = tuple(SealedLineTax.from_json(tax) for tax in values["taxes"])
    values["discounts"] = tuple(SealedDiscount.from_json(discount) for discount in values["discounts"])
    return SealedLine(**values)


def _taxes(connection: Connection, sale_id: uuid.UUID, lines: Sequence[SealedLine]) -> tuple[SealedTax, ...]:
    """The sale's taxes in the order in which the lines name them, which is the order they were sealed in."""
    rows = connection.execute(
        select(SaleTax.id, SaleTax.code, SaleTax.name, SaleTax.rate_ppm, SaleTax.base, SaleTax.tax).where(
            SaleTax.sale_id == sale_id
        )
    )
    places: dict[tuple[str, int], int] = {}
    for line in lines:
        for tax in line.taxes:
            places.setdefault((tax.code, tax.rate_ppm), len(places))
    return tuple(
        sorted((SealedTax(*row) for row in rows), key=lambda tax: places.get((tax.code, tax.rate_ppm), len(places)))
    )


def _tenders(connection: Connection, sale_id: uuid.UUID) -> tuple[SealedTender, ...]:
    rows = connection.execute(
        select(
            SaleTender.id,
            SaleTender.number,
            SaleTender.method,
            SaleTender.given,
            SaleTender.change,
            SaleTender.amount,
            SaleTender.reference,
        )
        .where(SaleTender.sale_id == sale_id)
        .order_by(SaleTender.number)
    )
    return tuple(SealedTender(*row[:-1], reference=_reference(row[-1])) for row in rows)


def _reference(stored: object) -> Mapping[str, str]:
    assert isinstance(stored, dict)
    return stored
