"""Polls of devices that have everything already: most polls, so all that came meanwhile are answered from one look.

Only what is sure to be idle is answered here, from what that look shows; whatever else it may be (something new, a
cursor that is not known, a revoked device, another epoch, a device whose scopes this worker has yet to work out) takes
the whole way of a pull.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION
from shared.sync.wire import PullRequest
from sync_server.db.sessions import Database
from sync_server.devices.seen_service import Sighting
from sync_server.epochs import witness_service as witnesses
from sync_server.sync.encoding import packed
from sync_server.sync.idle_repository import DeviceLook, Look, look
from sync_server.sync.known_scopes import KnownScopes, ScopesKey
from sync_server.sync.pull_service import Answer, Page

_ID_BYTES = 16


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
    if device is None or device.has_results or shown.standing.epoch != request.epoch:
        return None
    if not witnesses.agrees(request.witness, shown.standing):
        return None
    for cursor in request.cursors:
        head = shown.heads[cursor.scope]
        if cursor.position != head.position or (head.position and cursor.mark != head.mark):
            return None
    key = ScopesKey(shown.standing.epoch, shown.catalogue_position, shown.newest_scope_id, device.store_id, device.kind)
    scopes = known.find(poll.device_id, key)
    if scopes is None or set(scopes) != {cursor.scope for cursor in request.cursors}:
        return None
    answer = _nothing_new(scopes, device, shown, database.clock.now())
    poll.seen.pulled(poll.device_id, request, answer.pages)
    return packed(answer)


def _nothing_new(scopes: Sequence[str], device: DeviceLook, shown: Look, now: int) -> Answer:
    pages = []
    for scope in scopes:
        head = shown.heads[scope]
        pages.append(Page(scope, head.position, head.position, head.mark, more=False, rows=[]))
    return Answer(
        epoch=shown.standing.epoch,
        server_time=now,
        last_number=device.last_number,
        projected_number=device.projected_number,
        scopes=list(scopes),
        pages=pages,
    )
