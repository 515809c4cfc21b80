"""Writing what came down from the server: aggregates, memberships, what left and what was deleted.

Plain multi-row statements on the driver's cursor, no mapped objects: this is the path of a hundred thousand rows.
A row is written only when its version is newer than the one this device has; aggregates that carry unsettled edits of
this device keep them on top (``overlay``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from desktop.replica import cursors, overlay, search
from desktop.replica.held_back import hold_back
from desktop.replica.resending import expect_again
from desktop.replica.rows import PARAMETERS_MAX, aggregate_of, erase_payloads, parts, upsert_rows
from shared.schema.registry import Aggregate
from shared.sync.wire import Row

_SEARCHED = frozenset({"product"})
_LEVEL_ENTITY = "stock_level"
_LEVEL_STORE, _LEVEL_VARIANT = 1, 2


@dataclass(frozen=True, slots=True)
class PullContext:
    """What the rows of one answer need to know.

    Attributes:
        scope_number: the scope they belong to.
        is_fresh: the scope is being filled for the first time, so there is nothing to compare with.
        settled_number: own mutations (outbox numbers) settled on this device.
        projected_number: own mutations (outbox numbers) that the stock levels of this answer include.
    """

    scope_number: int
    is_fresh: bool
    settled_number: int
    projected_number: int


def write_rows(connection: Connection, entity: str, rows: Sequence[Row], context: PullContext) -> Sequence[Row]:
    """Apply rows of one entity; gives those that were newer than what the device had."""
    held = _held(connection, entity, rows, context)
    newer = (
        rows if context.is_fresh else [row for row in rows if row.id not in held or row.version > held[row.id].newest]
    )
    hold_back(connection, entity, newer, held)
    dirty = overlay.dirty_ids(connection, entity)
    clean = [row for row in newer if row.id not in dirty] if dirty else newer
    seen = list(held) if context.is_fresh else [row.id for row in clean]
    _write_clean(connection, aggregate_of(entity), clean, seen)
    members = [(row.id, row.version) for row in rows]
    cursors.add_members(connection, entity, context.scope_number, members, held)
    if dirty:
        for row in newer:
            if row.id in dirty:
                overlay.set_base(connection, entity, row.id, row.version, row.payload)
                overlay.lay_over(connection, entity, row.id, context.settled_number)
    if not context.is_fresh:
        _bring_search_up_to_date(connection, entity, [row.id for row in newer])
    if entity == _LEVEL_ENTITY:
        _drop_expected(connection, rows, context.projected_number)
        expect_again(connection, rows, context.projected_number)
    return newer


def overwrite(connection: Connection, entity: str, rows: Sequence[Row], settled_number: int) -> None:
    """Write aggregates as given, whatever stands here; own edits stay on top. Their memberships are the caller's."""
    dirty = overlay.dirty_ids(connection, entity)
    clean = [row for row in rows if row.id not in dirty]
    _write_clean(connection, aggregate_of(entity), clean, [row.id for row in clean])
    for row in rows:
        if row.id in dirty:
            overlay.set_base(connection, entity, row.id, row.version, row.payload)
            overlay.lay_over(connection, entity, row.id, settled_number)
    _bring_search_up_to_date(connection, entity, [row.id for row in rows])


def fill_rows(connection: Connection, entity: str, rows: Sequence[Row], context: PullContext) -> None:
    """Write rows again that have gained columns: at the version that is here too, never at an older one."""
    known = cursors.known_versions(connection, entity, [row.id for row in rows])
    write_rows(connection, entity, rows, context)
    same = [row for row in rows if known.get(row.id) == row.version]
    if same:
        overwrite(connection, entity, same, context.settled_number)


def take_out(
    connection: Connection, entity: str, ids: Sequence[bytes], scope_number: int | None, settled_number: int
) -> list[bytes]:
    """Aggregates left a scope, or were deleted everywhere (None); gives those that no scope holds and were erased."""
    return erase(connection, entity, cursors.drop_members(connection, entity, ids, scope_number), settled_number)


def erase(connection: Connection, entity: str, ids: list[bytes], settled_number: int) -> list[bytes]:
    """Erase what no scope holds; what carries unsettled mutations of this device shows those alone. Gives the ids."""
    _erase(connection, entity, ids, settled_number)
    _bring_search_up_to_date(connection, entity, ids)
    return ids


def erase_scope(connection: Connection, cursor: cursors.ScopeCursor, settled_number: int) -> dict[str, list[bytes]]:
    """The scope is not granted any more: erase what no other scope holds; gives it by entity."""
    members = cursors.members_of(connection, cursor.number)
    erased = {
        entity: take_out(connection, entity, ids, cursor.number, settled_number) for entity, ids in members.items()
    }
    cursors.drop_cursor(connection, cursor)
    return erased


def restart_scope(connection: Connection, cursor: cursors.ScopeCursor) -> cursors.ScopeCursor:
    """The scope is filled anew from position 0 while its present rows stay in use.

    Its old memberships are set aside and count for nothing, so that any row that comes is newer; ``sweep`` takes away
    the aggregates that did not come again.
    """
    cursors.set_aside(connection, cursor)
    return cursors.cursor_for(connection, cursor.scope)


def settle(connection: Connection, before: int, now: int) -> set[tuple[str, bytes]]:
    """At a consistent point: show the server's outcome of own mutations up to ``now``; gives what was written."""
    touched = overlay.settle(connection, before, now)
    for entity, entity_id in touched:
        _bring_search_up_to_date(connection, entity, [entity_id])
    return touched


def sweep(connection: Connection, settled_number: int) -> dict[str, list[bytes]]:
    """At a consistent point: erase what belonged to restarted scopes and did not come again; gives it by entity."""
    erased: dict[str, list[bytes]] = {}
    for cursor in cursors.cursors_set_aside(connection):
        for entity, ids in erase_scope(connection, cursor, settled_number).items():
            erased.setdefault(entity, []).extend(ids)
    return erased


def drop_projected(connection: Connection, projected_number: int) -> None:
    """Forget expected stock changes that the pulled levels include."""
    connection.exec_driver_sql("DELETE FROM expected_stock WHERE number <= ?", (projected_number,))


def _bring_search_up_to_date(connection: Connection, entity: str, ids: Iterable[bytes]) -> None:
    if entity in _SEARCHED:
        search.index_changed(connection, entity, [UUID(bytes=each) for each in ids])


def _held(
    connection: Connection, entity: str, rows: Sequence[Row], context: PullContext
) -> Mapping[bytes, cursors.Held]:
    """What is here of these already; while a scope fills only what changed on the server meanwhile comes twice."""
    ids = [row.id for row in rows if row.version > 1 or not context.is_fresh]
    return cursors.held_versions(connection, entity, ids, context.scope_number) if ids else {}


def _write_clean(connection: Connection, aggregate: Aggregate, rows: Sequence[Row], seen: Sequence[bytes]) -> None:
    """Write rows whole; ``seen`` may be here already, with children of their own."""
    upsert_rows(connection, aggregate.root, [row.payload[0] for row in rows])
    if not aggregate.children:
        return
    for child in aggregate.children:
        for part in parts(seen, PARAMETERS_MAX):
            marks = ",".join("?" * len(part))
            sql = f"DELETE FROM {child.name} WHERE {child.parent_column} IN ({marks})"
            connection.exec_driver_sql(sql, tuple(part))
        owned = [values for row in rows for values in row.payload[1].get(child.name, ())]
        upsert_rows(connection, child, owned)


def _drop_expected(connection: Connection, rows: Iterable[Row], projected_number: int) -> None:
    has_any = connection.exec_driver_sql(
        "SELECT 1 FROM expected_stock WHERE number <= ? LIMIT 1", (projected_number,)
    ).first()
    if has_any is None:
        return
    for row in rows:
        root = row.payload[0]
        connection.exec_driver_sql(
            "DELETE FROM expected_stock WHERE number <= ? AND variant_id = ? AND store_id = ?",
            (projected_number, root[_LEVEL_VARIANT], root[_LEVEL_STORE]),
        )


def _erase(connection: Connection, entity: str, ids: Collection[bytes], settled_number: int) -> None:
    dirty = overlay.dirty_ids(connection, entity)
    erase_payloads(connection, aggregate_of(entity), [each for each in ids if each not in dirty])
    for each in ids:
        if each in dirty:
            overlay.set_base(connection, entity, each, 0, None)
            overlay.lay_over(connection, entity, each, settled_number)
