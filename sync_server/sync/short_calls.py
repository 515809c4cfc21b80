"""Pushes and pulls on the short way (``sync_server.short_way``): nearly all that devices ever ask.

Idle polls are answered many from one look (``idle_service``), the rest by what the endpoints call too.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.datastructures import State
from starlette.responses import Response

from shared.sync.wire import PullRequest
from sync_server.auth.token_service import TokenCache
from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.devices.seen_service import Sighting
from sync_server.sync.calls import pull_answer, push_answer
from sync_server.sync.encoding import CONTENT_TYPE, unpacked
from sync_server.sync.heads import HeadsBoard
from sync_server.sync.idle_desk import IdleDesk
from sync_server.sync.idle_service import Poll, poll_of
from sync_server.sync.load_gate import LoadGate

_BEARER = b"bearer "
_decoder = msgspec.msgpack.Decoder(PullRequest)


@dataclass(frozen=True, slots=True)
class _Caller:
    """A device whose token was found good before."""

    device_id: uuid.UUID
    seen: Sighting


async def push(state: State, headers: Mapping[bytes, bytes], body: bytes) -> Response | None:
    """``POST /sync/push``."""
    caller = _caller(state, headers)
    if caller is None:
        return None
    gate: LoadGate = state.push_gate
    gate.look()
    return _binary(await gate.run(partial(push_answer, body, caller.device_id, state.database, caller.seen)))


async def pull(state: State, headers: Mapping[bytes, bytes], body: bytes) -> Response | None:
    """``POST /sync/pull``."""
    caller = _caller(state, headers)
    if caller is None:
        return None
    idle = await _idle_answer(state, caller, body)
    if idle is not None:
        return _binary(idle)
    gate: LoadGate = state.pull_gate
    gate.look()
    work = partial(pull_answer, body, caller.device_id, state.database, state.known_scopes, caller.seen)
    return _binary(await gate.run(work))


def _caller(state: State, headers: Mapping[bytes, bytes]) -> _Caller | None:
    database: Database = state.database
    tokens: TokenCache = state.tokens
    authorisation, now = headers.get(b"authorization", b""), database.clock.now()
    if authorisation[: len(_BEARER)].lower() != _BEARER:
        return None
    device_id = tokens.find(authorisation[len(_BEARER) :].decode("latin-1"), now)
    if device_id is None:
        return None
    return _Caller(device_id, Sighting(state.seen, now, headers.get(b"user-agent", b"").decode("latin-1")))


async def _idle_answer(state: State, caller: _Caller, body: bytes) -> bytes | None:
    poll = poll_of(caller.device_id, unpacked(body, _decoder), caller.seen)
    if poll is None or _has_news(state.board, poll):
        return None
    desk: IdleDesk[Poll, bytes | None] = state.idle_desk
    try:
        return await desk.ask(poll)
    except (DBAPIError, PoolTimeout):
        return None


def _has_news(board: HeadsBoard, poll: Poll) -> bool:
    """Whether this worker has already heard that one of the scopes went on; then a look would be in vain."""
    heads = board.heads
    return any(cursor.position < heads.get(cursor.scope, 0) for cursor in poll.request.cursors)


def _binary(body: bytes) -> Response:
    return Response(body, media_type=CONTENT_TYPE)
