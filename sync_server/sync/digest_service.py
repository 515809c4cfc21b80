"""Full digests of what the server holds, byte for byte of every payload; slow, for comparing replicas."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from shared.schema.registry import SCHEMA_VERSION, at_schema
from shared.sync.digest import combined_digest, scope_digest
from shared.sync.wire import Row, ScopeDigest
from sync_server.auth.service import KnownDevice
from sync_server.db.sessions import Connection
from sync_server.sync import feed_repository, payload_repository, progress_repository, scope_repository
from sync_server.sync.pull_service import visible_to
from sync_server.sync.scope_repository import ScopeHead

_CHUNK_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class DeviceDigest:
    """What a device's replica must have when it has everything.

    Attributes:
        digest: ``combined_digest`` over its scopes, hexadecimal.
    """

    device: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    digest: str
    rows: int


def digests(connection: Connection, scopes: Iterable[str], schema: int = SCHEMA_VERSION) -> list[ScopeDigest]:
    """The digests of these scopes in one snapshot, by name; one that does not exist is empty at position 0.

    Rows are as wire schema ``schema`` has them; what it does not know is left out.
    """
    heads = scope_repository.heads(connection)
    return [
        _digest(connection, heads.get(scope) or ScopeHead(0, scope, 0, b""), schema) for scope in sorted(set(scopes))
    ]


def device_digests(connection: Connection) -> list[DeviceDigest]:
    """What every device that is not revoked should hold; each scope is read once."""
    heads = scope_repository.heads(connection)
    known: dict[str, ScopeDigest] = {}
    found = []
    for device in progress_repository.syncing_devices(connection):
        scopes = visible_to(connection, device.store_id, device.kind).scopes_in(heads)
        for missing in digests(connection, [scope for scope in scopes if scope not in known]):
            known[missing.scope] = missing
        mine = [known[scope] for scope in scopes]
        combined = combined_digest((each.scope, each.digest) for each in mine)
        rows = sum(each.rows for each in mine)
        found.append(DeviceDigest(device.id, device.store, device.kind, device.number, device.name, combined, rows))
    return found


def allowed_scopes(connection: Connection, device: KnownDevice, wanted: Iterable[str]) -> list[str]:
    """Those of the wanted scopes that the device may hold."""
    heads = scope_repository.positions(connection)
    allowed = set(visible_to(connection, device.store_id, device.kind).scopes_in(heads))
    return [scope for scope in wanted if scope in allowed]


def _digest(connection: Connection, head: ScopeHead, schema: int) -> ScopeDigest:
    rows, digest = scope_digest(_rows(connection, head, schema))
    return ScopeDigest(head.name, head.position, rows, digest)


def _rows(connection: Connection, head: ScopeHead, schema: int) -> Iterator[Row]:
    """Every row of a scope, sorted by entity and id, payloads read in chunks."""
    for entity, members in groupby(feed_repository.live_rows(connection, head.id), key=lambda row: row[0]):
        if entity not in at_schema(schema):
            continue
        while chunk := list(islice(members, _CHUNK_ROWS)):
            payloads = payload_repository.read_payloads(connection, entity, [id_ for _, id_, _ in chunk], schema)
            for _, id_, version in chunk:
                root, children = payloads[id_]
                yield Row(
                    entity, id_, version, (list(root), {name: [list(r) for r in children[name]] for name in children})
                )
