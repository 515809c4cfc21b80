"""Answering a device that asks for rows by name, to repair them, or for all of an entity, to fill what it lacked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.limits import PULL_PAGE_MAX_ROWS, PULL_PAGE_TARGET_BYTES
from shared.schema.registry import at_schema
from shared.sync.wire import RowsRequest
from sync_server.auth.service import KnownDevice
from sync_server.db.sessions import Connection
from sync_server.errors import Malformed
from sync_server.sync import feed_repository, payload_repository, scope_repository
from sync_server.sync.digest_service import allowed_scopes
from sync_server.sync.scope_repository import ScopeHead

_SLICE_ROWS = 500
_encode = msgspec.msgpack.Encoder().encode


class Rows(msgspec.Struct, omit_defaults=True):
    """``wire.RowsAnswer`` with rows that are encoded already."""

    epoch: int
    scope: str
    position: int
    rows: list[msgspec.Raw]
    missing: list[tuple[str, bytes]] = msgspec.field(default_factory=list)
    more: bool = False
    mark: bytes = b""


def answer_rows(connection: Connection, device: KnownDevice, request: RowsRequest, *, epoch: int) -> Rows:
    """The rows asked for, from the snapshot of ``connection``; a scope the device may not hold has none.

    Raises:
        Malformed: ``too_many_rows``.
    """
    if len(request.keys) > PULL_PAGE_MAX_ROWS:
        raise Malformed("too_many_rows", f"Ask for at most {PULL_PAGE_MAX_ROWS:,} rows at a time.")
    head = scope_repository.heads(connection).get(request.scope) or ScopeHead(0, request.scope, 0, b"")
    if not allowed_scopes(connection, device, [request.scope]):
        head = ScopeHead(0, request.scope, 0, b"")
    answer = Rows(epoch, head.name, head.position, [], mark=head.mark)
    if request.entity:
        _add_after(connection, head, request, answer)
    else:
        _add_named(connection, head, request, answer)
    return answer


def _add_named(connection: Connection, head: ScopeHead, request: RowsRequest, answer: Rows) -> None:
    """The named rows, in the order of their names; beyond the size of an answer, ``more`` says that some are left."""
    by_entity: dict[str, list[bytes]] = {}
    for entity, row_id in request.keys:
        by_entity.setdefault(entity, []).append(row_id)
    left = _size_of(request)
    for entity, ids in by_entity.items():
        known = entity in at_schema(request.schema)
        versions = feed_repository.live_versions(connection, head.id, entity, ids) if known else {}
        for start in range(0, len(ids), _SLICE_ROWS):
            if left <= 0:
                answer.more = True
                return
            part = ids[start : start + _SLICE_ROWS]
            answer.missing += [(entity, row_id) for row_id in part if row_id not in versions]
            present = {row_id: versions[row_id] for row_id in part if row_id in versions}
            left -= _add(connection, entity, present, request.schema, answer)


def _add_after(connection: Connection, head: ScopeHead, request: RowsRequest, answer: Rows) -> None:
    """The next rows of one entity, in the order of their ids."""
    if request.entity not in at_schema(request.schema):
        return
    left, after = _size_of(request), request.after
    while left > 0:
        slice_ = feed_repository.live_after(connection, head.id, request.entity, after, _SLICE_ROWS)
        left -= _add(connection, request.entity, dict(slice_), request.schema, answer)
        if len(slice_) < _SLICE_ROWS:
            return
        after = slice_[-1][0]
    answer.more = True


def _add(connection: Connection, entity: str, versions: Mapping[bytes, int], schema: int, answer: Rows) -> int:
    """Read these rows into the answer; gives their size in bytes."""
    if not versions:
        return 0
    payloads = payload_repository.read_payloads(connection, entity, list(versions), schema)
    # A row that the feed has and no table does is the server's own fault, which its reconciler reports.
    answer.missing += [(entity, row_id) for row_id in versions if row_id not in payloads]
    encoded = [_encode((entity, row_id, versions[row_id], payloads[row_id])) for row_id in sorted(payloads)]
    answer.rows += map(msgspec.Raw, encoded)
    return _total(encoded)


def _total(encoded: Iterable[bytes]) -> int:
    return sum(map(len, encoded))


def _size_of(request: RowsRequest) -> int:
    return min(request.maximum_bytes or PULL_PAGE_TARGET_BYTES, PULL_PAGE_TARGET_BYTES)
