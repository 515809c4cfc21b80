"""Inbox entries, the last edit of each field, and writing a decided value into its document."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.schema.base import Replicated
from shared.schema.inbox import InboxEntry
from shared.schema.registry import AGGREGATES, WireTable
from shared.sync.wire import Value
from sync_server.db.binary import fetch_binary
from sync_server.db.tables.edits import carried_out, field_edit, removed_row
from sync_server.db.wire_values import wire_expression

_entry = Replicated.metadata.tables[InboxEntry.__tablename__]

_TITLES_OF_VARIANTS = text("""
SELECT variant.id, product.name, variant.name AS variant_name
FROM variant JOIN product ON product.id = variant.product_id WHERE variant.id = ANY(:ids)
""")

# A later edit may have arrived before an earlier one: the row keeps the one that stands.
_REMEMBER = text("""
INSERT INTO field_edit AS known (row_id, field, edited_at, edited_by, version, origin)
SELECT * FROM unnest(CAST(:rows AS uuid[]), CAST(:fields AS text[]), CAST(:ats AS bigint[]), CAST(:bys AS text[]),
                     CAST(:versions AS bigint[]), CAST(:origins AS uuid[]))
              AS given (row_id, field, edited_at, edited_by, version, origin)
ORDER BY row_id, field
ON CONFLICT (row_id, field) DO UPDATE
SET edited_at = EXCLUDED.edited_at, edited_by = EXCLUDED.edited_by, version = EXCLUDED.version,
    origin = EXCLUDED.origin
""")


def add(connection: Connection, rows: Sequence[Mapping[str, object]]) -> int:
    """Add entries that are not there yet; gives how many were new."""
    if not rows:
        return 0
    statement = insert(_entry).on_conflict_do_nothing(index_elements=["id"]).returning(_entry.c.id)
    return len(connection.execute(statement, [dict(row) for row in rows]).all())


def count_open(connection: Connection, kind: str, field: str) -> int:
    """How many entries of a kind about a field nobody has decided."""
    is_open = (_entry.c.kind == kind, _entry.c.field == field, _entry.c.state == "needs_you")
    return int(connection.execute(select(func.count()).select_from(_entry).where(*is_open)).scalar_one())


def entries(connection: Connection, ids: Iterable[uuid.UUID]) -> list[dict[str, object]]:
    """The entries with these ids, as they stand, held until the transaction ends."""
    statement = select(_entry).where(_entry.c.id.in_(list(ids))).order_by(_entry.c.id).with_for_update()
    return [dict(row) for row in connection.execute(statement).mappings()]


def close(connection: Connection, ids: Sequence[uuid.UUID], decision: Mapping[str, object], at: int, by: str) -> None:
    """Decide those of these entries that still wait."""
    statement = (
        _entry.update()
        .where(_entry.c.id.in_(list(ids)), _entry.c.state == "needs_you")
        .values(state="decided", decision=dict(decision), decided_at=at, decided_by=by)
    )
    connection.execute(statement)


def open_discrepancies(connection: Connection, subjects: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """(store, variant) of these variants that already have a discrepancy nobody has decided yet."""
    statement = select(_entry.c.store_id, _entry.c.entity_id).where(
        _entry.c.kind == "discrepancy", _entry.c.state == "needs_you", _entry.c.entity_id.in_(list(subjects))
    )
    return {(row.store_id, row.entity_id) for row in connection.execute(statement)}


def titles_of_variants(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names people know these variants by; unknown ones are left out."""
    rows = connection.execute(_TITLES_OF_VARIANTS, {"ids": list(ids)})
    return {row.id: f"{row.name}, {row.variant_name}" if row.variant_name else row.name for row in rows}


RememberedEdit = tuple[uuid.UUID, str, int, str, int, uuid.UUID | None]
"""(row, field, edited at, edited by, version, origin)."""


def last_edits(connection: Connection, row_ids: Sequence[uuid.UUID]) -> list[RememberedEdit]:
    """All remembered fields of these rows."""
    known = field_edit.c
    statement = select(known.row_id, known.field, known.edited_at, known.edited_by, known.version, known.origin).where(
        known.row_id.in_(list(row_ids))
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in connection.execute(statement)]


def remember_edits(connection: Connection, edits: Sequence[RememberedEdit]) -> None:
    """Keep who set which field; each field of a row at most once."""
    if not edits:
        return
    named = ("rows", "fields", "ats", "bys", "versions", "origins")
    connection.execute(_REMEMBER, dict(zip(named, map(list, zip(*edits, strict=True)), strict=True)))


def set_field(connection: Connection, table: str, row_id: uuid.UUID, field: str, value: object) -> bool:
    """Give one field of one row a value (Python); whether the row is still there."""
    target = Replicated.metadata.tables[table]
    statement = target.update().where(target.c.id == row_id).values({field: value})
    return connection.execute(statement).rowcount == 1


def field_value(connection: Connection, table: str, row_id: uuid.UUID, field: str) -> object:
    """One field of one row, None where the row is gone."""
    target = Replicated.metadata.tables[table]
    return connection.execute(select(target.c[field]).where(target.c.id == row_id)).scalar_one_or_none()


def root_of(connection: Connection, table: str, row_id: uuid.UUID) -> tuple[str, uuid.UUID] | None:
    """(entity, id) of the aggregate that a row belongs to; None where the row is gone."""
    if table in AGGREGATES:
        return table, row_id
    for aggregate in AGGREGATES.values():
        for child in aggregate.children:
            if child.name == table:
                root = field_value(connection, table, row_id, child.parent_column)
                return (aggregate.entity, root) if isinstance(root, uuid.UUID) else None
    return None


def row_exists(connection: Connection, table: str, row_id: uuid.UUID) -> bool:
    """Whether the row is there; held until the transaction ends."""
    target = Replicated.metadata.tables[table]
    return connection.execute(select(target.c.id).where(target.c.id == row_id).with_for_update()).first() is not None


def wire_row(connection: Connection, table: WireTable, row_id: uuid.UUID) -> dict[str, Value] | None:
    """A row's wire values by column, held until the transaction ends; None where it is gone."""
    columns = ", ".join(wire_expression(column) for column in table.columns)
    rows = fetch_binary(connection, f"SELECT {columns} FROM {table.name} WHERE id = %s FOR UPDATE", [row_id])
    return dict(zip(table.column_names, rows[0], strict=True)) if rows else None


def insert_row(connection: Connection, table: str, values: Mapping[str, object]) -> None:
    """Put a row (Python values) there."""
    connection.execute(Replicated.metadata.tables[table].insert().values(dict(values)))


def delete_row(connection: Connection, table: str, row_id: uuid.UUID) -> None:
    """Take a row away."""
    target = Replicated.metadata.tables[table]
    connection.execute(delete(target).where(target.c.id == row_id))


def note_removed(connection: Connection, row: Mapping[str, object]) -> None:
    """Keep what was taken away; fields as in ``removed_row``."""
    statement = insert(removed_row).values(dict(row))
    fresh = {name: statement.excluded[name] for name in row if name != "row_id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["row_id"], set_=fresh))


def removed(connection: Connection, row_id: uuid.UUID) -> dict[str, Any] | None:
    """What was kept of a row that was taken away; None where nothing is known."""
    found = connection.execute(select(removed_row).where(removed_row.c.row_id == row_id)).mappings().first()
    return None if found is None else dict(found)


def forget_removed(connection: Connection, row_id: uuid.UUID) -> None:
    """The row is there again."""
    connection.execute(delete(removed_row).where(removed_row.c.row_id == row_id))


def was_carried_out(connection: Connection, entry_id: uuid.UUID, decision: str, decided_at: int) -> bool:
    """Whether this very decision of an entry was carried out already."""
    known = select(carried_out.c.decision, carried_out.c.decided_at).where(carried_out.c.entry_id == entry_id)
    found = connection.execute(known).first()
    return found is not None and (found[0], found[1]) == (decision, decided_at)


def note_carried_out(connection: Connection, entry_id: uuid.UUID, decision: str, decided_at: int) -> None:
    """Keep which decision was carried out last."""
    fresh = {"decision": decision, "decided_at": decided_at}
    statement = insert(carried_out).values(entry_id=entry_id, **fresh)
    connection.execute(statement.on_conflict_do_update(index_elements=["entry_id"], set_=fresh))


def prune(connection: Connection, before: int, limit: int) -> int:
    """Drop notes of automatic merges, and what is kept of removed rows, from before an instant; gives how many."""
    notes = select(_entry.c.id).where(_entry.c.kind == "merged", _entry.c.created_at < before).limit(limit)
    gone = connection.execute(delete(_entry).where(_entry.c.id.in_(notes))).rowcount
    rows = select(removed_row.c.row_id).where(removed_row.c.noted_at < before).limit(limit)
    gone += connection.execute(delete(removed_row).where(removed_row.c.row_id.in_(rows))).rowcount
    entries_there = select(_entry.c.id).where(_entry.c.id == carried_out.c.entry_id).exists()
    stale = select(carried_out.c.entry_id).where(~entries_there, carried_out.c.decided_at < before).limit(limit)
    return gone + connection.execute(delete(carried_out).where(carried_out.c.entry_id.in_(stale))).rowcount


_TOUCH_PRODUCT = text("UPDATE product SET updated_at = :at, updated_by = :by WHERE id = :id")
_TOUCH_PRODUCT_OF = text("""
UPDATE product SET updated_at = :at, updated_by = :by WHERE id = (SELECT product_id FROM variant WHERE id = :id)
""")
_TOUCH = {"product": _TOUCH_PRODUCT, "variant": _TOUCH_PRODUCT_OF}


def touch_document(connection: Connection, table: str, row_id: uuid.UUID, at: int, by: str) -> None:
    """Write who changed a document last, where it keeps that: a product, or the product of a variant."""
    if table in _TOUCH:
        connection.execute(_TOUCH[table], {"at": at, "by": by, "id": row_id})


# A slot: the same list, variant, kind, quantity break and first day.
_ROW_WITH_AMOUNT = text("""
SELECT p.id FROM price AS mine JOIN price AS p ON p.variant_id = mine.variant_id
  AND (p.price_list_id, p.kind, p.min_quantity, p.valid_from)
    = (mine.price_list_id, mine.kind, mine.min_quantity, mine.valid_from)
WHERE mine.id = :id AND p.unit_price_micro = :micro
ORDER BY p.created_at, p.id LIMIT 1
""")
_COPY_WITH_AMOUNT = text("""
INSERT INTO price (id, price_list_id, variant_id, kind, unit_price_micro, min_quantity, valid_from, valid_to,
                   created_at, created_by, state)
SELECT :new, price_list_id, variant_id, kind, :micro, min_quantity, valid_from, valid_to, :at, :by, 'active'
FROM price WHERE id = :id
""")
_ONLY_IN_SLOT = text("""
UPDATE price AS p SET state = CASE WHEN p.id = :chosen THEN 'active' ELSE 'withdrawn' END
FROM price AS mine
WHERE mine.id = :id AND p.variant_id = mine.variant_id
  AND (p.price_list_id, p.kind, p.min_quantity, p.valid_from)
    = (mine.price_list_id, mine.kind, mine.min_quantity, mine.valid_from)
  AND p.state <> CASE WHEN p.id = :chosen THEN 'active' ELSE 'withdrawn' END
""")


def put_price_in_slot(
    connection: Connection, price_id: uuid.UUID, *, new_id: uuid.UUID, micro: int, at: int, by: str
) -> bool:
    """Make an amount the only one in force in the slot of a price: a row that has it, else a new one.

    Gives whether anything changed.
    """
    given = {"id": price_id, "micro": micro}
    chosen = connection.execute(_ROW_WITH_AMOUNT, given).scalar_one_or_none()
    if chosen is None:
        connection.execute(_COPY_WITH_AMOUNT, {**given, "new": new_id, "at": at, "by": by})
    changed = connection.execute(_ONLY_IN_SLOT, {"id": price_id, "chosen": chosen or new_id}).rowcount
    return chosen is None or changed > 0
