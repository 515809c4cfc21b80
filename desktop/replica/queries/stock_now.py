"""What each store has of some variants now: pulled levels with this device's own movements laid over. Thousandths."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from desktop.replica.schema import ExpectedStock, Identity

_LEVELS = """SELECT store_id, variant_id, on_hand, reserved, damaged, in_quality_control, incoming, ledger_position
    FROM stock_level
    WHERE variant_id IN (SELECT unhex(value) FROM json_each(?))"""


@dataclass(frozen=True, slots=True)
class StockNow:
    """One variant in one store; ``on_hand`` has the device's own movements that the server's level lacks.

    ``ledger_position`` is that of the server's level.
    """

    on_hand: int = 0
    reserved: int = 0
    damaged: int = 0
    in_quality_control: int = 0
    incoming: int = 0
    ledger_position: int = 0

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


def stock_by_store(
    connection: Connection, variant_ids: Sequence[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], StockNow]:
    """(store, variant) → stock, for every store this device knows levels of."""
    own = own_movements(connection, variant_ids)
    variant_by_bytes = {variant_id.bytes: variant_id for variant_id in variant_ids}
    stores: dict[bytes, uuid.UUID] = {}
    found: dict[tuple[uuid.UUID, uuid.UUID], StockNow] = {}
    ids = json.dumps([variant_id.hex for variant_id in variant_ids])
    for store, variant, on_hand, *rest in connection.exec_driver_sql(_LEVELS, (ids,)):
        store_id = stores.get(store) or stores.setdefault(store, uuid.UUID(bytes=store))
        key = (store_id, variant_by_bytes[variant])
        found[key] = StockNow(on_hand + own.pop(key, 0), *rest)
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
