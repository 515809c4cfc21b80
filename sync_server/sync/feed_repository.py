"""Reading the feed: what changed in a scope after a position, and everything a scope holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sync_server.db.binary import fetch_binary
from sync_server.sync.payload_repository import IDS_SQL

_AFTER = """
SELECT entity, uuid_send(id), position, version, state FROM sync_row
WHERE scope_id = %s AND position > %s ORDER BY position LIMIT %s
"""
_LIVE = """
SELECT entity, uuid_send(id), version FROM sync_row WHERE scope_id = %s AND state = 'live'
ORDER BY entity COLLATE "C", id
"""
_VERSIONS = f"""
SELECT uuid_send(id), version FROM sync_row
WHERE scope_id = %b AND entity = %b AND state = 'live' AND id = ANY ({IDS_SQL})
"""
_NEXT = """
SELECT uuid_send(id), version FROM sync_row
WHERE scope_id = %b AND entity = %b AND state = 'live' AND id > encode(%b, 'hex')::uuid ORDER BY id LIMIT %b
"""
_BELOW_ANY = bytes(16)


class FeedRow(NamedTuple):
    """One aggregate's place in a scope; ``state`` is ``live``, ``left`` or ``deleted``."""

    entity: str
    id: bytes
    position: int
    version: int
    state: str


def rows_after(connection: Connection, scope_id: int, position: int, limit: int) -> list[FeedRow]:
    """The next rows of a scope after a position, at most ``limit``."""
    return [FeedRow._make(row) for row in fetch_binary(connection, _AFTER, [scope_id, position, limit])]


def live_rows(connection: Connection, scope_id: int) -> Iterator[tuple[str, bytes, int]]:
    """(entity, id, version) of everything a scope holds, sorted by entity and id."""
    yield from fetch_binary(connection, _LIVE, [scope_id])


def live_versions(connection: Connection, scope_id: int, entity: str, ids: Sequence[bytes]) -> dict[bytes, int]:
    """The versions of those of these aggregates that a scope holds."""
    return dict(fetch_binary(connection, _VERSIONS, [scope_id, entity, list(ids)]))


def live_after(connection: Connection, scope_id: int, entity: str, after: bytes, limit: int) -> list[tuple[bytes, int]]:
    """The next (id, version) of one entity that a scope holds, in the order of ids; ``after`` empty: from the first."""
    return [(row[0], row[1]) for row in fetch_binary(connection, _NEXT, [scope_id, entity, after or _BELOW_ANY, limit])]
