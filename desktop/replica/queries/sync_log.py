"""What the sync centre reads: what waits, what was refused and why, what happened, and how far each scope is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, func, select

from desktop.replica.schema import Cursor, Outbox, SyncEvent
from shared.schema.sales import CashMovement, Sale
from shared.schema.stores import Store

SENT_SHOWN_MAX = 5_000


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


def outbox_numbers(connection: Connection, state: str) -> list[int]:
    """The numbers of this device's changes in one state that nobody has seen to.

    What waits or was refused comes in order; what was sent (``accepted``) the newest first, up to ``SENT_SHOWN_MAX``.
    """
    query = select(Outbox.number).where(Outbox.state == state, Outbox.seen_to == "")
    if state == "accepted":
        query = query.order_by(Outbox.number.desc()).limit(SENT_SHOWN_MAX)
    else:
        query = query.order_by(Outbox.number)
    return list(connection.execute(query).scalars())


def outbox_rows(connection: Connection, numbers: Sequence[int]) -> dict[int, SentItem]:
    """These changes of this device by number; those gone meanwhile are left out."""
    columns = (getattr(Outbox, field.name) for field in fields(SentItem))
    rows = connection.execute(select(*columns).where(Outbox.number.in_(numbers)))
    return {row[0]: SentItem(*row) for row in rows}


def oldest_waiting(connection: Connection) -> int | None:
    """When the oldest change that waits was made, UTC microseconds; None where none waits."""
    query = select(Outbox.made_at).where(Outbox.state == "waiting").order_by(Outbox.number).limit(1)
    return connection.execute(query).scalar_one_or_none()


def sent_since(connection: Connection, since: int) -> dict[str, int]:
    """How many changes of each entity the server took since then (UTC microseconds)."""
    query = select(Outbox.entity, func.count()).where(Outbox.state == "accepted", Outbox.answered_at >= since)
    return {row[0]: row[1] for row in connection.execute(query.group_by(Outbox.entity))}


def amounts_of(connection: Connection, items: Iterable[SentItem]) -> dict[uuid.UUID, tuple[int, str]]:
    """What sales and cash movements among these came to: (minor units, currency code) by their id."""
    ids: dict[str, list[uuid.UUID]] = {}
    for item in items:
        ids.setdefault(item.entity, []).append(item.entity_id)
    sales = select(Sale.id, Sale.total, Sale.currency).where(Sale.id.in_(ids.get("sale", [])))
    cash = (
        select(CashMovement.id, CashMovement.amount, Store.currency)
        .join(Store, Store.id == CashMovement.store_id)
        .where(CashMovement.id.in_(ids.get("cash_movement", [])))
    )
    return {row[0]: (row[1], row[2]) for query in (sales, cash) for row in connection.execute(query)}


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
    rows = connection.execute(select(Cursor.scope, Cursor.position).where(Cursor.scope.not_like("~%"))).all()
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
            return f"{store_name}: customers, orders"
        case "stock":
            return f"{store_name}: stock"
        case "sales":
            year, _, number = week.partition("-W")
            return f"{store_name}: sales of week {number.lstrip('0')}, {year}"
        case _:
            return scope
