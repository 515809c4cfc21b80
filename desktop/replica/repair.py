"""Comparing what this replica holds with what the server says, row by row, and putting right what differs.

What is repaired are the server's rows, never the edits laid over them: where an aggregate carries edits of this device,
the copy underneath is replaced and the edits are laid over it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from desktop.replica import buckets, cursors, offers, pulled
from desktop.replica.digests import server_payloads
from desktop.replica.rows import aggregate_of, read_payload
from desktop.replica.unit_of_work import UnitOfWork
from shared.schema.base import Kind, ScopeRule
from shared.schema.registry import AGGREGATES, Aggregate
from shared.sync.buckets import BUCKETS
from shared.sync.digest import payload_hash
from shared.sync.wire import Row


def different_buckets(here: Mapping[str, list[int]], there: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The numbers of the buckets whose sums differ, by entity; an entity that is not named has nothing."""
    nothing = [0] * BUCKETS
    found = {
        entity: [
            number
            for number, (mine, theirs) in enumerate(
                zip(here.get(entity, nothing), there.get(entity, nothing), strict=True)
            )
            if mine != theirs
        ]
        for entity in sorted(here.keys() | there.keys())
    }
    return {entity: numbers for entity, numbers in found.items() if numbers}


def absent_rows(connection: Connection, scope_number: int) -> list[tuple[str, bytes]]:
    """(entity, id) of what the scope holds although its row is not in the replica's tables."""
    entities = connection.exec_driver_sql(
        'SELECT DISTINCT entity FROM bucket WHERE scope_number = ? AND "rows" > 0 ORDER BY entity', (scope_number,)
    )
    found: list[tuple[str, bytes]] = []
    for entity in entities.scalars().all():
        table = aggregate_of(entity).root.name
        rows = connection.exec_driver_sql(
            "SELECT m.id FROM membership AS m WHERE m.entity = ? AND m.scope_number = ? "
            f"AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = m.id) "
            "AND NOT EXISTS (SELECT 1 FROM base_copy AS b WHERE b.entity = m.entity AND b.id = m.id) ORDER BY m.id",
            (entity, scope_number),
        )
        found += [(entity, row[0]) for row in rows]
    return found


def orphans(connection: Connection) -> list[tuple[str, bytes]]:
    """(entity, id) of rows that no scope holds and that this device has not made: nobody would ever take them away."""
    return [
        (entity, entity_id)
        for entity, aggregate in AGGREGATES.items()
        if aggregate.scope is not ScopeRule.NOWHERE
        for entity_id in _orphans_of(connection, aggregate)
    ]


def still_orphans(connection: Connection, keys: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Those of these that are orphans yet."""
    return [
        (entity, entity_id)
        for entity, entity_id in keys
        if _orphans_of(connection, aggregate_of(entity), " AND t.id = ?", entity_id)
    ]


def _orphans_of(connection: Connection, aggregate: Aggregate, which: str = "", *values: bytes) -> list[bytes]:
    entity = aggregate.entity
    rows = connection.exec_driver_sql(
        f"SELECT t.id FROM {aggregate.root.name} AS t "
        "WHERE NOT EXISTS (SELECT 1 FROM membership AS m WHERE m.entity = ? AND m.id = t.id) "
        "AND NOT EXISTS (SELECT 1 FROM base_copy AS b WHERE b.entity = ? AND b.id = t.id) "
        f"AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.entity = ? AND o.entity_id = t.id){which} ORDER BY t.id",
        (entity, entity, entity, *values),
    )
    return list(rows.scalars())


def take_up_orphans(unit: UnitOfWork, keys: Sequence[tuple[str, bytes]], settled_number: int) -> None:
    """Erase rows that no scope holds; what happened is offered to the server first, which takes it if it lacks it."""
    for entity, entity_id in keys:
        aggregate = aggregate_of(entity)
        payload = read_payload(unit.connection, aggregate, entity_id)
        pulled.erase(unit.connection, entity, [entity_id], settled_number)
        if payload is not None and aggregate.kind is Kind.FACT:
            offers.offer(unit, aggregate, payload, 1)


def standing_payload_hashes(connection: Connection, entity: str, ids: Sequence[bytes]) -> dict[bytes, bytes]:
    """Hashes of the server's payloads as this replica has them; those whose rows are not here are left out."""
    payloads = server_payloads(connection, entity, list(ids))
    return {entity_id: payload_hash(payload) for entity_id, payload in payloads.items()}


def members_between(
    connection: Connection, scope_number: int, entity: str, after: bytes, up_to: bytes | None
) -> dict[bytes, int]:
    """Version by id of what a scope holds of an entity above ``after``, up to and with ``up_to`` (None: to the end)."""
    limit = "" if up_to is None else " AND id <= ?"
    rows = connection.exec_driver_sql(
        f"SELECT id, version FROM membership WHERE entity = ? AND scope_number = ? AND id > ?{limit} ORDER BY id",
        (entity, scope_number, after, *([] if up_to is None else [up_to])),
    )
    return {row[0]: row[1] for row in rows}


def put_right(connection: Connection, scope_number: int, rows: Sequence[Row], settled_number: int) -> None:
    """Write these rows exactly as the server has them in this scope, whatever version or content stood here."""
    by_entity: dict[str, list[Row]] = {}
    for row in rows:
        by_entity.setdefault(row.entity, []).append(row)
    for entity, of_entity in by_entity.items():
        for row in of_entity:
            cursors.correct_member(connection, entity, row.id, scope_number, row.version)
        pulled.overwrite(connection, entity, of_entity, settled_number)


def take_away(
    connection: Connection, scope_number: int, keys: Sequence[tuple[str, bytes]], settled_number: int
) -> None:
    """The server's scope does not hold these: nor does this one any more."""
    for entity, entity_id in keys:
        pulled.take_out(connection, entity, [entity_id], scope_number, settled_number)


def add_up_again(connection: Connection, scope_number: int) -> None:
    """The sums themselves were wrong: fill the scope's buckets from its memberships."""
    buckets.rebuild(connection, scope_number)
