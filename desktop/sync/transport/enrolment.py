"""Joining a server, coming back to it, and getting new keys: the calls a device makes before it is let in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import httpx
import msgspec

from desktop.replica.identity import DeviceIdentity
from desktop.sync.device_key import DeviceKey
from desktop.sync.transport.client import client_for
from desktop.sync.transport.http_server import server_time
from desktop.sync.transport.refusals import malformed, refusal, unreachable
from desktop.usecases.enrol import Enrolment, FormerDevice, Standing
from shared.errors import UserError
from shared.ids import IdMaker, TimeOrderedIds

_OUT = {
    "device_unknown": Standing.UNKNOWN,
    "device_revoked": Standing.REVOKED,
    # The server has another key of this device: it was let in anew and the answer was lost.
    "assertion_invalid": Standing.REVOKED,
}


class HttpEnrolmentDesk:
    """Implements ``usecases.enrol.EnrolmentDesk`` and ``usecases.recover.RecoveryDesk`` for the server at ``url``."""

    def __init__(self, url: str, ids: IdMaker | None = None) -> None:
        self.url = url.rstrip("/")
        self._client = client_for(self.url)
        self._ids = ids or TimeOrderedIds()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        return server_time(self._client, self.url)

    def standing_of(self, former: FormerDevice) -> Standing:
        """What the server says of a device.

        Raises:
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        if self._server_id() != former.identity.server_id:
            return Standing.OTHER_SERVER
        answer = self._called("POST", "/devices/token", {"assertion": self._proof(former)})
        if not answer.is_error:
            return Standing.WELCOME
        failure = refusal(answer, answer.content)
        if failure.code not in _OUT:
            raise failure
        return _OUT[failure.code]

    def enrol(self, code: str, public_key: str, name: str, former: FormerDevice | None = None) -> Enrolment:
        """Spend a one-time code, with ``former`` to come back as that device.

        Raises:
            UserError: ``enrol_code_invalid``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        body: dict[str, object] = {"code": code, "public_key": public_key, **({"name": name} if name else {})}
        if former is not None:
            body["returning"] = {
                "device_id": str(former.identity.device_id),
                "number": former.identity.number,
                "receipt_series": former.identity.receipt_series,
                "proof": self._proof(former),
            }
        return self._joined("/devices/enrol", body)

    def rekey(self, code: str, public_key: str, identity: DeviceIdentity) -> Enrolment:
        """Spend a one-time recovery code for this device.

        Raises:
            UserError: ``enrol_code_invalid``, ``other_server``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        if self._server_id() != identity.server_id:
            raise UserError("other_server", f"The server at {self.url} is not the one this home belongs to.")
        body = {"code": code, "public_key": public_key, "device_id": str(identity.device_id)}
        return self._joined("/devices/rekey", body)

    def _joined(self, path: str, body: Mapping[str, object]) -> Enrolment:
        answer = self._called("POST", path, body)
        if answer.is_error:
            raise refusal(answer, answer.content)
        try:
            found = msgspec.json.decode(answer.content, type=_EnrolAnswer)
        except msgspec.DecodeError as error:
            raise malformed() from error
        return Enrolment(**msgspec.structs.asdict(found))

    def _proof(self, former: FormerDevice) -> str:
        return DeviceKey(former.private_key, former.identity, self._ids).assertion(self.server_time())

    def _server_id(self) -> str:
        answer = self._called("GET", "/devices/server", None)
        if answer.is_error:
            raise refusal(answer, answer.content)
        try:
            return msgspec.json.decode(answer.content, type=_ServerCard).server_id
        except msgspec.DecodeError as error:
            raise malformed() from error

    def _called(self, method: str, path: str, body: Mapping[str, object] | None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except (httpx.TransportError, OSError) as error:
            raise unreachable(self.url) from error


class _EnrolAnswer(msgspec.Struct):
    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: str
    epoch: int
    receipt_series: int = 1
    replaces: str = ""
    recovery_key: str = ""


class _ServerCard(msgspec.Struct):
    server_id: str
