"""The binary protocol of devices under ``/sync``: push, pull, digests, events and the server's time."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from shared.sync.wire import DigestAnswer, DigestRequest, PullRequest, PushRequest
from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.db.sessions import Database, RequestDatabase
from sync_server.errors import ErrorBody, Unauthorised
from sync_server.sync import digest_service, pull_service, push_service
from sync_server.sync.encoding import CONTENT_TYPE, packed, unpacked
from sync_server.sync.heads import HeadsBoard, newest
from sync_server.sync.scopes import Visibility

router = APIRouter(prefix="/sync", tags=["sync"], responses={401: {"model": ErrorBody}})

_push_decoder = msgspec.msgpack.Decoder(PushRequest)
_pull_decoder = msgspec.msgpack.Decoder(PullRequest)
_digest_decoder = msgspec.msgpack.Decoder(DigestRequest)
_BINARY = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


async def _read_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


class ServerTime(BaseModel):
    """The server's clock."""

    server_time: int = Field(description="UTC microseconds.")


@router.post(
    "/push",
    response_class=Response,
    responses={200: _BINARY, 409: {"model": ErrorBody}},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def push(body: Body, device_id: TokenDevice, database: RequestDatabase) -> Response:
    """Take a device's mutations (PushRequest → PushAnswer); 409 `push_gap` with `expected`, or `push_fork`."""
    answer = push_service.push(database, device_id, unpacked(body, _push_decoder))
    return Response(packed(answer), media_type=CONTENT_TYPE)


@router.post(
    "/pull",
    response_class=Response,
    responses={200: _BINARY},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def pull(body: Body, device_id: TokenDevice, database: RequestDatabase) -> Response:
    """What is new for a device (PullRequest → PullAnswer), from one snapshot."""
    request = unpacked(body, _pull_decoder)
    with database.reading() as connection:
        device = auth.require_device(connection, device_id)
        answer = pull_service.answer_pull(
            connection, device, request, epoch=database.identity.epoch, now=database.clock.now()
        )
    return Response(packed(answer), media_type=CONTENT_TYPE)


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
        answer = DigestAnswer(database.identity.epoch, digest_service.digests(connection, scopes))
    return Response(packed(answer), media_type=CONTENT_TYPE)


@router.get("/time")
def time(database: RequestDatabase) -> ServerTime:
    """The server's clock; asked without a token, so that a device with a wrong clock can sign an assertion."""
    return ServerTime(server_time=database.clock.now())


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def events(request: Request, device_id: TokenDevice, database: RequestDatabase) -> StreamingResponse:
    """Server-sent events: `heads` with {"scope": position, …} at once and after each change; a comment now and then."""
    visible = await run_in_threadpool(_visibility, database, device_id)
    board: HeadsBoard = request.app.state.board
    heartbeat_seconds: float = request.app.state.heartbeat_seconds
    stream = _stream(board, database, device_id, visible, heartbeat_seconds)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(
    board: HeadsBoard, database: Database, device_id: uuid.UUID, visible: Visibility, heartbeat_seconds: float
) -> AsyncIterator[str]:
    """Heads at once and after each change; who is revoked meanwhile is let go at the next heartbeat."""
    with board.subscription() as mine:
        told: Mapping[str, int] | None = None
        heads = newest(board.heads, await run_in_threadpool(_heads, database))
        while not board.is_closed:
            held = {scope: heads.get(scope, 0) for scope in visible.scopes_in(heads)}
            if held != told:
                told = held
                yield f"event: heads\ndata: {json.dumps(held, separators=(',', ':'))}\n\n"
            try:
                await asyncio.wait_for(mine.is_due.wait(), heartbeat_seconds)
            except TimeoutError:
                try:
                    visible = await run_in_threadpool(_visibility, database, device_id)
                except Unauthorised:
                    return
                yield ": still here\n\n"
            mine.is_due.clear()
            heads = newest(heads, board.heads)


def _visibility(database: Database, device_id: uuid.UUID) -> Visibility:
    with database.reading() as connection:
        device = auth.require_device(connection, device_id)
        return pull_service.visible_to(connection, device.store_id, device.kind)


def _heads(database: Database) -> Mapping[str, int]:
    with database.reading() as connection:
        return pull_service.positions(connection)
