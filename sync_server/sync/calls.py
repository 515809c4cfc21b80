"""A device's push and pull from body to body, whichever way the request came."""

from __future__ import annotations

import uuid

import msgspec

from shared.sync.wire import PullRequest, PushRequest
from sync_server.db.sessions import Database
from sync_server.devices.seen_service import Sighting
from sync_server.sync import pull_service, push_service
from sync_server.sync.encoding import packed, unpacked
from sync_server.sync.known_scopes import KnownScopes

_push_decoder = msgspec.msgpack.Decoder(PushRequest)
_pull_decoder = msgspec.msgpack.Decoder(PullRequest)


def push_answer(body: bytes, device_id: uuid.UUID, database: Database, seen: Sighting) -> bytes:
    """A PushRequest's answer.

    Raises:
        RequestRefused: as ``push_service.push``, and for a body that is none.
    """
    request = unpacked(body, _push_decoder)
    answer = push_service.push(database, device_id, request)
    seen.pushed(device_id, request)
    return packed(answer)


def pull_answer(body: bytes, device_id: uuid.UUID, database: Database, known: KnownScopes, seen: Sighting) -> bytes:
    """A PullRequest's answer.

    Raises:
        RequestRefused: as ``pull_service.pull``, and for a body that is none.
    """
    request = unpacked(body, _pull_decoder)
    answer = pull_service.pull(database, device_id, request, known)
    seen.pulled(device_id, request, answer.pages)
    return packed(answer)
