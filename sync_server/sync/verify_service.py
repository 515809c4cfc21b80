"""Answering a device that verifies: the sums of its scopes' buckets, and what is in the buckets that differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from shared.schema.registry import at_schema
from shared.sync.buckets import BUCKETS, packed_sums
from shared.sync.wire import BucketName, BucketRows, EntitySums, ScopeSums, VerifyAnswer, VerifyRequest
from sync_server.auth.service import KnownDevice
from sync_server.db.sessions import Connection
from sync_server.sync import bucket_repository, scope_repository
from sync_server.sync.bucket_repository import BucketSum
from sync_server.sync.digest_service import allowed_scopes
from sync_server.sync.scope_repository import ScopeHead

ROWS_ANSWERED_MAX = 40_000
"""About a megabyte; a device asks again for the buckets that did not fit."""


def answer_verify(connection: Connection, device: KnownDevice, request: VerifyRequest, *, epoch: int) -> VerifyAnswer:
    """The sums and buckets asked for, from the snapshot of ``connection``, as far as the device may hold them.

    Entities that the device's schema does not know are left out. Buckets come in the order in which they were asked
    for, at least one, until the answer is large enough.
    """
    heads = scope_repository.heads(connection)
    allowed = sorted(set(allowed_scopes(connection, device, request.scopes)))
    asked = [heads.get(scope) or ScopeHead(0, scope, 0, b"") for scope in allowed]
    known = at_schema(request.schema)
    sums = [each for each in bucket_repository.sums(connection, [head.id for head in asked]) if each.entity in known]
    wanted = [each for each in request.buckets if each.entity in known]
    permitted = set(allowed_scopes(connection, device, {each.scope for each in wanted}))
    return VerifyAnswer(
        epoch=epoch,
        scopes=[
            ScopeSums(head.name, head.position, _entities(each for each in sums if each.scope_id == head.id), head.mark)
            for head in asked
        ],
        buckets=_buckets(connection, heads, [each for each in wanted if each.scope in permitted]),
    )


def _entities(sums: Iterable[BucketSum]) -> list[EntitySums]:
    found = []
    ordered = sorted(sums, key=_entity)
    for entity, buckets in groupby(ordered, key=_entity):
        totals, rows = [0] * BUCKETS, 0
        for each in buckets:
            totals[each.bucket] = each.sum
            rows += each.rows
        found.append(EntitySums(entity, rows, packed_sums(totals)))
    return found


def _entity(each: BucketSum | BucketName) -> str:
    return each.entity


def _place(each: BucketName) -> tuple[str, str]:
    return each.scope, each.entity


def _buckets(connection: Connection, heads: dict[str, ScopeHead], wanted: Sequence[BucketName]) -> list[BucketRows]:
    found: list[BucketRows] = []
    count = 0
    for (scope, entity), names in groupby(wanted, key=_place):
        numbers = [each.bucket for each in names]
        head = heads.get(scope)
        rows = {} if head is None else bucket_repository.rows_of(connection, head.id, entity, numbers)
        for number in numbers:
            if found and count + len(rows.get(number, [])) > ROWS_ANSWERED_MAX:
                return found
            found.append(BucketRows(scope, entity, number, rows.get(number, [])))
            count += len(rows.get(number, []))
    return found
