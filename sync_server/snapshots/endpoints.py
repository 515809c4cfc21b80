"""Snapshot files under ``/sync/snapshots``: what is ready for a device, and the files themselves (Range, ETag)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import SnapshotOffer
from sync_server.auth import service as auth
from sync_server.auth.guard_service import TokenDevice
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import ErrorBody
from sync_server.snapshots import service
from sync_server.snapshots.builder import SnapshotBuilder
from sync_server.snapshots.shelf import Shelf

router = APIRouter(prefix="/sync/snapshots", tags=["sync"], responses={401: {"model": ErrorBody}})

Schema = Annotated[int, Query(description="The wire schema the device speaks.")]


class SnapshotOfferAnswer(BaseModel):
    """A file that is ready; see ``SnapshotOffer`` in docs/protocol.md."""

    scope: str
    name: str
    epoch: int
    schema_: int = Field(alias="schema")
    position: int
    mark: str = Field(description="Hexadecimal.")
    size: int = Field(description="Bytes as it travels, Zstandard.")
    plain_size: int = Field(description="Bytes of the SQLite file inside.")
    sha256: str = Field(description="Of the file as it travels, hexadecimal.")
    rows: int


class SnapshotOffersAnswer(BaseModel):
    """Every file that is ready for the device."""

    offers: list[SnapshotOfferAnswer]


@router.get("")
def list_snapshots(
    request: Request, device_id: TokenDevice, database: RequestDatabase, schema: Schema = SCHEMA_VERSION
) -> SnapshotOffersAnswer:
    """The files of the device's scopes that are ready. What is not, or not fresh any more, is built meanwhile."""
    return SnapshotOffersAnswer(offers=[_told(offer) for offer in _ready(request, device_id, database, schema)])


@router.get("/{scope}", responses={404: {"model": ErrorBody}})
def find_snapshot(
    scope: str, request: Request, device_id: TokenDevice, database: RequestDatabase, schema: Schema = SCHEMA_VERSION
) -> SnapshotOfferAnswer:
    """The file of one scope; 404 `snapshot_none` where there is none yet or the device may not hold the scope."""
    for offer in _ready(request, device_id, database, schema):
        if offer.scope == scope:
            return _told(offer)
    raise service.none_there(scope)


@router.get(
    "/{scope}/{name}",
    response_class=FileResponse,
    responses={200: {"content": {"application/zstd": {}}}, 206: {}, 404: {"model": ErrorBody}, 416: {}},
)
def fetch_snapshot(
    scope: str, name: str, request: Request, device_id: TokenDevice, database: RequestDatabase
) -> Response:
    """The file, or the part of it that `Range` asks for; its `ETag` is its SHA-256, so that `If-Range` is safe."""
    with database.reading() as connection:
        service.require_scope(connection, auth.require_device(connection, device_id), scope)
    shelf: Shelf = request.app.state.snapshots
    path, offer = shelf.path_of(scope, name), shelf.offer_of(name)
    if path is None or offer is None or not path.exists():
        raise service.none_there(scope)
    headers = {"ETag": f'"{offer.sha256}"', "Cache-Control": "private, no-transform"}
    return _LargeFile(path, media_type="application/zstd", headers=headers)


class _LargeFile(FileResponse):
    """Read in large pieces: a small one costs a change of threads each."""

    chunk_size = 1024 * 1024


def _ready(request: Request, device_id: TokenDevice, database: RequestDatabase, schema: int) -> list[SnapshotOffer]:
    shelf: Shelf = request.app.state.snapshots
    builder: SnapshotBuilder | None = request.app.state.snapshot_builder
    with database.reading() as connection:
        found = service.offers_for(
            connection,
            shelf,
            auth.require_device(connection, device_id),
            schema=schema,
            rows_min=request.app.state.snapshot_rows_min,
        )
    if builder is not None:
        builder.want(found.wanted)
    return found.ready


def _told(offer: SnapshotOffer) -> SnapshotOfferAnswer:
    return SnapshotOfferAnswer(
        scope=offer.scope,
        name=offer.name,
        epoch=offer.epoch,
        schema=offer.schema,
        position=offer.position,
        mark=offer.mark,
        size=offer.size,
        plain_size=offer.plain_size,
        sha256=offer.sha256,
        rows=offer.rows,
    )
