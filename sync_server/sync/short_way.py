"""The short way of pushes and pulls, before the framework looks for a route: nearly all that a worker is ever asked.

It is taken only by what it surely fits: ``POST`` with a body in one piece and a token that was found good before. Idle
polls are answered many from one look (``idle_service``), the rest by the functions that the endpoints call. Every
other request, every refusal and every failure goes the whole way, which is the one that the OpenAPI document
describes; nobody can tell from an answer which way it came. What failed here is tried once more there, which does no
harm: a mutation is taken once however often it comes.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import msgspec
from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import CounterfoilError
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

_PUSH, _PULL = "/sync/push", "/sync/pull"
_BEARER = b"bearer "
_BODY_MAX_BYTES = 64 * 1024
"""Beyond it the framework's part does not matter."""
_decoder = msgspec.msgpack.Decoder(PullRequest)


class ShortWay:
    """Goes before the application; what it needs is put into ``app.state`` when the worker starts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with everything as it came."""
        if scope["type"] != "http" or scope["path"] not in {_PUSH, _PULL} or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        first = await receive()
        body = await _answer(scope, first)
        if body is None:
            await self._app(scope, _received_again(first, receive), send)
            return
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", CONTENT_TYPE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a device whose token is good."""

    state: State
    device_id: uuid.UUID
    seen: Sighting
    body: bytes


async def _answer(scope: Scope, first: Message) -> bytes | None:
    """The body of the answer; None if the request must go the whole way."""
    if first["type"] != "http.request" or first.get("more_body") or len(first.get("body", b"")) > _BODY_MAX_BYTES:
        return None
    call = _call(scope, first["body"])
    if call is None:
        return None
    try:
        return await (_pushed(call) if scope["path"] == _PUSH else _pulled(call))
    except (CounterfoilError, DBAPIError, PoolTimeout):
        return None  # Whether it fails again is found out, and said, by the whole way.


def _call(scope: Scope, body: bytes) -> _Call | None:
    state, headers = scope["app"].state, dict(scope["headers"])
    database: Database = state.database
    tokens: TokenCache = state.tokens
    authorisation, now = headers.get(b"authorization", b""), database.clock.now()
    if authorisation[: len(_BEARER)].lower() != _BEARER:
        return None
    device_id = tokens.find(authorisation[len(_BEARER) :].decode("latin-1"), now)
    if device_id is None:
        return None
    return _Call(state, device_id, Sighting(state.seen, now, headers.get(b"user-agent", b"").decode("latin-1")), body)


async def _pushed(call: _Call) -> bytes:
    work = partial(push_answer, call.body, call.device_id, call.state.database, call.seen)
    return await _through(call.state.push_gate, work)


async def _pulled(call: _Call) -> bytes:
    poll = poll_of(call.device_id, unpacked(call.body, _decoder), call.seen)
    if poll is not None and not _has_news(call.state.board, poll):
        desk: IdleDesk[Poll, bytes | None] = call.state.idle_desk
        idle = await desk.ask(poll)
        if idle is not None:
            return idle
    work = partial(pull_answer, call.body, call.device_id, call.state.database, call.state.known_scopes, call.seen)
    return await _through(call.state.pull_gate, work)


async def _through(gate: LoadGate, work: Callable[[], bytes]) -> bytes:
    gate.look()
    return await gate.run(work)


def _has_news(board: HeadsBoard, poll: Poll) -> bool:
    """Whether this worker has already heard that one of the scopes went on; then a look would be in vain."""
    heads = board.heads
    return any(cursor.position < heads.get(cursor.scope, 0) for cursor in poll.request.cursors)


def _received_again(first: Message, receive: Receive) -> Receive:
    """The same messages once more."""
    taken = [first]

    async def again() -> Message:
        return taken.pop() if taken else await receive()

    return again
