"""The inbox as the office reads it: what needs a person, what a rule settled, and what was decided."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from shared.errors import UserError
from shared.schema.inbox import InboxEntry

NEEDS_YOU, SETTLED, DECIDED = "needs_you", "settled", "decided"
_SHOWN_MAX = 2_000


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One entry with both sides; instants in UTC microseconds. Values are as JSON has them."""

    id: uuid.UUID
    store_id: uuid.UUID | None
    kind: str
    entity: str
    entity_id: uuid.UUID
    field: str
    title: str
    reason: str
    base: object
    mine: object
    mine_by: str
    mine_at: int | None
    theirs: object
    theirs_by: str
    theirs_at: int | None
    stands: str
    state: str
    decision: object
    decided_by: str
    decided_at: int | None
    created_at: int


_COLUMNS = tuple(InboxEntry.__table__.c[name] for name in InboxRow.__dataclass_fields__)
_URGENCY = case((InboxEntry.state == NEEDS_YOU, 0), else_=1)


def inbox_rows(connection: Connection, *, with_decided: bool = False) -> list[InboxRow]:
    """What needs somebody first, then the newest; at most 2,000. Decided ones only where they are asked for."""
    query = select(*_COLUMNS).order_by(_URGENCY, InboxEntry.created_at.desc(), InboxEntry.id.desc()).limit(_SHOWN_MAX)
    if not with_decided:
        query = query.where(InboxEntry.state != DECIDED)
    return [InboxRow(*row) for row in connection.execute(query)]


def inbox_entry(connection: Connection, entry_id: uuid.UUID) -> InboxRow:
    """One entry.

    Raises:
        UserError: ``conflict_unknown``.
    """
    row = connection.execute(select(*_COLUMNS).where(InboxEntry.id == entry_id)).first()
    if row is None:
        raise UserError("conflict_unknown", "This entry is no longer there. Somebody may have settled it.")
    return InboxRow(*row)


def count_needing_someone(connection: Connection) -> int:
    """How many entries wait for a person."""
    return connection.execute(
        select(func.count()).select_from(InboxEntry).where(InboxEntry.state == NEEDS_YOU)
    ).scalar_one()


def entries_about(connection: Connection, entity: str, entity_id: uuid.UUID) -> list[InboxRow]:
    """Every entry about one thing, the newest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(InboxEntry.entity == entity, InboxEntry.entity_id == entity_id)
        .order_by(InboxEntry.created_at.desc())
    )
    return [InboxRow(*row) for row in rows]
