"""Scopes, their heads, and which of them a device may hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from sync_server.db.binary import fetch_binary


@dataclass(frozen=True, slots=True)
class ScopeHead:
    """A scope with its newest position and the mark of the transaction that stamped it; ``id`` 0: not there yet.

    Up to ``pruned_position`` the server forgot what left or was deleted: a cursor before it starts anew, unless it has
    the mark of the last pruning, because its device began to fill the scope after that. ``stamped_at`` is when
    ``position`` was stamped, the database's time, UTC microseconds.
    """

    id: int
    name: str
    position: int
    mark: bytes
    pruned_position: int = 0
    pruned_mark: bytes = b""
    stamped_at: int = 0


_HEADS = "SELECT id, name, position, mark, pruned_position, pruned_mark, stamped_at FROM sync_scope"
_POSITIONS = text("SELECT name, position FROM sync_scope")
_STORES = text("SELECT id FROM store ORDER BY id")
_COVERING_MARK = (
    "SELECT mark FROM sync_stamp WHERE scope_id = %(scope)s AND position >= %(position)s ORDER BY position LIMIT 1"
)
# The last stamp that is old enough, or the oldest of too many: what left or was deleted up to there is forgotten. A
# scope is pruned once it is overdue, not bit by bit: each pruning makes devices that are filling it begin again.
_PRUNABLE = text("""
SELECT s.id, greatest(
    (SELECT max(old.position) FROM sync_stamp AS old WHERE old.scope_id = s.id AND old.stamped_at < c.now - :horizon
       AND EXISTS (
           SELECT FROM sync_stamp AS first WHERE first.scope_id = s.id AND first.stamped_at < c.now - :horizon - :slack
       )),
    (SELECT last.position FROM sync_stamp AS last WHERE last.scope_id = s.id
       AND EXISTS (SELECT FROM sync_stamp AS many WHERE many.scope_id = s.id OFFSET :too_many)
     ORDER BY last.position DESC OFFSET :kept LIMIT 1)
) AS position
FROM sync_scope AS s CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) AS c
""")
_LOCK_SCOPE = text("SELECT pruned_position FROM sync_scope WHERE id = :scope FOR UPDATE")
_PRUNE_ROWS = text("""
DELETE FROM sync_row WHERE scope_id = :scope AND position > :after AND position <= :position AND state <> 'live'
""")
_PRUNE_STAMPS = text("DELETE FROM sync_stamp WHERE scope_id = :scope AND position < :position")
_SET_PRUNED = text("""
UPDATE sync_scope SET pruned_position = :position, pruned_mark = uuid_send(gen_random_uuid()) WHERE id = :scope
""")


def heads(connection: Connection) -> dict[str, ScopeHead]:
    """Every scope there is, by name."""
    return {head.name: head for head in (ScopeHead(*row) for row in fetch_binary(connection, _HEADS))}


def positions(connection: Connection) -> Mapping[str, int]:
    """Every scope's newest position."""
    return {row.name: row.position for row in connection.execute(_POSITIONS)}


def stores(connection: Connection) -> list[uuid.UUID]:
    """Every store, archived ones included: their sales may be returned elsewhere."""
    return list(connection.execute(_STORES).scalars())


def covering_mark(connection: Connection, scope_id: int, position: int) -> bytes | None:
    """The mark of the transaction that stamped ``position``; None if that is not known (any more)."""
    rows = fetch_binary(connection, _COVERING_MARK, {"scope": scope_id, "position": position})
    return rows[0][0] if rows else None


def prunable(connection: Connection, *, horizon_us: int, slack_us: int, kept: int) -> dict[int, int]:
    """Up to which position each scope is to be pruned, by scope id: only scopes for which it is time.

    By the database's clock, which made the stamps: a worker whose clock is wrong forgets nothing too early.

    Args:
        connection: a transaction.
        horizon_us: stamps older than this are not needed any more;
        slack_us: but nothing is done before one is older by this.
        kept: how many of the newest stamps a scope keeps, once it has a quarter more.
    """
    given = {"horizon": horizon_us, "slack": slack_us, "kept": kept, "too_many": kept + kept // 4}
    return {row.id: row.position for row in connection.execute(_PRUNABLE, given) if row.position is not None}


def prune(connection: Connection, scope_id: int, position: int) -> int:
    """Forget what left or was deleted up to ``position``, and the stamps before it; gives how many rows went.

    The stamp at ``position`` stays: a device that stands exactly there has been told everything. Writers to the scope
    wait meanwhile.
    """
    after = connection.execute(_LOCK_SCOPE, {"scope": scope_id}).scalar_one()
    if position <= after:
        return 0
    given = {"scope": scope_id, "after": after, "position": position}
    stamps = connection.execute(_PRUNE_STAMPS, given).rowcount
    rows = connection.execute(_PRUNE_ROWS, given).rowcount
    connection.execute(_SET_PRUNED, given)
    return rows + stamps
