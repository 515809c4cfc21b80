"""What the sync centre reads: what waits, what was refused and why, what happened, and how far each scope is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from desktop.replica.schema import Cursor, Outbox, SyncEvent
from shared.schema.stores import Store

_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class SentItem:
    """One mutation of this device; ``state`` is ``waiting``, ``accepted`` or ``refused``. UTC microseconds."""

    number: int
    name: str
    made_at: int
    entity: str
    entity_id: uuid.UUID
    state: str
    code: str
    message: str
    answered_at: int | None


@dataclass(frozen=True, slots=True)
class ScopePosition:
    """How far one scope has come down; ``title`` in words (``Sales of Mill Lane, week 47``)."""

    scope: str
    title: str
    position: int


@dataclass(frozen=True, slots=True)
class SyncHappening:
    """One line of the sync log."""

    at: int
    kind: str
    text: str


def outbox_items(connection: Connection, state: str = "", limit: int = _SHOWN_MAX) -> list[SentItem]:
    """This device's own changes, the newest first; of those in one state, what nobody has seen to."""
    query = select(
        Outbox.number,
        Outbox.name,
        Outbox.made_at,
        Outbox.entity,
        Outbox.entity_id,
        Outbox.state,
        Outbox.code,
        Outbox.message,
        Outbox.answered_at,
    )
    if state:
        query = query.where(Outbox.state == state, Outbox.seen_to == "")
    return [SentItem(*row) for row in connection.execute(query.order_by(Outbox.number.desc()).limit(limit))]


def outbox_counts(connection: Connection) -> dict[str, int]:
    """How many are waiting, accepted and refused (those that nobody has seen to)."""
    rows = connection.execute(select(Outbox.state, func.count()).where(Outbox.seen_to == "").group_by(Outbox.state))
    return {"waiting": 0, "accepted": 0, "refused": 0} | {row[0]: row[1] for row in rows}


def sync_happenings(connection: Connection, limit: int = 200) -> list[SyncHappening]:
    """What sync did, the newest first."""
    query = select(SyncEvent.at, SyncEvent.kind, SyncEvent.text).order_by(SyncEvent.id.desc()).limit(limit)
    return [SyncHappening(*row) for row in connection.execute(query)]


def scope_positions(connection: Connection) -> list[ScopePosition]:
    """Every scope this device holds, the catalogue first, in words."""
    names = {str(row.id): row.name for row in connection.execute(select(Store.id, Store.name))}
    rows = connection.execute(select(Cursor.scope, Cursor.position)).all()
    found = [ScopePosition(row.scope, scope_title(row.scope, names), row.position) for row in rows]
    return sorted(found, key=lambda each: (not each.scope.startswith("catalogue"), each.scope))


def scope_title(scope: str, store_names: dict[str, str]) -> str:
    """A scope's name in the trade's words."""
    kind, _, rest = scope.partition(":")
    store, _, week = rest.partition(":")
    store_name = store_names.get(store, "another store")
    match kind:
        case "catalogue":
            return "Products, prices and people"
        case "store":
            return f"{store_name}: stock, orders, customers"
        case "sales":
            year, _, number = week.partition("-W")
            return f"{store_name}: sales of week {number.lstrip('0')}, {year}"
        case _:
            return scope
