"""Baskets put aside in a store."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, select

from shared.schema.sales import ParkedSale


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked basket. ``basket`` is JSON as ``desktop.usecases.basket_text`` writes it; ``total`` in minor units."""

    id: uuid.UUID
    device_id: uuid.UUID
    label: str
    parked_at: int
    parked_by: uuid.UUID
    total: int
    currency: str
    basket: object
    is_free: bool


def parked_baskets(connection: Connection, store_id: uuid.UUID) -> list[ParkedRow]:
    """The baskets that may be taken up, the newest first."""
    rows = connection.execute(
        select(*ParkedSale.__table__.columns)
        .where(ParkedSale.store_id == store_id, ParkedSale.taken_at.is_(None), ~ParkedSale.is_discarded)
        .order_by(ParkedSale.parked_at.desc(), ParkedSale.id.desc())
    )
    return [
        ParkedRow(
            row.id,
            row.device_id,
            row.label,
            row.parked_at,
            row.parked_by,
            row.total,
            row.currency,
            row.basket,
            is_free=True,
        )
        for row in rows
    ]


def parked_basket(connection: Connection, parked_id: uuid.UUID) -> ParkedRow | None:
    """One parked basket, taken or not; None if this replica does not hold it."""
    row = connection.execute(select(*ParkedSale.__table__.columns).where(ParkedSale.id == parked_id)).first()
    if row is None:
        return None
    is_free = row.taken_at is None and not row.is_discarded
    return ParkedRow(
        row.id,
        row.device_id,
        row.label,
        row.parked_at,
        row.parked_by,
        row.total,
        row.currency,
        row.basket,
        is_free=is_free,
    )
