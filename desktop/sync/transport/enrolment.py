"""Joining a server: the one call a device makes before it is known."""

from __future__ import annotations

import uuid

import httpx
import msgspec

from desktop.sync.transport.http_server import TIMEOUT, server_time
from desktop.sync.transport.refusals import malformed, refusal, unreachable
from desktop.usecases.enrol import Enrolment


class HttpEnrolmentDesk:
    """Implements ``usecases.enrol.EnrolmentDesk`` for the server at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url, timeout=TIMEOUT)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        return server_time(self._client, self.url)

    def enrol(self, code: str, public_key: str, name: str) -> Enrolment:
        """Spend a one-time code.

        Raises:
            UserError: ``enrol_code_invalid``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        body = {"code": code, "public_key": public_key, **({"name": name} if name else {})}
        try:
            answer = self._client.post("/devices/enrol", json=body)
        except (httpx.TransportError, OSError) as error:
            raise unreachable(self.url) from error
        if answer.is_error:
            raise refusal(answer, answer.content)
        try:
            found = msgspec.json.decode(answer.content, type=_EnrolAnswer)
        except msgspec.DecodeError as error:
            raise malformed() from error
        return Enrolment(
            device_id=found.device_id,
            store_id=found.store_id,
            kind=found.kind,
            number=found.number,
            name=found.name,
            server_id=found.server_id,
            epoch=found.epoch,
        )


class _EnrolAnswer(msgspec.Struct):
    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: str
    epoch: int
