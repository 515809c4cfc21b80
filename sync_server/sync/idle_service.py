"""Polls of devices that have everything already: most polls, so all that came meanwhile are answered from one look.

Only what is sure to be idle is answered here, from what that look shows; whatever else it may be (something new, a
cursor that is not known, a revoked device, another epoch) takes the whole way of a pull.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION
from shared.sync.wire import PullRequest
from sync_server.db.sessions import Database
from sync_server.devices.seen_service import Sighting
from sync_server.sync import pull_service, scope_repository
from sync_server.sync.encoding import packed
from sync_server.sync.idle_repository import DeviceLook, Look, look
from sync_server.sync.pull_service import Answer, Page

DEVICES_REMEMBERED_MAX = 10_000
_ID_BYTES = 16

_Key = tuple[int, int, int, uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Poll:
    """A pull that may be idle; make one with ``poll_of``."""

    device_id: uuid.UUID
    incarnation: uuid.UUID
    request: PullRequest
    seen: Sighting


def poll_of(device_id: uuid.UUID, request: PullRequest, seen: Sighting) -> Poll | None:
    """A pull as a poll; None for one that can tell without a look that it is not idle."""
    is_whole = bool(request.cursors) and not request.scopes and len(request.incarnation) == _ID_BYTES
    if not is_whole or not SCHEMA_AT_LEAST <= request.schema <= SCHEMA_VERSION:
        return None
    return Poll(device_id, uuid.UUID(bytes=request.incarnation), request, seen)


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


def answer_idle(database: Database, known: KnownScopes, polls: Sequence[Poll]) -> list[bytes | None]:
    """The bodies that answer polls which find nothing new; None for one that needs a whole pull to say that."""
    scopes = list(dict.fromkeys(cursor.scope for poll in polls for cursor in poll.request.cursors))
    with database.looking() as connection:
        shown = look(connection, [(poll.device_id, poll.incarnation) for poll in polls], scopes)
    if not shown.is_settled:
        return [None] * len(polls)
    return [_answered(database, known, poll, shown, at) for at, poll in enumerate(polls)]


def _answered(database: Database, known: KnownScopes, poll: Poll, shown: Look, at: int) -> bytes | None:
    device, request = shown.devices[at], poll.request
    if device is None or device.has_results or shown.epoch != request.epoch:
        return None
    for cursor in request.cursors:
        head = shown.heads[cursor.scope]
        if cursor.position != head.position or (head.position and cursor.mark != head.mark):
            return None
    scopes = _scopes_of(database, known, poll.device_id, device, shown)
    if scopes is None or set(scopes) != {cursor.scope for cursor in request.cursors}:
        return None
    answer = _nothing_new(scopes, device, shown, database.clock.now())
    poll.seen.pulled(poll.device_id, request, answer.pages)
    return packed(answer)


def _scopes_of(
    database: Database, known: KnownScopes, device_id: uuid.UUID, device: DeviceLook, shown: Look
) -> list[str] | None:
    key = (shown.epoch, shown.catalogue_position, shown.newest_scope_id, device.store_id, device.kind)
    found = known.find(device_id, key)
    if found is not None:
        return found
    with database.reading() as connection:
        heads = scope_repository.heads(connection)
        scopes = pull_service.visible_to(connection, device.store_id, device.kind).scopes_in(heads)
    newest = max((head.id for head in heads.values()), default=0)
    catalogue = heads["catalogue"].position if "catalogue" in heads else 0
    if (catalogue, newest) != (shown.catalogue_position, shown.newest_scope_id):
        return None
    known.remember(device_id, key, scopes)
    return scopes


def _nothing_new(scopes: Sequence[str], device: DeviceLook, shown: Look, now: int) -> Answer:
    pages = []
    for scope in scopes:
        head = shown.heads[scope]
        pages.append(Page(scope, head.position, head.position, head.mark, more=False, rows=[]))
    return Answer(
        epoch=shown.epoch,
        server_time=now,
        last_number=device.last_number,
        projected_number=device.projected_number,
        scopes=list(scopes),
        pages=pages,
    )
