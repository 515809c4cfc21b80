"""The line between devices and server: the transports of ``httpx`` lead here, and what goes wrong is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx

from tests.simulation.bridge import RawAnswer, RawRequest

Carrier = Callable[[RawRequest], RawAnswer]
_KEPT = (b"authorization", b"content-type", b"accept", b"range", b"if-range", b"if-none-match", b"idempotency-key")


class Lines:
    """Who speaks to the server now, and through what."""

    def __init__(self) -> None:
        self._speaker: tuple[str, Carrier] | None = None

    @contextmanager
    def speaking(self, name: str, carrier: Carrier) -> Iterator[None]:
        """For the length of a block a client that is made belongs to ``name``, and ``carrier`` carries its requests."""
        before, self._speaker = self._speaker, (name, carrier)
        try:
            yield
        finally:
            self._speaker = before

    @contextmanager
    def instead_of_sockets(self) -> Iterator[None]:
        """Every ``httpx.Client`` made in the block uses a line instead of sockets."""
        real = httpx.Client

        def make(*args: Any, **kwargs: Any) -> httpx.Client:
            if "transport" not in kwargs:
                kwargs["transport"] = _Transport(self)
            return real(*args, **kwargs)

        with mock.patch.object(httpx, "Client", make):
            yield

    def carry(self, request: RawRequest) -> RawAnswer:
        """Carry a request for whoever speaks now."""
        assert self._speaker is not None, "nobody is speaking"
        return self._speaker[1](request)


class _Transport(httpx.BaseTransport):
    """An httpx transport that hands each request to the lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

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
        answer = self._lines.carry(raw)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
