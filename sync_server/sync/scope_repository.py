"""Scopes, their heads, and which of them a device may hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class ScopeHead:
    """A scope with its newest position and the mark of the transaction that stamped it; ``id`` 0: not there yet."""

    id: int
    name: str
    position: int
    mark: bytes


_HEADS = text("SELECT id, name, position, mark FROM sync_scope")
_POSITIONS = text("SELECT name, position FROM sync_scope")
_STORES = text("SELECT id FROM store ORDER BY id")
_COVERING_MARK = text(
    "SELECT mark FROM sync_stamp WHERE scope_id = :scope AND position >= :position ORDER BY position LIMIT 1"
)
_PRUNE = text(
    "DELETE FROM sync_stamp AS s USING ("
    "  SELECT scope_id, position, row_number() OVER (PARTITION BY scope_id ORDER BY position DESC) AS age"
    "  FROM sync_stamp) AS a "
    "WHERE a.age > :kept AND (s.scope_id, s.position) = (a.scope_id, a.position)"
)


def heads(connection: Connection) -> dict[str, ScopeHead]:
    """Every scope there is, by name."""
    return {row.name: ScopeHead(*row) for row in connection.execute(_HEADS)}


def positions(connection: Connection) -> Mapping[str, int]:
    """Every scope's newest position."""
    return {row.name: row.position for row in connection.execute(_POSITIONS)}


def stores(connection: Connection) -> list[uuid.UUID]:
    """Every store, archived ones included: their sales may be returned elsewhere."""
    return list(connection.execute(_STORES).scalars())


def covering_mark(connection: Connection, scope_id: int, position: int) -> bytes | None:
    """The mark of the transaction that stamped ``position``; None if that is not known (any more)."""
    mark: bytes | None = connection.execute(_COVERING_MARK, {"scope": scope_id, "position": position}).scalar()
    return mark


def prune_stamps(connection: Connection, kept: int) -> int:
    """Forget all but the newest ``kept`` stamps of each scope; a device behind them starts the scope anew."""
    return connection.execute(_PRUNE, {"kept": kept}).rowcount
