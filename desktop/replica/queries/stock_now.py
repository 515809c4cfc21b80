"""What each store has of some variants now: pulled levels with this device's own movements laid over. Thousandths."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from desktop.replica.schema import ExpectedStock, Identity
from shared.schema.stock import StockLevel


@dataclass(frozen=True, slots=True)
class StockNow:
    """One variant in one store; ``on_hand`` has the device's own movements that the server's level lacks."""

    on_hand: int = 0
    reserved: int = 0
    damaged: int = 0
    in_quality_control: int = 0
    incoming: int = 0

    @property
    def available(self) -> int:
        """What may be sold or promised."""
        return self.on_hand - self.reserved - self.damaged - self.in_quality_control


def store_stock(
    connection: Connection, store_id: uuid.UUID, variant_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, StockNow]:
    """The stock of some variants in one store; variants without a level are left out."""
    found = stock_by_store(connection, variant_ids)
    return {variant: stock for (store, variant), stock in found.items() if store == store_id}


def chain_stock(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """On hand in all stores together that this device knows of; variants without a level are left out."""
    totals: dict[uuid.UUID, int] = {}
    for (_, variant_id), stock in stock_by_store(connection, variant_ids).items():
        totals[variant_id] = totals.get(variant_id, 0) + stock.on_hand
    return totals


def stock_by_store(
    connection: Connection, variant_ids: Sequence[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], StockNow]:
    """(store, variant) → stock, for every store this device knows levels of."""
    own = own_movements(connection, variant_ids)
    levels = connection.execute(
        select(
            StockLevel.store_id,
            StockLevel.variant_id,
            StockLevel.on_hand,
            StockLevel.reserved,
            StockLevel.damaged,
            StockLevel.in_quality_control,
            StockLevel.incoming,
        ).where(StockLevel.variant_id.in_(variant_ids))
    )
    found = {
        (row[0], row[1]): StockNow(row[2] + own.pop((row[0], row[1]), 0), row[3], row[4], row[5], row[6])
        for row in levels
    }
    found.update({key: StockNow(quantity) for key, quantity in own.items()})
    return found


def own_movements(connection: Connection, variant_ids: Sequence[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """(store, variant) → change made on this device that the pulled levels do not include yet."""
    projected = select(func.coalesce(func.max(Identity.projected_number), 0)).scalar_subquery()
    rows = connection.execute(
        select(ExpectedStock.store_id, ExpectedStock.variant_id, func.sum(ExpectedStock.quantity))
        .where(ExpectedStock.variant_id.in_(variant_ids), ExpectedStock.number > projected)
        .group_by(ExpectedStock.store_id, ExpectedStock.variant_id)
    )
    return {(row[0], row[1]): row[2] for row in rows}
