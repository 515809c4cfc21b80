"""Joining, tokens, and what an office does with devices, over HTTP."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from shared.errors import UserError
from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.chain import service as chain
from sync_server.db.sessions import Database, RequestDatabase
from sync_server.devices import joining_service as joining
from sync_server.devices import service
from sync_server.devices.joining_service import Enrolled, Returning
from sync_server.devices.service import ListedDevice
from sync_server.errors import ErrorBody, Malformed, NotFound, Unprocessable

router = APIRouter(prefix="/devices", tags=["devices"])


class ReturningDevice(BaseModel):
    """Who a home was that belonged to a device before."""

    device_id: uuid.UUID
    number: int = Field(ge=0, le=1_000_000)
    receipt_series: int = Field(ge=0, le=2**40)
    proof: str = Field(default="", max_length=4_000, description="An assertion signed by its old key.")


class EnrolRequest(BaseModel):
    """A one-time code and the key pair's public half."""

    code: str = Field(description="As shown by `counterfoil-server enrol-code`; case and dashes do not matter.")
    public_key: str = Field(description="Raw Ed25519 public key, base64url.")
    name: str = Field(default="", max_length=200, description="What the device calls itself.")
    returning: ReturningDevice | None = Field(
        default=None, description="Where the home belonged to a device that was revoked, or that this server lost."
    )


class RekeyRequest(BaseModel):
    """A one-time recovery code and the new key pair's public half."""

    code: str = Field(description="As shown by `counterfoil-server recovery-code`.")
    device_id: uuid.UUID = Field(description="The device that asks; the code is good for one device alone.")
    public_key: str = Field(description="Raw Ed25519 public key, base64url.")


class EnrolAnswer(BaseModel):
    """Who the device is from now on."""

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: uuid.UUID
    epoch: int
    receipt_series: int = Field(description="Its receipts are numbered in this series from now on.")
    replaces: str = Field(description="The name of the device whose place it took; empty where there is none.")
    recovery_key: str = Field(description="Raw X25519 public key, base64url; empty where the shop has none yet.")


class ServerCard(BaseModel):
    """Who this server is, for whoever has not joined it yet."""

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


class DeviceAnswer(BaseModel):
    """A device as an office sees it; instants in UTC microseconds."""

    id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    enrolled_at: int | None
    revoked_at: int | None
    last_seen_at: int | None = Field(description="To within a few seconds.")
    last_number: int = Field(description="The highest mutation number of any of its lives.")
    lives: int = Field(description="How many incarnations of it were heard of.")
    receipt_series: int = Field(description="The series this server last gave it.")
    program: str
    schema_version: int | None
    waiting: int | None = Field(description="Mutations that waited on it when it was last heard.")
    behind: int = Field(description="Positions it does not have yet, over all its scopes.")
    behind_by_scope: dict[str, int]
    clock_skew_us: int | None = Field(description="Its clock less the server's, microseconds.")


class DevicesAnswer(BaseModel):
    """Every device, by store, kind and number."""

    devices: list[DeviceAnswer]


class CodeRequest(BaseModel):
    """What a code is to open."""

    purpose: Literal["join", "replace", "recover"] = "join"
    store: str = Field(default="", max_length=120, description="Code of the store; not for `recover`.")
    kind: str = Field(default="till", max_length=40)
    number: int | None = Field(default=None, ge=1, le=1_000_000)
    name: str = Field(default="", max_length=200)
    device_id: uuid.UUID | None = Field(default=None, description="For `recover`: whose keys were lost.")


class CodeAnswer(BaseModel):
    """A one-time code, good for 24 hours."""

    code: str


_JOINING: dict[int | str, dict[str, Any]] = {
    403: {"model": ErrorBody},
    409: {"model": ErrorBody},
    429: {"model": ErrorBody},
}
_OFFICE: dict[int | str, dict[str, Any]] = {401: {"model": ErrorBody}, 403: {"model": ErrorBody}}


@router.post("/enrol", responses=_JOINING)
def enrol(body: EnrolRequest, request: Request, database: RequestDatabase) -> EnrolAnswer:
    """Join a device by a one-time code. A wrong, used or expired code is answered 403 `enrol_code_invalid`."""
    told = body.returning
    joined = joining.enrol(
        database,
        code=body.code,
        public_key=_decoded(body.public_key),
        name=body.name,
        address=_address(request),
        returning=None if told is None else Returning(**told.model_dump()),
    )
    if joined.replaces:
        _keep_revocations(request)
    return _enrol_answer(database, joined)


@router.post("/rekey", responses=_JOINING)
def rekey(body: RekeyRequest, request: Request, database: RequestDatabase) -> EnrolAnswer:
    """Give a device whose keys were lost a new one, by a one-time recovery code."""
    keyed = joining.rekey(
        database,
        device_id=body.device_id,
        code=body.code,
        public_key=_decoded(body.public_key),
        address=_address(request),
    )
    return _enrol_answer(database, keyed)


@router.get("/server")
def server(database: RequestDatabase) -> ServerCard:
    """Who this server is; asked without a token."""
    return ServerCard(server_id=database.identity.server_id, epoch=database.epoch())


@router.post("/token", responses={401: {"model": ErrorBody}})
def token(body: TokenRequest, database: RequestDatabase) -> TokenAnswer:
    """Exchange an assertion for a token of 15 minutes."""
    with database.writing() as connection:
        issued = auth.exchange_assertion(connection, database.identity, database.clock, body.assertion)
    return TokenAnswer(token=issued.token, expires_at=issued.expires_at)


@router.get("", responses=_OFFICE)
def devices(device_id: TokenDevice, database: RequestDatabase) -> DevicesAnswer:
    """Every device: when it was heard, how far it is, what waits on it, how its clock goes. For offices."""
    with database.reading() as connection:
        auth.require_office(connection, device_id)
        found = service.list_devices(connection)
    return DevicesAnswer(devices=[_device_answer(each) for each in found])


@router.post("/codes", responses={**_OFFICE, 422: {"model": ErrorBody}})
def codes(body: CodeRequest, device_id: TokenDevice, database: RequestDatabase) -> CodeAnswer:
    """Make a one-time code to join, to replace a lost device or to give one new keys. For offices."""
    with database.writing() as connection:
        auth.require_office(connection, device_id)
        try:
            if body.purpose == "recover":
                made = joining.make_recovery_code(connection, database.clock, _named(body.device_id))
            else:
                made = joining.make_enrol_code(
                    connection,
                    database.clock,
                    store_code=body.store,
                    kind=body.kind,
                    number=body.number,
                    name=body.name,
                    is_replacement=body.purpose == "replace",
                )
        except UserError as error:
            raise Unprocessable(error.code, error.message, **error.data) from error
    return CodeAnswer(code=made)


@router.post("/{revoked_id}/revoke", responses={**_OFFICE, 404: {"model": ErrorBody}})
def revoke(revoked_id: uuid.UUID, device_id: TokenDevice, request: Request, database: RequestDatabase) -> DeviceAnswer:
    """Stop a device from syncing, from its next call on; what it holds unsent stays on it. For offices."""
    with database.writing() as connection:
        auth.require_office(connection, device_id)
        try:
            service.revoke(connection, database.clock, revoked_id)
        except UserError as error:
            raise NotFound(error.code, error.message) from error
        found = service.list_devices(connection)
    _keep_revocations(request)
    return next(_device_answer(each) for each in found if each.id == revoked_id)


def _device_answer(device: ListedDevice) -> DeviceAnswer:
    return DeviceAnswer(
        id=device.id,
        store=device.store,
        kind=device.kind,
        number=device.number,
        name=device.name,
        enrolled_at=device.enrolled_at,
        revoked_at=device.revoked_at,
        last_seen_at=device.last_seen_at,
        last_number=device.last_number,
        lives=device.lives,
        receipt_series=device.receipt_series,
        program=device.program,
        schema_version=device.schema,
        waiting=device.waiting,
        behind=device.behind,
        behind_by_scope=dict(device.behind_by_scope),
        clock_skew_us=device.clock_skew_us,
    )


def _enrol_answer(database: Database, joined: Enrolled) -> EnrolAnswer:
    with database.reading() as connection:
        recovery_key = chain.recovery_key(connection)
    return EnrolAnswer(
        device_id=joined.device_id,
        store_id=joined.store_id,
        kind=joined.kind,
        number=joined.number,
        name=joined.name,
        server_id=database.identity.server_id,
        epoch=database.epoch(),
        receipt_series=joined.receipt_series,
        replaces=joined.replaces,
        recovery_key=recovery_key,
    )


def _named(device_id: uuid.UUID | None) -> uuid.UUID:
    if device_id is None:
        raise UserError("device_missing", "Say with device_id whose keys were lost.")
    return device_id


def _keep_revocations(request: Request) -> None:
    """Have the home's log follow the database before anybody is told that a device is out."""
    look: Callable[[], object] = request.app.state.look_at_history
    look()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Malformed("public_key_invalid", "The public key must be 32 bytes of Ed25519 in base64url.") from error
