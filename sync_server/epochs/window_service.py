"""Going on after a restore from a backup older than what a device keeps: its missing numbers are noted, once."""

from __future__ import annotations

import uuid

from shared.ids import derived_id
from shared.sync.decision import EntryKind
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.epochs import window_repository
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry


def accept_missing(
    connection: Connection, context: PushContext, incarnation: uuid.UUID, *, first: int, last: int
) -> bool:
    """Take a device's numbers as missing from ``first`` to ``last``; whether that may be.

    It may once in an epoch, and only if the number before them came in an earlier one. Somebody is told which numbers
    of which device nobody has any more.
    """
    is_open = window_repository.open_window(
        connection, context.device_id, incarnation, first=first, last=last, now=context.now
    )
    if not is_open:
        return False
    entry = Entry(
        id=derived_id("recovery", context.device_id, incarnation, str(first), str(last)),
        kind=EntryKind.RECOVERY,
        entity="device",
        entity_id=context.device_id,
        title=context.device_name,
        reason=(
            f"The restored backup was older than what {context.device_name} keeps: its changes {first:,} to {last:,} "
            "are missing. Sales and documents it still holds came back by themselves; compare its stock and its "
            "cash with what is here."
        ),
        created_at=context.now,
        store_id=context.store_id,
        mine={"first": first, "last": last},
        mine_by=context.device_name,
    )
    inbox.add_entries(connection, [entry])
    return True
