"""Orders that the server lost with a restore and a device still holds come back.

Their goods are promised again if there are any left, and somebody is told either way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from shared.ids import derived_id
from shared.orders import OrderState
from shared.sync.decision import EntryKind
from sync_server.catalogue import service as catalogue
from sync_server.db.epoch import current_epoch
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.inventory import service as inventory
from sync_server.orders import repository, service

_BACK = "The server lost this order with a restore; a device still had it. Check with the customer that it is right."
_UNKEPT = (
    "The server lost this order with a restore; a device still had it. Its goods are promised to others by now: find "
    "them elsewhere, or cancel the order and tell the customer."
)
_NUMBER_TAKEN = " Its number was given to another order on the rebuilt server: tell both apart by what is in them."


def readmit(
    connection: Connection,
    row: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    *,
    now: int,
    told_by: str,
) -> str:
    """Put back an order, or bring one that is there on to the state it had; gives what became of the offer.

    Args:
        connection: the transaction.
        row: the order as the device has it, Python values by column.
        lines: its lines.
        now: the server's clock, UTC microseconds.
        told_by: the device, in words.
    """
    order_id, wanted = row["id"], OrderState(row["state"])
    held = repository.order_by_id(connection, order_id, is_held=True)
    if held is not None and held[0]["state"] == wanted:
        return "repeated"
    is_kept = True
    if held is None:
        is_kept = _put_back(connection, row, lines, wanted, now)
    _move_on(connection, order_id, wanted, now)
    reason = _BACK if is_kept else _UNKEPT
    if repository.is_number_taken(connection, str(row["number"]), order_id):
        reason += _NUMBER_TAKEN
    entry = Entry(
        # One for each history: what was said of it after an earlier restore may have come back with it.
        id=derived_id("readmitted", order_id, wanted.value, str(current_epoch(connection))),
        kind=EntryKind.RECOVERY,
        entity="customer_order",
        entity_id=order_id,
        title=str(row["number"]),
        reason=reason,
        created_at=now,
        store_id=row["store_id"],
        mine={"state": wanted.value},
        mine_by=told_by,
        stands="mine",
    )
    inbox.add_entries(connection, [entry])
    return "applied"


def _put_back(
    connection: Connection, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], wanted: OrderState, now: int
) -> bool:
    """Write the order as it was placed; whether its goods could be promised, where they still have to be."""
    order_id = row["id"]
    repository.claim(connection, order_id, now)
    repository.add(connection, {**row, "state": OrderState.PLACED.value}, lines)
    if wanted not in (OrderState.PLACED, OrderState.READY):
        return True
    kinds = catalogue.kinds_of(connection, [line["variant_id"] for line in lines])
    goods = [(line["variant_id"], line["quantity"]) for line in lines if kinds.get(line["variant_id"]) != "service"]
    try:
        with connection.begin_nested():
            inventory.promise(connection, row["store_id"], order_id, goods, now=now, expires_at=row["expires_at"])
    except inventory.OutOfStock:
        return False
    return True


def _move_on(connection: Connection, order_id: uuid.UUID, wanted: OrderState, now: int) -> None:
    if wanted is OrderState.FULFILLED:
        service.fulfil(connection, order_id, now=now)
    elif wanted is OrderState.CANCELLED:
        service.cancel(connection, order_id, now=now)
    else:
        repository.set_state(connection, order_id, wanted.value, now)
