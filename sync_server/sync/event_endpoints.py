"""Pokes: the newest heads of a device's scopes, as events, or one answer at a time where a proxy buffers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.db.sessions import Database, RequestDatabase
from sync_server.errors import ErrorBody, Unauthorised
from sync_server.sync import pull_service
from sync_server.sync.heads import HeadsBoard, newest
from sync_server.sync.scopes import Visibility

WAIT_SECONDS_MAX = 30.0
"""Longer than this no answer is held back: proxies cut lines that are silent for a minute."""

router = APIRouter(prefix="/sync", tags=["sync"], responses={401: {"model": ErrorBody}})


class AwaitHeadsRequest(BaseModel):
    """What a device knows of the heads, and how long it will wait for others."""

    known: dict[str, int] = Field(default_factory=dict, description="Position by scope, as answered before.")
    wait_seconds: float = Field(default=25.0, ge=0, description=f"At most {WAIT_SECONDS_MAX:.0f} are waited.")


class HeadsAnswer(BaseModel):
    """The newest position of each of the device's scopes."""

    heads: dict[str, int]


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
    """Heads at once and after each change; who is revoked meanwhile is let go within a heartbeat, news or none."""
    time = asyncio.get_running_loop().time
    with board.subscription() as mine:
        told: Mapping[str, int] | None = None
        looked_at = time()
        heads = newest(board.heads, await run_in_threadpool(_heads, database))
        while not board.is_closed:
            held = _held(visible, heads)
            if held != told:
                told = held
                yield f"event: heads\ndata: {json.dumps(held, separators=(',', ':'))}\n\n"
            is_quiet = False
            try:
                await asyncio.wait_for(mine.is_due.wait(), heartbeat_seconds)
            except TimeoutError:
                is_quiet = True
            if is_quiet or time() - looked_at >= heartbeat_seconds:
                looked_at = time()
                try:
                    visible = await run_in_threadpool(_visibility, database, device_id)
                except Unauthorised:
                    return
            if is_quiet:
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


@router.post("/heads")
async def await_heads(
    body: AwaitHeadsRequest, request: Request, device_id: TokenDevice, database: RequestDatabase
) -> HeadsAnswer:
    """The device's heads as soon as they differ from what it knows, at the latest when its time is up (long poll)."""
    visible = await run_in_threadpool(_visibility, database, device_id)
    board: HeadsBoard = request.app.state.board
    until = asyncio.get_running_loop().time() + min(body.wait_seconds, WAIT_SECONDS_MAX)
    with board.subscription() as mine:
        heads = newest(board.heads, await run_in_threadpool(_heads, database))
        while not board.is_closed and _held(visible, heads) == body.known:
            try:
                async with asyncio.timeout_at(until):
                    await mine.is_due.wait()
            except TimeoutError:
                break
            mine.is_due.clear()
            heads = newest(heads, board.heads)
    return HeadsAnswer(heads=_held(visible, heads))


def _held(visible: Visibility, heads: Mapping[str, int]) -> dict[str, int]:
    return {scope: heads.get(scope, 0) for scope in visible.scopes_in(heads)}
