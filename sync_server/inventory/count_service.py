"""Counts that did not know of each other: what the ledger makes of them is put right in the push that brings them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from shared.ids import derived_id
from shared.stock import MovementReason
from shared.stock.count import SettledCount, effect_of_count
from sync_server.db.sessions import Connection
from sync_server.inventory import count_repository, ledger_repository
from sync_server.inventory.count_repository import ArrivedCount
from sync_server.inventory.ledger_repository import LedgerRow, Moved


def settle(connection: Connection, movement_ids: Sequence[uuid.UUID], moved: Sequence[Moved]) -> list[Moved]:
    """Add the corrections of the counts among movements whose balances have just followed, and which are locked.

    Gives the balances that corrections changed.
    """
    position = {(each.store_id, each.variant_id): each.ledger_position for each in moved}
    corrected: list[Moved] = []
    for arrived in count_repository.arrived(connection, movement_ids):
        key = (arrived.store_id, arrived.variant_id)
        before = count_repository.settled_after(connection, *key, arrived.count.base_position)
        effect = effect_of_count(arrived.count, before)
        correction = effect - arrived.count.difference
        if correction:
            corrected += ledger_repository.move(connection, [_correction(arrived, correction)])
            position[key] += 1
        count_repository.keep(connection, [(arrived, SettledCount(arrived.count, position[key], effect))])
    return corrected


def _correction(arrived: ArrivedCount, quantity: int) -> LedgerRow:
    """What takes back that two counts put the same right; the same one whenever the count is applied."""
    return LedgerRow(
        id=derived_id("count_correction", arrived.count.id),
        store_id=arrived.store_id,
        variant_id=arrived.variant_id,
        quantity=quantity,
        reason=MovementReason.COUNT,
        at=arrived.count.at,
        business_date=arrived.business_date,
        device_id=arrived.count.device_id,
        user_id=arrived.user_id,
        source_id=arrived.count.id,
    )
