"""The shop's devices over HTTP, as an office asks for them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from desktop.sync.transport.http_server import HttpServer
from desktop.sync.transport.refusals import malformed
from desktop.usecases.manage_devices import ListedDevice

_Answer = TypeVar("_Answer")


class HttpDevicesDesk:
    """Implements ``usecases.manage_devices.DevicesDesk``."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server

    def list_devices(self) -> Sequence[ListedDevice]:
        """Every device."""
        return [_listed(each) for each in _decoded(self._server.call_json("GET", "/devices"), _DevicesAnswer).devices]

    def make_code(self, *, store: str, kind: str, number: int | None, name: str, is_replacement: bool) -> str:
        """A one-time code."""
        purpose = "replace" if is_replacement else "join"
        body: Mapping[str, object] = {"purpose": purpose, "store": store, "kind": kind, "number": number, "name": name}
        return _decoded(self._server.call_json("POST", "/devices/codes", body), _CodeAnswer).code

    def revoke(self, device_id: uuid.UUID) -> None:
        """Stop a device from syncing."""
        self._server.call_json("POST", f"/devices/{device_id}/revoke")


class _Device(msgspec.Struct):
    id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    enrolled_at: int | None
    revoked_at: int | None
    last_seen_at: int | None
    receipt_series: int
    program: str
    schema_version: int | None
    waiting: int | None
    behind: int
    clock_skew_us: int | None


class _DevicesAnswer(msgspec.Struct):
    devices: list[_Device]


class _CodeAnswer(msgspec.Struct):
    code: str


def _listed(device: _Device) -> ListedDevice:
    return ListedDevice(**msgspec.structs.asdict(device))


def _decoded(body: bytes, answer_type: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=answer_type)
    except msgspec.DecodeError as error:
        raise malformed() from error
