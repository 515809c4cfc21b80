"""Comparing what this replica holds with what the server says, row by row, and putting right what differs.

What is repaired are the server's rows, never the edits laid over them: where an aggregate carries edits of this device,
the copy underneath is replaced and the edits are laid over it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from desktop.replica import buckets, cursors, pulled
from desktop.replica.digests import server_payloads
from desktop.replica.rows import aggregate_of
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
