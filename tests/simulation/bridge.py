"""The server's application in this very process: requests in, answers out, no socket, no time of its own.

The application lives on one event loop in a thread of its own, as under uvicorn; a caller waits for its answer. What
kills the server in the middle of a request comes out here as ``ServerDied``, as a broken connection would.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

Headers = Sequence[tuple[bytes, bytes]]


class ServerDied(BaseException):
    """The server process ended in the middle of what it was doing. Nothing of the product may catch it."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request, as it is on the line."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(slots=True)
class RawAnswer:
    """One HTTP answer, as it is on the line."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


class Bridge:
    """Drives one application; any thread may call it."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._starting = start_blocking_portal()
        self._portal: BlockingPortal = self._starting.__enter__()
        self._life: AbstractAsyncContextManager[Any] | None = None

    def start_app(self) -> None:
        """Run the application's start: a worker begins."""
        self._life = self._app.router.lifespan_context(self._app)
        self._portal.call(self._life.__aenter__)

    def stop_app(self) -> None:
        """Run its end."""
        life, self._life = self._life, None
        if life is not None:
            self._portal.call(life.__aexit__, None, None, None)

    def close(self) -> None:
        """End the application and its loop."""
        self.stop_app()
        self._starting.__exit__(None, None, None)

    def call(self, request: RawRequest) -> RawAnswer:
        """Let the application answer.

        Raises:
            ServerDied: it was killed on the way.
        """
        found = self._portal.call(self._answer, request)
        if isinstance(found, BaseException):
            raise found
        return found

    async def _answer(self, request: RawRequest) -> RawAnswer | BaseException:
        answer = RawAnswer()
        parts: list[bytes] = []
        sent = [False]

        async def receive() -> dict[str, Any]:
            if sent[0]:
                return {"type": "http.disconnect"}
            sent[0] = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = list(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query,
            "root_path": "",
            "headers": list(request.headers),
            "client": ("127.0.0.1", 1),
            "server": ("server.sim", 80),
            "state": {},
        }
        try:
            await self._app(scope, receive, send)
        except ServerDied as death:
            return death
        except Exception:
            # Starlette has answered 500 already and raises again for the server's log.
            if not parts and answer.status != 500:
                raise
        answer.body = b"".join(parts)
        return answer
