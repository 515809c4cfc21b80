"""What a device needs to verify and repair itself, under ``/sync``: bucket sums, and rows by name."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response

from shared.sync.wire import RowsRequest, VerifyRequest
from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.db.identity import load_identity
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody
from sync_server.sync import rows_service, verify_service
from sync_server.sync.bodies import Body
from sync_server.sync.encoding import CONTENT_TYPE, packed, unpacked

router = APIRouter(prefix="/sync", tags=["sync"], responses={401: {"model": ErrorBody}})

_verify_decoder = msgspec.msgpack.Decoder(VerifyRequest)
_rows_decoder = msgspec.msgpack.Decoder(RowsRequest)
_BINARY = {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/verify",
    response_class=Response,
    responses={200: _BINARY},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def verify(body: Body, device_id: TokenDevice, database: RequestDatabase) -> Response:
    """Bucket sums of a device's scopes and what is in some buckets (VerifyRequest → VerifyAnswer), one snapshot."""
    request = unpacked(body, _verify_decoder)
    with database.reading() as connection:
        device = auth.require_device(connection, device_id)
        epoch = load_identity(connection).epoch
        answer = verify_service.answer_verify(connection, device, request, epoch=epoch)
    return Response(packed(answer), media_type=CONTENT_TYPE)


@router.post(
    "/rows",
    response_class=Response,
    responses={200: _BINARY, 400: {"model": ErrorBody}},
    openapi_extra={"requestBody": {"required": True, **_BINARY}},
)
def rows(body: Body, device_id: TokenDevice, database: RequestDatabase) -> Response:
    """Rows by name, or all of an entity after an id (RowsRequest → RowsAnswer), from one snapshot."""
    request = unpacked(body, _rows_decoder)
    with database.reading() as connection:
        device = auth.require_device(connection, device_id)
        epoch = load_identity(connection).epoch
        answer = rows_service.answer_rows(connection, device, request, epoch=epoch)
    return Response(packed(answer), media_type=CONTENT_TYPE)
