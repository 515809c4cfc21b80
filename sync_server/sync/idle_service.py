"""The poll of a device that has everything already: most polls, so they are answered from one statement.

Only what is sure to be idle is answered here, from what that statement shows; whatever else it may be (something new, a
cursor that is not known, a revoked device, another epoch) takes the whole way of a pull.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from shared.sync.wire import PullRequest
from sync_server.db.sessions import Database
from sync_server.sync import pull_service, scope_repository
from sync_server.sync.idle_repository import Look, look
from sync_server.sync.pull_service import Answer, Page

DEVICES_REMEMBERED_MAX = 10_000

_Key = tuple[int, int, int, uuid.UUID, str]


class KnownScopes:
    """Which scopes a device may hold, as long as nothing can have changed about that; one per worker."""

    def __init__(self) -> None:
        self._of_device: dict[uuid.UUID, tuple[_Key, list[str]]] = {}

    def find(self, device_id: uuid.UUID, key: _Key) -> list[str] | None:
        """The scopes under a key that still holds."""
        known = self._of_device.get(device_id)
        return known[1] if known is not None and known[0] == key else None

    def remember(self, device_id: uuid.UUID, key: _Key, scopes: list[str]) -> None:
        """Keep them; the number of devices is bounded."""
        if len(self._of_device) >= DEVICES_REMEMBERED_MAX:
            self._of_device.clear()
        self._of_device[device_id] = key, scopes


def answer_if_idle(database: Database, known: KnownScopes, device_id: uuid.UUID, request: PullRequest) -> Answer | None:
    """The answer to a poll that finds nothing new; None if a whole pull is needed to say that."""
    asked = [cursor.scope for cursor in request.cursors]
    if not asked or request.scopes or len(request.incarnation) != len(device_id.bytes):
        return None
    with database.looking() as connection:
        seen = look(connection, device_id, uuid.UUID(bytes=request.incarnation), asked)
    if seen is None or seen.has_results or not seen.is_settled or seen.epoch != request.epoch:
        return None
    if any(
        cursor.position != position or (position and cursor.mark != mark)
        for cursor, position, mark in zip(request.cursors, seen.positions, seen.marks, strict=True)
    ):
        return None
    scopes = _scopes_of(database, known, device_id, seen)
    if scopes is None or set(scopes) != set(asked):
        return None
    return _nothing_new(scopes, request, seen, database.clock.now())


def _scopes_of(database: Database, known: KnownScopes, device_id: uuid.UUID, seen: Look) -> list[str] | None:
    key = (seen.epoch, seen.catalogue_position, seen.newest_scope_id, seen.store_id, seen.kind)
    found = known.find(device_id, key)
    if found is not None:
        return found
    with database.reading() as connection:
        heads = scope_repository.heads(connection)
        scopes = pull_service.visible_to(connection, seen.store_id, seen.kind).scopes_in(heads)
    newest = max((head.id for head in heads.values()), default=0)
    catalogue = heads["catalogue"].position if "catalogue" in heads else 0
    if (catalogue, newest) != (seen.catalogue_position, seen.newest_scope_id):
        return None
    known.remember(device_id, key, scopes)
    return scopes


def _nothing_new(scopes: Sequence[str], request: PullRequest, seen: Look, now: int) -> Answer:
    at = {cursor.scope: cursor for cursor in request.cursors}
    marks = dict(zip(at, seen.marks, strict=True))
    pages = [Page(scope, at[scope].position, at[scope].position, marks[scope], more=False, rows=[]) for scope in scopes]
    return Answer(
        epoch=seen.epoch,
        server_time=now,
        last_number=seen.last_number,
        projected_number=seen.projected_number,
        scopes=list(scopes),
        pages=pages,
    )
