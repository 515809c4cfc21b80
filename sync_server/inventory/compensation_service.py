"""Tasks for promises that can no longer be kept: a sale at the counter is a fact, so what it took has to be made good.

Each order that comes up short of a product gets an inbox entry of kind ``compensation``; it is closed by itself once
stock has arrived, or the order was cancelled, handed out or moved elsewhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from shared.ids import derived_id
from shared.quantity import Quantity
from shared.sync.decision import EntryKind, Take
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inventory import compensation_repository
from sync_server.inventory.compensation_repository import ShortOrder


def review_promises(connection: Connection, pairs: Collection[tuple[uuid.UUID, uuid.UUID]], *, now: int) -> int:
    """Hold the promises of these (store, variant) against what there is; open and close tasks accordingly.

    Called in the transaction that changed their balances, which keeps them locked until it ends. Gives how many orders
    come up short now.
    """
    if not pairs:
        return 0
    short = compensation_repository.short_orders(connection, pairs, now)
    known = {
        (broken.order_id, broken.variant_id): broken for broken in compensation_repository.broken(connection, pairs)
    }
    stays = {(each.order_id, each.variant_id, each.missing) for each in short}
    over = [each.entry_id for key, each in known.items() if (*key, each.missing) not in stays]
    fresh = [
        (each, _entry_id(each))
        for each in short
        if (each.order_id, each.variant_id) not in known
        or known[each.order_id, each.variant_id].missing != each.missing
    ]
    if over:
        compensation_repository.forget(connection, over)
        inbox.close_entries(connection, over, Take.THEIRS, now=now)
    if fresh:
        compensation_repository.remember(connection, fresh)
        inbox.add_entries(connection, [_entry(each, entry_id, now) for each, entry_id in fresh])
    return len(short)


def count_broken(connection: Connection) -> int:
    """How many promises cannot be kept at the moment."""
    return compensation_repository.count(connection)


def _entry_id(short: ShortOrder) -> uuid.UUID:
    """Another one each time an order comes up short anew, so that a closed task is not brought back to life."""
    return derived_id(
        EntryKind.COMPENSATION, short.order_id, short.variant_id, f"{short.ledger_position}/{short.missing}"
    )


def _entry(short: ShortOrder, entry_id: uuid.UUID, now: int) -> inbox.Entry:
    missing, promised = Quantity(short.missing), Quantity(short.quantity)
    order = f"Order {short.number}" if short.number else "An order"
    what = short.title or "a product that is not in the catalogue"
    return inbox.Entry(
        id=entry_id,
        kind=EntryKind.COMPENSATION,
        entity="customer_order",
        entity_id=short.order_id,
        title=f"{order}: {what}",
        reason=(
            f"{missing} of the {promised} promised were sold at the counter. "
            "Hand the order out from another store, wait for goods, or cancel it."
        ),
        created_at=now,
        store_id=short.store_id,
        mine={"missing": str(missing), "promised": str(promised), "variant_id": str(short.variant_id)},
    )
