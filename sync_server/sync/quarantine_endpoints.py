"""Where a revoked device hands in what it never sent."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.sync.wire import PushRequest
from sync_server.db.sessions import Database, RequestDatabase
from sync_server.errors import ErrorBody, Unauthorised
from sync_server.sync import quarantine_service
from sync_server.sync.bodies import read_body
from sync_server.sync.encoding import CONTENT_TYPE, packed, unpacked
from sync_server.sync.load_gate import LoadGate

router = APIRouter(prefix="/sync", tags=["sync"], responses={401: {"model": ErrorBody}})

_decoder = msgspec.msgpack.Decoder(PushRequest)
_BINARY = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
_assertion_bearer = HTTPBearer(
    scheme_name="assertion",
    description="An assertion signed by the device's key, as POST /devices/token takes it; each works once.",
    auto_error=False,
)
AssertionBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_assertion_bearer)]


@router.post(
    "/quarantine",
    response_class=Response,
    responses={200: _BINARY},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
async def quarantine(request: Request, bearer: AssertionBearer, database: RequestDatabase) -> Response:
    """Keep what a revoked device never sent (PushRequest → PushAnswer); each is told `quarantined` or `repeated`."""
    if bearer is None:
        raise Unauthorised("assertion_missing", "Send an assertion of the device as: Authorization: Bearer …")
    gate: LoadGate = request.app.state.push_gate
    gate.look()
    body = await read_body(request)
    return await gate.run(partial(_hand_in, body, bearer.credentials, database))


def _hand_in(body: bytes, assertion: str, database: Database) -> Response:
    answer = quarantine_service.hand_in(database, assertion, unpacked(body, _decoder))
    return Response(packed(answer), media_type=CONTENT_TYPE)
