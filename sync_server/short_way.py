"""The short way of the calls that a worker gets by the thousand, before the framework looks for a route.

The framework's part of a small call costs several times what the call itself does. A noun may therefore give a call a
short way beside its endpoint: it takes what it surely fits (a caller who was found good before, a body in one piece)
and says None to everything else, which then goes the whole way, the one that the OpenAPI document describes. Nobody
can tell from an answer which way it came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import State
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import CounterfoilError
from sync_server.db.sessions import DBAPIError, PoolTimeout

BODY_MAX_BYTES = 64 * 1024
"""Beyond it the framework's part does not matter."""

Headers = Mapping[bytes, bytes]
ShortCall = Callable[[State, Headers, bytes], Awaitable[Response | None]]
"""Answers a call from the worker's state, the headers (names in lower case) and the body; None: the whole way."""
Refusal = Callable[[str, CounterfoilError], Response]
"""How an error is answered to a call of a path."""


class ShortWay:
    """Goes before the application; what the calls need is put into ``app.state`` when the worker starts.

    Args:
        app: the whole way.
        calls: path → its short way; all are ``POST``.
        refusal: answers what a call raises.
    """

    def __init__(self, app: ASGIApp, calls: Mapping[str, ShortCall], refusal: Refusal) -> None:
        self._app = app
        self._calls = calls
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with everything as it came."""
        call = self._calls.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if call is None:
            await self._app(scope, receive, send)
            return
        first = await receive()
        answer = await self._answer(call, scope, first)
        if answer is None:
            await self._app(scope, _received_again(first, receive), send)
            return
        await answer(scope, receive, send)

    async def _answer(self, call: ShortCall, scope: Scope, first: Message) -> Response | None:
        if first["type"] != "http.request" or first.get("more_body") or len(first.get("body", b"")) > BODY_MAX_BYTES:
            return None
        try:
            return await call(scope["app"].state, dict(scope["headers"]), first["body"])
        except CounterfoilError as error:
            return self._refusal(scope["path"], error)
        except (DBAPIError, PoolTimeout):
            return None  # Whether the database fails again is found out, and said, by the whole way.


def _received_again(first: Message, receive: Receive) -> Receive:
    """The same messages once more."""
    taken = [first]

    async def again() -> Message:
        return taken.pop() if taken else await receive()

    return again
