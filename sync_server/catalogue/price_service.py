"""Prices as they arrive: two amounts for one slot go to review, and the standing one stays until someone decides."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from shared.ids import derived_id
from shared.money.decimal_text import format_scaled
from shared.sync.decision import EntryKind, Take
from sync_server.catalogue import price_repository
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox

_WORDS = {"selling": "price", "cost": "cost price"}


def fill_slots(connection: Connection, price_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Put the waiting price in force where the standing one of its slot was withdrawn, and close its inbox entry.

    Whoever corrects a price withdraws the old row and adds another: nobody has to decide between the two. Gives how
    many there were.
    """
    if not price_ids:
        return 0
    filled = price_repository.fill_slots(connection, price_ids)
    inbox.close_entries(connection, [review_entry_id(price_id) for price_id in filled], Take.MINE, now=now)
    return len(filled)


def review_entry_id(price_id: uuid.UUID) -> uuid.UUID:
    """The inbox entry of a price that waits for a decision."""
    return derived_id("price_review", price_id)


def review_slots(connection: Connection, price_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Put prices under review whose slot (list, variant, kind, quantity break, first day) is taken by another amount.

    Each gets an inbox entry that needs a decision. Gives how many there were.
    """
    if not price_ids:
        return 0
    reviewed = price_repository.review_slots(connection, price_ids)
    entries = [
        inbox.Entry(
            id=review_entry_id(price.id),
            kind=EntryKind.CONFLICT,
            entity="price",
            entity_id=price.id,
            field=price.kind,
            title=price.title,
            reason=(
                f"There are two {_WORDS.get(price.kind, price.kind)}s from {price.valid_from.day} "
                f"{price.valid_from:%b %Y}. The first one stands until you decide."
            ),
            created_at=now,
            mine=_amount(price.micro),
            mine_by=price.created_by,
            mine_at=price.created_at,
            theirs=_amount(price.standing_micro),
            theirs_by=price.standing_by,
            theirs_at=price.standing_at,
            stands="theirs",
        )
        for price in reviewed
    ]
    return inbox.add_entries(connection, entries)


def _amount(micro: int) -> str:
    return format_scaled(micro, 6, at_least=2)
