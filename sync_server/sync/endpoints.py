"""The binary protocol of devices under ``/sync``: push, pull, digests and the server's time."""

from __future__ import annotations

from functools import partial

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from shared.sync.wire import DigestAnswer, DigestRequest
from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.db.epoch import current_epoch
from sync_server.db.sessions import RequestDatabase
from sync_server.devices.seen_service import RequestSighting
from sync_server.errors import ErrorBody
from sync_server.sync import digest_service
from sync_server.sync.bodies import Body, read_body
from sync_server.sync.calls import pull_answer, push_answer
from sync_server.sync.encoding import CONTENT_TYPE, packed, unpacked
from sync_server.sync.known_scopes import KnownScopes
from sync_server.sync.load_gate import LoadGate

router = APIRouter(prefix="/sync", tags=["sync"], responses={401: {"model": ErrorBody}})

_digest_decoder = msgspec.msgpack.Decoder(DigestRequest)
_BINARY = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


def _binary(body: bytes) -> Response:
    return Response(body, media_type=CONTENT_TYPE)


class ServerTime(BaseModel):
    """The server's clock."""

    server_time: int = Field(description="UTC microseconds.")


@router.post(
    "/push",
    response_class=Response,
    responses={200: _BINARY, 409: {"model": ErrorBody}},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def push(request: Request, device_id: TokenDevice, database: RequestDatabase, seen: RequestSighting) -> Response:
    """Take a device's mutations (PushRequest → PushAnswer).

    409 `push_gap` with `expected`, `push_fork`, or `epoch_changed` with `epoch`; 413 `push_too_large`; 503 with
    `Retry-After` when there is too much to do.
    """
    gate: LoadGate = request.app.state.push_gate
    gate.look()
    body = await read_body(request)
    return _binary(await gate.run(partial(push_answer, body, device_id, database, seen)))


@router.post(
    "/pull",
    response_class=Response,
    responses={200: _BINARY},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def pull(request: Request, device_id: TokenDevice, database: RequestDatabase, seen: RequestSighting) -> Response:
    """What is new for a device (PullRequest → PullAnswer), from one snapshot; 503 when there is too much to do.

    Most do not come here: ``short_calls``.
    """
    gate: LoadGate = request.app.state.pull_gate
    gate.look()
    body = await read_body(request)
    known: KnownScopes = request.app.state.known_scopes
    return _binary(await gate.run(partial(pull_answer, body, device_id, database, known, seen)))


@router.post(
    "/digest",
    response_class=Response,
    responses={200: _BINARY},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def digest(body: Body, device_id: TokenDevice, database: RequestDatabase) -> Response:
    """Full digests of the scopes asked for, as far as the device may hold them (DigestRequest → DigestAnswer)."""
    request = unpacked(body, _digest_decoder)
    with database.reading() as connection:
        device = auth.require_device(connection, device_id)
        scopes = digest_service.allowed_scopes(connection, device, request.scopes)
        answer = DigestAnswer(current_epoch(connection), digest_service.digests(connection, scopes, request.schema))
    return _binary(packed(answer))


@router.get("/time")
def time(database: RequestDatabase) -> ServerTime:
    """The server's clock; asked without a token, so that a device with a wrong clock can sign an assertion."""
    return ServerTime(server_time=database.clock.now())
