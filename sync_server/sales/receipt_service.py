"""Receipt numbers are never given twice, unless two copies of one till sold at a time: then a person must know."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from shared.ids import derived_id
from shared.sync.decision import EntryKind
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.sales import receipt_repository


def report_shared_numbers(connection: Connection, sale_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Tell the inbox of each of these sales whose receipt number another sale has; both sales stand.

    Args:
        connection: the transaction that took the sales.
        sale_ids: of the sales that arrived.
        now: the server's clock, UTC microseconds.

    Gives how many entries are new.
    """
    entries = []
    for shared in receipt_repository.shared_numbers(connection, sale_ids):
        pair = sorted((shared.sale_id.bytes, shared.other_id.bytes))
        entries.append(
            Entry(
                id=derived_id("duplicate_receipt", *(uuid.UUID(bytes=each) for each in pair)),
                kind=EntryKind.DUPLICATE_RECEIPT,
                entity="sale",
                entity_id=shared.sale_id,
                field="receipt_number",
                title=f"Receipt {shared.receipt_number}",
                reason="Two sales carry this receipt number: two copies of one till were selling. Both are kept. Find "
                "the copy and switch it off.",
                created_at=now,
                store_id=shared.store_id,
                mine={"sale": str(shared.sale_id), "total": shared.total, "currency": shared.currency},
                mine_by=shared.device,
                mine_at=shared.sealed_at,
                theirs={"sale": str(shared.other_id), "total": shared.other_total, "currency": shared.currency},
                theirs_by=shared.other_device,
                theirs_at=shared.other_sealed_at,
            )
        )
    return inbox.add_entries(connection, entries) if entries else 0
