"""The continuous comparison of the ledger with what is worked out from it, a slice at a time, and its repairs."""

from __future__ import annotations

from collections.abc import Sequence

from shared.ids import derived_id
from shared.quantity import Quantity
from shared.sync.decision import EntryKind, EntryState
from sync_server.db.sessions import Connection, Database
from sync_server.inbox import service as inbox
from sync_server.inventory import compensation_service, reconciliation_repository
from sync_server.inventory.reconciliation_repository import Round, StockDifference

__all__ = ["Round", "StockDifference", "compare_slice", "differences_now", "repair", "standing_round"]

SLICE_ROWS = 500
ENTRIES_MAX_PER_SLICE = 20
"""More differences than that at once are one trouble: the rest is repaired and counted without an entry of its own."""


def compare_slice(database: Database, *, rows: int = SLICE_ROWS) -> int:
    """Compare the next ``rows`` balances with the ledger and repair what differs; gives how many were repaired.

    Does nothing where another server is at it.
    """
    with database.reading() as connection:
        within = reconciliation_repository.next_slice(connection, rows)
        differences = reconciliation_repository.compare(connection, within)
    with database.writing() as connection:
        if not reconciliation_repository.is_comparer(connection):
            return 0
        if reconciliation_repository.next_slice(connection, rows).after != within.after:
            return 0
        now = database.clock.now()
        repair(connection, differences, now=now)
        reconciliation_repository.move_on(connection, within, repaired=len(differences), now=now)
    return len(differences)


def differences_now(connection: Connection) -> list[StockDifference]:
    """Everything that differs at this moment, as this transaction sees it."""
    return reconciliation_repository.compare(connection)


def repair(connection: Connection, differences: Sequence[StockDifference], *, now: int) -> None:
    """Put right what is derived, say so in the inbox, and hold the promises against the new figures."""
    if not differences:
        return
    pairs = [(each.store_id, each.variant_id) for each in differences]
    reconciliation_repository.repair(connection, pairs)
    inbox.add_entries(connection, [_entry(each, now) for each in differences[:ENTRIES_MAX_PER_SLICE]])
    compensation_service.review_promises(connection, pairs, now=now)


def standing_round(connection: Connection) -> Round:
    """How the continuous comparison stands."""
    return reconciliation_repository.standing_round(connection)


def _entry(found: StockDifference, now: int) -> inbox.Entry:
    shown = found.level_on_hand if found.balance_on_hand == found.ledger_on_hand else found.balance_on_hand
    was = "nothing at all" if shown is None else str(Quantity(shown))
    return inbox.Entry(
        id=derived_id("stock_repaired", found.store_id, found.variant_id, str(now)),
        kind=EntryKind.DISCREPANCY,
        entity="variant",
        entity_id=found.variant_id,
        title=found.sku or "A product that is not in the catalogue",
        reason=(
            f"The stock figures said {was} where the movements add up to {Quantity(found.ledger_on_hand)}. "
            "They were worked out again from the movements; nothing needs to be counted."
        ),
        created_at=now,
        state=EntryState.SETTLED,
        store_id=found.store_id,
        base={"on_hand": None if shown is None else str(Quantity(shown))},
        mine={"on_hand": str(Quantity(found.ledger_on_hand)), "reserved": str(Quantity(found.held_reserved))},
        stands="mine",
    )
