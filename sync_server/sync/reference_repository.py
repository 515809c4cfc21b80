"""References without a target: found in the rows that the feed tells of, kept until the target is there."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, text

from shared.schema.base import VARIOUS
from shared.schema.registry import AGGREGATES, WireTable

_LOCK = 0x5245464552  # "REFER": one server at a time looks


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that means a row of another aggregate.

    Attributes:
        entity: the aggregate it belongs to.
        table, column: where it stands.
        root: the aggregate's root table; ``root_column`` is the column of ``table`` with the root's id.
        target: the table it refers to.
    """

    entity: str
    table: str
    column: str
    root: str
    root_column: str
    target: str


@dataclass(frozen=True, slots=True)
class ScopeBehind:
    """A scope with rows that were not looked at: up to where they were, and its head."""

    scope_id: int
    position: int
    head: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What is noted of a target that is not there; see the table ``missing_reference``."""

    target: str
    target_id: uuid.UUID
    referrer: str
    referrer_column: str
    referrer_id: uuid.UUID
    noted_at: int
    entry_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Referrer:
    """How people know what refers: ``Receipt HS-1-000123``, the name on its line, and the store whose it is."""

    label: str
    name: str
    store_id: uuid.UUID | None


@cache
def references() -> tuple[Reference, ...]:
    """Every declared reference, in the order of the registry."""
    return tuple(
        Reference(
            aggregate.entity,
            table.name,
            column.name,
            aggregate.root.name,
            table.parent_column or "id",
            column.refers_to,
        )
        for aggregate in AGGREGATES.values()
        for table in aggregate.tables
        for column in table.columns
        if column.refers_to not in ("", VARIOUS)
    )


_BEHIND = text("""
SELECT scope.id, coalesce(watch.position, 0), scope.position
FROM sync_scope AS scope LEFT JOIN reference_watch AS watch ON watch.scope_id = scope.id
WHERE scope.position > coalesce(watch.position, 0)
ORDER BY coalesce(watch.looked_at, 0), scope.id LIMIT :limit
""")
_ROWS = text("""
SELECT entity, id, position, state FROM sync_row WHERE scope_id = :scope AND position > :after
ORDER BY position LIMIT :limit
""")
_MOVE_ON = text("""
INSERT INTO reference_watch (scope_id, position, looked_at) VALUES (:scope, :position, :now)
ON CONFLICT (scope_id) DO UPDATE SET position = EXCLUDED.position, looked_at = EXCLUDED.looked_at
""")
_DUE = text("""
UPDATE missing_reference SET reviewed_at = :now
WHERE (target, target_id) IN (
    SELECT target, target_id FROM missing_reference ORDER BY reviewed_at, noted_at, target_id LIMIT :limit
)
RETURNING target, target_id, referrer, referrer_column, referrer_id, noted_at, entry_id
""")
_FORGET = text("DELETE FROM missing_reference WHERE target = :target AND target_id = ANY(:ids)")
_SAID = text("UPDATE missing_reference SET entry_id = :entry WHERE target = :target AND target_id = :id")
_REFERRED_BY = text("""
UPDATE missing_reference SET referrer = :referrer, referrer_column = :column, referrer_id = :referrer_id
WHERE target = :target AND target_id = :id
""")
_COUNT = text("SELECT count(*) FILTER (WHERE entry_id IS NOT NULL), count(*) FROM missing_reference")


def is_watcher(connection: Connection) -> bool:
    """Whether this transaction is the one that looks; it stays so until its end."""
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one())


def scopes_behind(connection: Connection, limit: int) -> list[ScopeBehind]:
    """Scopes with rows not looked at, those that waited longest first."""
    return [ScopeBehind(*row) for row in connection.execute(_BEHIND, {"limit": limit})]


def rows_after(connection: Connection, scope_id: int, after: int, limit: int) -> list[tuple[str, uuid.UUID, int, str]]:
    """(entity, id, position, state) of a scope's rows behind a position, in order."""
    given = {"scope": scope_id, "after": after, "limit": limit}
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(_ROWS, given)]


def move_on(connection: Connection, scope_id: int, position: int, now: int) -> None:
    """Everything up to this position was looked at."""
    connection.execute(_MOVE_ON, {"scope": scope_id, "position": position, "now": now})


def note_missing(connection: Connection, entity: str, ids: Collection[uuid.UUID], now: int) -> int:
    """Note what these aggregates refer to and is not there; gives how many targets are newly noted."""
    given = {"ids": list(ids), "now": now}
    return sum(
        connection.execute(text(_note_statement(reference)), given).rowcount
        for reference in references()
        if reference.entity == entity
    )


@cache
def _note_statement(reference: Reference) -> str:
    # Every name comes from the registry.
    return f"""
INSERT INTO missing_reference (target, target_id, referrer, referrer_column, referrer_id, noted_at)
SELECT DISTINCT ON (held.{reference.column}) '{reference.target}', held.{reference.column}, '{reference.table}',
       '{reference.column}', held.id, :now
FROM {reference.table} AS held
WHERE held.{reference.root_column} = ANY(:ids) AND held.{reference.column} IS NOT NULL
  AND NOT EXISTS (SELECT FROM {reference.target} AS meant WHERE meant.id = held.{reference.column})
ORDER BY held.{reference.column}, held.id
ON CONFLICT (target, target_id) DO NOTHING
"""


def due(connection: Connection, limit: int, now: int) -> list[Missing]:
    """Those noted that were reviewed longest ago; they count as reviewed now."""
    return [Missing(*row) for row in connection.execute(_DUE, {"limit": limit, "now": now})]


def there(connection: Connection, target: str, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these targets that are there."""
    rows = connection.execute(text(f"SELECT id FROM {_table(target).name} WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return set(rows.scalars())


def referrer_of(connection: Connection, missing: Missing) -> Missing | None:
    """The same with a row that does refer to it: the one noted, else any other; None where nothing does any more."""
    if _refers(connection, missing.referrer, missing.referrer_column, missing.target_id, missing.referrer_id):
        return missing
    for reference in references():
        if reference.target != missing.target:
            continue
        found = _refers(connection, reference.table, reference.column, missing.target_id)
        if found is not None:
            given = {"referrer": reference.table, "column": reference.column, "referrer_id": found}
            connection.execute(_REFERRED_BY, {**given, "target": missing.target, "id": missing.target_id})
            return Missing(
                missing.target,
                missing.target_id,
                reference.table,
                reference.column,
                found,
                missing.noted_at,
                missing.entry_id,
            )
    return None


def _refers(
    connection: Connection, table: str, column: str, target_id: uuid.UUID, row_id: uuid.UUID | None = None
) -> uuid.UUID | None:
    """A row (this one, where it is named) whose column has this value."""
    only = " AND id = :row" if row_id is not None else ""
    statement = text(f"SELECT id FROM {_table(table).name} WHERE {column} = :target{only} LIMIT 1")
    found: uuid.UUID | None = connection.execute(statement, {"target": target_id, "row": row_id}).scalar()
    return found


def forget(connection: Connection, missing: Sequence[Missing]) -> None:
    """These are missing no more, or missed by nobody."""
    by_target: dict[str, list[uuid.UUID]] = {}
    for each in missing:
        by_target.setdefault(each.target, []).append(each.target_id)
    for target, ids in by_target.items():
        connection.execute(_FORGET, {"target": target, "ids": ids})


def note_entries(connection: Connection, said: Mapping[tuple[str, uuid.UUID], uuid.UUID]) -> None:
    """The inbox entries that say of (target, id) that it is missing."""
    rows = [{"entry": entry, "target": target, "id": target_id} for (target, target_id), entry in said.items()]
    if rows:
        connection.execute(_SAID, rows)


def counts(connection: Connection) -> tuple[int, int]:
    """How many missing targets the inbox tells of, and how many are noted in all."""
    said, noted = connection.execute(_COUNT).one()
    return int(said), int(noted)


_LABELS: Mapping[str, str] = {
    "sale": "'Receipt ' || root.receipt_number",
    "customer_order": "'Order ' || root.number",
    "barcode": "'Barcode ' || root.code",
    "customer": "'Customer ' || root.number",
    "product": "root.name",
    "category": "root.name",
    "store": "root.name",
    "device": "root.name",
    "app_user": "root.display_name",
}
"""What people know an aggregate by, as SQL over its root; the others are called by what they are."""

_NAMED_LINES = frozenset({"sale_line", "order_line"})
"""Lines that carry the name of what they are about."""


def referrer(connection: Connection, missing: Missing) -> Referrer | None:
    """How people know the row that refers to it; None where it has gone meanwhile."""
    reference = next(
        each for each in references() if (each.table, each.column) == (missing.referrer, missing.referrer_column)
    )
    label = _LABELS.get(reference.entity, "''")
    name = "held.name" if reference.table in _NAMED_LINES else "''"
    has_store = "store_id" in _table(reference.root).column_names
    statement = text(
        f"SELECT {label}, {name}, {'root.store_id' if has_store else 'CAST(NULL AS uuid)'}"
        f" FROM {reference.table} AS held JOIN {reference.root} AS root ON root.id = held.{reference.root_column}"
        " WHERE held.id = :id"
    )
    found = connection.execute(statement, {"id": missing.referrer_id}).one_or_none()
    return None if found is None else Referrer(*found)


def _table(name: str) -> WireTable:
    """A replicated table by its name: no other name gets into a statement."""
    return next(table for aggregate in AGGREGATES.values() for table in aggregate.tables if table.name == name)
