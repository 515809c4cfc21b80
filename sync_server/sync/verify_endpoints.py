"""What every device's replica must hold, over HTTP, for whoever compares replicas with the server."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sync_server.auth.guard_service import CurrentChannel
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody
from sync_server.sync import digest_service

router = APIRouter(prefix="/verify", tags=["verify"], responses={401: {"model": ErrorBody}})


class DeviceDigestAnswer(BaseModel):
    """The digest over all scopes a device may hold."""

    device: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    digest: str = Field(description="Hexadecimal; equal to the replica's own when it has everything.")
    rows: int


class DigestsAnswer(BaseModel):
    """Every device that may sync."""

    devices: list[DeviceDigestAnswer]


@router.get("/digests")
def verify_digests(database: RequestDatabase, channel: CurrentChannel) -> DigestsAnswer:
    """The full digest of what each device should hold, from one snapshot; slow on purpose: every payload is read."""
    del channel
    with database.reading() as connection:
        found = digest_service.device_digests(connection)
    return DigestsAnswer(
        devices=[
            DeviceDigestAnswer(
                device=each.device,
                store=each.store,
                kind=each.kind,
                number=each.number,
                name=each.name,
                digest=each.digest,
                rows=each.rows,
            )
            for each in found
        ]
    )
