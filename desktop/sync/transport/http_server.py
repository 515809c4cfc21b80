"""The server as one enrolled device sees it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx
import msgspec

from desktop.sync.device_key import DeviceKey
from desktop.sync.transport.client import TIMEOUT, client_for
from desktop.sync.transport.encoding import packed, unpacked
from desktop.sync.transport.heads_line import (
    WAIT_SECONDS,
    HeadsLine,
    heads_in_answer,
    heads_in_stream,
    sorted_heads,
)
from desktop.sync.transport.refusals import malformed, refusal, unreachable
from desktop.sync.transport.snapshots import fetch_offers, file_bytes
from shared.clock import MICROSECONDS_PER_SECOND, monotonic_us
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import (
    CONTENT_TYPE,
    DigestAnswer,
    DigestRequest,
    Head,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    RowsAnswer,
    RowsRequest,
    SnapshotOffer,
    VerifyAnswer,
    VerifyRequest,
)

if TYPE_CHECKING:
    from desktop.usecases.look_up_customer import ChainAnswer

LOOK_UP_TIMEOUT = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=3.0)
FILE_TIMEOUT = httpx.Timeout(connect=5.0, read=3_600.0, write=120.0, pool=5.0)
EVENTS_SILENCE_MAX_SECONDS = 40.0
"""The server sends a heartbeat every 15 s; after this much silence the line is dead."""
TOKEN_MARGIN_US = 60 * MICROSECONDS_PER_SECOND

_Answer = TypeVar("_Answer")


class HttpServer:
    """Implements ``server_port.SyncServer`` over HTTP/1.1 with a token that renews itself. Any thread may call it."""

    def __init__(self, url: str, key: DeviceKey) -> None:
        self._url = url
        self._key = key
        self._client = client_for(url)
        self._token = ""
        self._token_good_until = 0
        self._token_lock = threading.Lock()
        self._stream: httpx.Response | None = None
        self._line = HeadsLine()
        self._is_closed = False

    def push(self, request: PushRequest) -> PushAnswer:
        """Send mutations."""
        return self._exchange("/sync/push", request, PushAnswer)

    def quarantine(self, request: PushRequest) -> PushAnswer:
        """Hand in what this device, which was revoked, never sent; signed for anew each time, it gets no token."""
        headers = {"Authorization": f"Bearer {self._key.assertion(self.server_time())}", "Content-Type": CONTENT_TYPE}
        answer = self._called(lambda: self._client.post("/sync/quarantine", content=packed(request), headers=headers))
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, answer.content)
        return unpacked(answer.content, PushAnswer)

    def pull(self, request: PullRequest) -> PullAnswer:
        """Fetch what is new."""
        return self._exchange("/sync/pull", request, PullAnswer)

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """Full digests of what the server holds for these scopes."""
        return self._exchange("/sync/digest", DigestRequest(scopes, SCHEMA_VERSION), DigestAnswer)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """Bucket sums of scopes, and what the server has in some buckets."""
        return self._exchange("/sync/verify", request, VerifyAnswer)

    def rows(self, request: RowsRequest) -> RowsAnswer:
        """Rows by name, or all of one entity after an id."""
        return self._exchange("/sync/rows", request, RowsAnswer)

    def snapshots(self, schema: int) -> list[SnapshotOffer]:
        """The snapshot files that are ready for this device."""
        return fetch_offers(self._get, schema)

    def snapshot_bytes(self, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        """A snapshot file from a byte on."""
        return file_bytes(self._client, self._authorisation(), offer, start)

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        """Find one customer of the chain, and let this device's store know them; somebody waits at the counter."""
        from desktop.sync.transport.customer_lookup import ask_for_customer

        return ask_for_customer(partial(self._get, timeout=LOOK_UP_TIMEOUT), by, given)

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        if self._is_closed:
            raise unreachable(self._url)
        return server_time(self._client, self._url)

    def heads(self) -> Generator[list[Head]]:
        """The newest position of each scope: at once, and after each change, until ``interrupt`` or a failure."""
        if self._line.is_polling:
            yield from self._polled_heads()
        else:
            yield from self._streamed_heads()

    def _streamed_heads(self) -> Generator[list[Head]]:
        timeout = httpx.Timeout(5.0, read=EVENTS_SILENCE_MAX_SECONDS)
        headers = {"Authorization": self._authorisation(), "Accept": "text/event-stream"}
        self._line.asked()
        try:
            with self._client.stream("GET", "/sync/events", headers=headers, timeout=timeout) as answer:
                if answer.status_code != httpx.codes.OK:
                    self._forget_token(answer)
                    raise refusal(answer, answer.read())
                self._stream = answer
                for heads in heads_in_stream(answer.iter_lines()):
                    self._line.spoke()
                    yield heads
                self._line.ended()
        except (httpx.TransportError, httpx.StreamError, OSError) as error:
            if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                self._line.ended()
            raise unreachable(self._url) from error
        finally:
            self._stream = None

    def _polled_heads(self) -> Generator[list[Head]]:
        """One answer after the other; the server holds each back until something is new."""
        known: dict[str, int] = {}
        timeout = httpx.Timeout(5.0, read=WAIT_SECONDS + EVENTS_SILENCE_MAX_SECONDS)
        while self._line.is_polling and not self._is_closed:
            headers = {"Authorization": self._authorisation()}
            body = {"known": known, "wait_seconds": WAIT_SECONDS if known else 0}
            answer = self._called(
                partial(self._client.post, "/sync/heads", json=body, headers=headers, timeout=timeout)
            )
            if answer.status_code != httpx.codes.OK:
                self._forget_token(answer)
                raise refusal(answer, answer.content)
            known = heads_in_answer(answer.content)
            yield sorted_heads(known)

    def close(self) -> None:
        """Let go of every connection; nothing is asked afterwards."""
        self._is_closed = True
        self.interrupt()
        self._client.close()

    def interrupt(self) -> None:
        """Break off the event stream, if one is open, so that whoever reads it wakes."""
        stream = self._stream
        network = None if stream is None else stream.extensions.get("network_stream")
        line = None if network is None else network.get_extra_info("socket")
        if line is not None:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # It is down already, which is what was wanted.

    def call_json(self, method: str, path: str, body: Mapping[str, object] | None = None) -> bytes:
        """Call one of the server's REST endpoints; the answer's body."""

        def call() -> httpx.Response:
            headers = {"Authorization": self._authorisation()}
            return self._called(lambda: self._client.request(method, path, json=body, headers=headers))

        answer = call()
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._forget_token(answer):
            answer = call()
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, answer.content)
        return answer.content

    def send_file(self, path: str, file: Path, parameters: Mapping[str, str]) -> bytes:
        """Send a file to one of the server's REST endpoints; the answer's body. It may take as long as it takes."""
        answer = self._post_file(path, file, parameters)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._forget_token(answer):
            answer = self._post_file(path, file, parameters)
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, answer.content)
        return answer.content

    def _post_file(self, path: str, file: Path, parameters: Mapping[str, str]) -> httpx.Response:
        headers = {"Authorization": self._authorisation()}
        with file.open("rb") as content:
            return self._called(
                lambda: self._client.post(
                    path,
                    files={"file": (file.name, content)},
                    params=dict(parameters),
                    headers=headers,
                    timeout=FILE_TIMEOUT,
                )
            )

    def _exchange(self, path: str, request: msgspec.Struct, answer_type: type[_Answer]) -> _Answer:
        body = packed(request)
        answer = self._post(path, body)
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._forget_token(answer):
            answer = self._post(path, body)
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, answer.content)
        return unpacked(answer.content, answer_type)

    def _get(self, path: str, parameters: dict[str, str], timeout: httpx.Timeout = TIMEOUT) -> httpx.Response:
        def call() -> httpx.Response:
            headers = {"Authorization": self._authorisation()}
            return self._called(lambda: self._client.get(path, params=parameters, headers=headers, timeout=timeout))

        answer = call()
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._forget_token(answer):
            answer = call()
        return answer

    def _post(self, path: str, body: bytes) -> httpx.Response:
        headers = {"Authorization": self._authorisation(), "Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE}
        return self._called(lambda: self._client.post(path, content=body, headers=headers))

    def _authorisation(self) -> str:
        with self._token_lock:
            if not self._token or monotonic_us() >= self._token_good_until:
                self._token, self._token_good_until = self._new_token()
            return f"Bearer {self._token}"

    def _forget_token(self, answer: httpx.Response) -> bool:
        """Whether a fresh token may help: it expired, or the server was set up anew; a revoked device needs none."""
        if answer.status_code != httpx.codes.UNAUTHORIZED or refusal(answer, answer.read()).code == "device_revoked":
            return False
        with self._token_lock:
            self._token = ""
        return True

    def _new_token(self) -> tuple[str, int]:
        assertion = self._key.assertion(self.server_time())
        answer = self._called(lambda: self._client.post("/devices/token", json={"assertion": assertion}))
        if answer.status_code != httpx.codes.OK:
            raise refusal(answer, answer.content)
        granted = _json_object(answer)
        token, expires_at = granted.get("token"), granted.get("expires_at")
        if not isinstance(token, str) or not isinstance(expires_at, int):
            raise malformed()
        lifetime = expires_at - self.server_time()
        return token, monotonic_us() + lifetime - TOKEN_MARGIN_US

    def _called(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        if self._is_closed:
            raise unreachable(self._url)
        try:
            return call()
        except (httpx.TransportError, OSError) as error:
            raise unreachable(self._url) from error


def server_time(client: httpx.Client, url: str) -> int:
    """The server's clock, UTC microseconds; asked without a token, so that a wrong device clock cannot lock it out."""
    try:
        answer = client.get("/sync/time")
    except (httpx.TransportError, OSError) as error:
        raise unreachable(url) from error
    if answer.status_code != httpx.codes.OK:
        raise refusal(answer, answer.content)
    found = _json_object(answer).get("server_time")
    if not isinstance(found, int):
        raise malformed()
    return found


def _json_object(answer: httpx.Response) -> dict[str, object]:
    try:
        found = msgspec.json.decode(answer.content)
    except msgspec.DecodeError as error:
        raise malformed() from error
    if not isinstance(found, dict):
        raise malformed()
    return found
