"""Snapshot files: whole, verifiable, and resumed where they broke off."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

import msgspec

from shared.schema.registry import CATALOGUE_SCOPE, SCHEMA_VERSION, store_scope
from shared.sync.wire import SnapshotOffer
from sync_server.conformance.verdict import NotTried, require
from sync_server.conformance.world import Check, World


def _offer(world: World) -> SnapshotOffer:
    answer = world.one.http.get(
        f"/sync/snapshots/{CATALOGUE_SCOPE}", params={"schema": SCHEMA_VERSION}, headers=_headers(world)
    )
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise NotTried("the server has no snapshot of the catalogue ready")
    require(answer.status_code == HTTPStatus.OK, f"it was answered {answer.status_code}")
    return msgspec.json.decode(answer.content, type=SnapshotOffer)


def _headers(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.one.token}"}


def whole(world: World) -> None:
    """The file is as large as offered and has the offered hash."""
    offer = _offer(world)
    answer = world.one.http.get(f"/sync/snapshots/{offer.scope}/{offer.name}", headers=_headers(world))
    require(answer.status_code == HTTPStatus.OK, f"the file was answered {answer.status_code}")
    require(len(answer.content) == offer.size, f"{len(answer.content)} bytes came, {offer.size} were offered")
    require(hashlib.sha256(answer.content).hexdigest() == offer.sha256, "the file's hash is not the offered one")


def resumed(world: World) -> None:
    """The rest of a file is given from any byte on, under the same ETag."""
    offer = _offer(world)
    path = f"/sync/snapshots/{offer.scope}/{offer.name}"
    first = world.one.http.get(path, headers=_headers(world))
    half = offer.size // 2
    wanted = {**_headers(world), "Range": f"bytes={half}-", "If-Range": first.headers.get("etag", "")}
    rest = world.one.http.get(path, headers=wanted)
    require(rest.status_code == HTTPStatus.PARTIAL_CONTENT, f"a range was answered {rest.status_code}")
    require(first.content[half:] == rest.content, "the rest is not the rest of the same file")


def personal(world: World) -> None:
    """Scopes with personal data never travel as files."""
    answer = world.one.http.get(f"/sync/snapshots/{store_scope(world.one.store_id)}", headers=_headers(world))
    require(answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN), f"it was answered {answer.status_code}")


CHECKS = (
    Check("snapshot.whole", "A snapshot is as large as offered and has the offered hash.", whole),
    Check("snapshot.resumed", "A snapshot is resumed by range under its ETag.", resumed),
    Check("snapshot.personal", "A store's own scope is never offered as a file.", personal),
)
