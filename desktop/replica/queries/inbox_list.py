"""The inbox as the office reads it: what needs a person, what a rule settled, what merged, and what was decided."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from shared.errors import UserError
from shared.schema.inbox import InboxEntry
from shared.sync.decision import EntryKind

NEEDS_YOU, SETTLED, DECIDED = "needs_you", "settled", "decided"
_SHOWN_MAX = 2_000


class Shown(StrEnum):
    """Which entries are looked at."""

    OPEN = "open"
    """What needs somebody, and what a rule settled."""
    NEEDS_YOU = "needs_you"
    SETTLED = "settled"
    MERGED = "merged"
    """Notes of what was merged without a word."""
    DECIDED = "decided"


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


_IS_NOTE = InboxEntry.kind == EntryKind.MERGED
_CONDITIONS: dict[Shown, ColumnElement[bool]] = {
    Shown.OPEN: (InboxEntry.state != DECIDED) & ~_IS_NOTE,
    Shown.NEEDS_YOU: InboxEntry.state == NEEDS_YOU,
    Shown.SETTLED: (InboxEntry.state == SETTLED) & ~_IS_NOTE,
    Shown.MERGED: _IS_NOTE,
    Shown.DECIDED: InboxEntry.state == DECIDED,
}


def inbox_rows(connection: Connection, shown: Shown = Shown.OPEN) -> list[InboxRow]:
    """What needs somebody first, then the newest; at most 2,000."""
    query = select(*_COLUMNS).where(_CONDITIONS[shown])
    query = query.order_by(_URGENCY, InboxEntry.created_at.desc(), InboxEntry.id.desc()).limit(_SHOWN_MAX)
    return [InboxRow(*row) for row in connection.execute(query)]


def count_shown(connection: Connection, since: int) -> tuple[dict[Shown, int], int]:
    """How many entries each choice shows, and how many a rule settled since an instant (UTC microseconds)."""
    tallies = [func.count().filter(condition) for condition in _CONDITIONS.values()]
    lately = func.count().filter(_CONDITIONS[Shown.SETTLED] & (InboxEntry.created_at >= since))
    row = connection.execute(select(*tallies, lately)).one()
    return dict(zip(_CONDITIONS, row[:-1], strict=True)), row[-1]


def entries_by_id(connection: Connection, ids: Collection[uuid.UUID]) -> list[InboxRow]:
    """These entries, the oldest first; those that are gone are left out."""
    query = select(*_COLUMNS).where(InboxEntry.id.in_(list(ids))).order_by(InboxEntry.created_at, InboxEntry.id)
    return [InboxRow(*row) for row in connection.execute(query)]


def open_ids_like(connection: Connection, entry: InboxRow, *, same: str) -> list[uuid.UUID]:
    """Undecided entries of the same ``thing``, ``person`` (whose edit arrived or stood) or ``kind`` of question."""
    condition: ColumnElement[bool]
    match same:
        case "thing":
            condition = (InboxEntry.entity_id == entry.entity_id) | (
                (InboxEntry.title == entry.title) & (InboxEntry.entity == entry.entity)
            )
        case "person":
            condition = or_(InboxEntry.mine_by == entry.mine_by, InboxEntry.theirs_by == entry.mine_by)
        case _:
            condition = (InboxEntry.kind == entry.kind) & (InboxEntry.field == entry.field)
            condition &= InboxEntry.entity == entry.entity
    query = select(InboxEntry.id).where(_CONDITIONS[Shown.OPEN], condition).order_by(InboxEntry.created_at)
    return list(connection.execute(query.limit(_SHOWN_MAX)).scalars())


def has_entry(connection: Connection, entry_id: uuid.UUID) -> bool:
    """Whether this device has the entry."""
    return connection.execute(select(InboxEntry.id).where(InboxEntry.id == entry_id)).first() is not None


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
