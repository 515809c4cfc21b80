"""The line between devices and server: the transports of ``httpx`` lead here, and what goes wrong is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from unittest import mock

import httpx

from tests.simulation.bridge import RawAnswer, RawRequest

Carrier = Callable[[RawRequest], RawAnswer]
_KEPT = (b"authorization", b"content-type", b"accept", b"range", b"if-range", b"if-none-match", b"idempotency-key")


class Lines:
    """Who speaks to the server now, and through what."""

    def __init__(self) -> None:
        self._speaker: ContextVar[tuple[str, Carrier] | None] = ContextVar("speaker", default=None)

    @contextmanager
    def speaking(self, name: str, carrier: Carrier) -> Iterator[None]:
        """For the length of a block a client made in this thread belongs to ``name``: ``carrier`` carries its requests."""
        token = self._speaker.set((name, carrier))
        try:
            yield
        finally:
            self._speaker.reset(token)

    @contextmanager
    def instead_of_sockets(self) -> Iterator[None]:
        """Every ``httpx.Client`` made in the block uses a line instead of sockets."""
        real = httpx.Client

        def make(*args: Any, **kwargs: Any) -> httpx.Client:
            if "transport" not in kwargs:
                kwargs["transport"] = _Transport(self.carrier())
            return real(*args, **kwargs)

        with mock.patch.object(httpx, "Client", make):
            yield

    def carrier(self) -> Carrier:
        """What carries the requests of whoever speaks now."""
        speaker = self._speaker.get()
        assert speaker is not None, "nobody is speaking"
        return speaker[1]


class _Transport(httpx.BaseTransport):
    """An httpx transport that hands each request to one carrier, from whatever thread."""

    def __init__(self, carry: Carrier) -> None:
        self._carry = carry

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        raw = RawRequest(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers=tuple(header for header in headers if header[0] in _KEPT),
            body=body,
        )
        answer = self._carry(raw)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
