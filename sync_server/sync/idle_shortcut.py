"""The short way of idle polls, before the framework looks for a route: the worker's most frequent request by far.

It is taken only by what it surely fits: ``POST /sync/pull`` with a small body in one piece, a token that was found good
before, and nothing new to tell. Every other request, every refusal and every failure goes the whole way, which is the
one that the OpenAPI document describes; nobody can tell from an answer which way it came, but that only the whole way
brings a newer witness.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.sync.wire import PullRequest
from sync_server.auth.token_service import TokenCache
from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.devices.seen_service import SeenBoard, Sighting
from sync_server.errors import RequestRefused
from sync_server.sync.encoding import CONTENT_TYPE, unpacked
from sync_server.sync.heads import HeadsBoard
from sync_server.sync.idle_desk import IdleDesk
from sync_server.sync.idle_service import Poll, poll_of

_PATH = "/sync/pull"
_BEARER = b"bearer "
_BODY_MAX_BYTES = 64 * 1024
_decoder = msgspec.msgpack.Decoder(PullRequest)


class IdleShortcut:
    """Goes before the application; what it needs is put into ``app.state`` when the worker starts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with everything as it came."""
        if scope["type"] != "http" or scope["path"] != _PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        first = await receive()
        body = await _idle_answer(scope, first)
        if body is None:
            await self._app(scope, _received_again(first, receive), send)
            return
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", CONTENT_TYPE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _idle_answer(scope: Scope, first: Message) -> bytes | None:
    """The body of the answer; None if the request must go the whole way."""
    if first["type"] != "http.request" or first.get("more_body") or len(first.get("body", b"")) > _BODY_MAX_BYTES:
        return None
    state = scope["app"].state
    headers = dict(scope["headers"])
    poll = _poll(state.database, state.tokens, state.seen, headers, first["body"])
    if poll is None or _has_news(state.board, poll):
        return None
    desk: IdleDesk[Poll, bytes | None] = state.idle_desk
    try:
        return await desk.ask(poll)
    except (DBAPIError, PoolTimeout):
        return None  # Whether it fails again is found out, and said, by the whole way.


def _poll(
    database: Database, tokens: TokenCache, board: SeenBoard, headers: Mapping[bytes, bytes], body: bytes
) -> Poll | None:
    authorisation, now = headers.get(b"authorization", b""), database.clock.now()
    if authorisation[: len(_BEARER)].lower() != _BEARER:
        return None
    device_id = tokens.find(authorisation[len(_BEARER) :].decode("latin-1"), now)
    if device_id is None:
        return None
    try:
        request = unpacked(body, _decoder)
    except RequestRefused:
        return None
    return poll_of(device_id, request, Sighting(board, now, headers.get(b"user-agent", b"").decode("latin-1")))


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
