"""Enrolment and tokens over HTTP."""

from __future__ import annotations

import base64
import binascii
import uuid

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from sync_server.auth import service as auth
from sync_server.db.sessions import RequestDatabase
from sync_server.devices import service
from sync_server.errors import ErrorBody, Malformed

router = APIRouter(prefix="/devices", tags=["devices"])


class EnrolRequest(BaseModel):
    """A one-time code and the key pair's public half."""

    code: str = Field(description="As shown by `counterfoil-server enrol-code`; case and dashes do not matter.")
    public_key: str = Field(description="Raw Ed25519 public key, base64url.")
    name: str = Field(default="", max_length=200, description="What the device calls itself.")


class EnrolAnswer(BaseModel):
    """Who the device is from now on."""

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: uuid.UUID
    epoch: int


class TokenRequest(BaseModel):
    """A JWT signed by the device's key."""

    assertion: str = Field(
        description="JWT, EdDSA: iss = sub = device id, aud = server id, jti, iat, exp at most 60 s later."
    )


class TokenAnswer(BaseModel):
    """A bearer token."""

    token: str
    expires_at: int = Field(description="UTC microseconds.")


@router.post("/enrol", responses={403: {"model": ErrorBody}, 409: {"model": ErrorBody}, 429: {"model": ErrorBody}})
def enrol(body: EnrolRequest, request: Request, database: RequestDatabase) -> EnrolAnswer:
    """Join a device by a one-time code. A wrong, used or expired code is answered 403 `enrol_code_invalid`."""
    joined = service.enrol(
        database,
        code=body.code,
        public_key=_decoded(body.public_key),
        name=body.name,
        address=request.client.host if request.client else "",
    )
    identity = database.identity
    return EnrolAnswer(
        device_id=joined.device_id,
        store_id=joined.store_id,
        kind=joined.kind,
        number=joined.number,
        name=joined.name,
        server_id=identity.server_id,
        epoch=identity.epoch,
    )


@router.post("/token", responses={401: {"model": ErrorBody}})
def token(body: TokenRequest, database: RequestDatabase) -> TokenAnswer:
    """Exchange an assertion for a token of 15 minutes."""
    with database.writing() as connection:
        issued = auth.exchange_assertion(connection, database.identity, database.clock, body.assertion)
    return TokenAnswer(token=issued.token, expires_at=issued.expires_at)


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Malformed("public_key_invalid", "The public key must be 32 bytes of Ed25519 in base64url.") from error
