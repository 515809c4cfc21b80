"""Inbox entries, the last edit of each field, and writing a decided value into its document."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from shared.schema.base import Replicated
from shared.schema.inbox import InboxEntry
from sync_server.db.tables.edits import field_edit

_entry = Replicated.metadata.tables[InboxEntry.__tablename__]

_TITLES_OF_VARIANTS = text("""
SELECT variant.id, product.name, variant.name AS variant_name
FROM variant JOIN product ON product.id = variant.product_id WHERE variant.id = ANY(:ids)
""")

# A later edit may have arrived before an earlier one: the row keeps the one that stands.
_REMEMBER = text("""
INSERT INTO field_edit AS known (row_id, field, edited_at, edited_by, version)
SELECT * FROM unnest(CAST(:rows AS uuid[]), CAST(:fields AS text[]), CAST(:ats AS bigint[]), CAST(:bys AS text[]),
                     CAST(:versions AS bigint[])) AS given (row_id, field, edited_at, edited_by, version)
ORDER BY row_id, field
ON CONFLICT (row_id, field) DO UPDATE
SET edited_at = EXCLUDED.edited_at, edited_by = EXCLUDED.edited_by, version = EXCLUDED.version
""")


def add(connection: Connection, rows: Sequence[Mapping[str, object]]) -> int:
    """Add entries that are not there yet; gives how many were new."""
    if not rows:
        return 0
    statement = insert(_entry).on_conflict_do_nothing(index_elements=["id"]).returning(_entry.c.id)
    return len(connection.execute(statement, [dict(row) for row in rows]).all())


def entries(connection: Connection, ids: Iterable[uuid.UUID]) -> list[dict[str, object]]:
    """The entries with these ids, as they stand, held until the transaction ends."""
    statement = select(_entry).where(_entry.c.id.in_(list(ids))).order_by(_entry.c.id).with_for_update()
    return [dict(row) for row in connection.execute(statement).mappings()]


def close(connection: Connection, ids: Sequence[uuid.UUID], decision: Mapping[str, object], at: int) -> None:
    """Decide those of these entries that still wait."""
    statement = (
        _entry.update()
        .where(_entry.c.id.in_(list(ids)), _entry.c.state == "needs_you")
        .values(state="decided", decision=dict(decision), decided_at=at)
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


def last_edits(connection: Connection, row_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, str, int, str, int]]:
    """(row, field, edited at, edited by, version) of all remembered fields of these rows."""
    statement = select(
        field_edit.c.row_id, field_edit.c.field, field_edit.c.edited_at, field_edit.c.edited_by, field_edit.c.version
    ).where(field_edit.c.row_id.in_(list(row_ids)))
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(statement)]


def remember_edits(connection: Connection, edits: Sequence[tuple[uuid.UUID, str, int, str, int]]) -> None:
    """Keep who set which field: (row, field, edited at, edited by, version), each field at most once."""
    if not edits:
        return
    rows, fields, ats, bys, versions = (list(column) for column in zip(*edits, strict=True))
    parameters = {"rows": rows, "fields": fields, "ats": ats, "bys": bys, "versions": versions}
    connection.execute(_REMEMBER, parameters)


def set_field(connection: Connection, table: str, row_id: uuid.UUID, field: str, value: object) -> bool:
    """Give one field of one row a value (Python); whether the row is still there."""
    target = Replicated.metadata.tables[table]
    statement = target.update().where(target.c.id == row_id).values({field: value})
    return connection.execute(statement).rowcount == 1


def field_value(connection: Connection, table: str, row_id: uuid.UUID, field: str) -> object:
    """One field of one row, None where the row is gone."""
    target = Replicated.metadata.tables[table]
    return connection.execute(select(target.c[field]).where(target.c.id == row_id)).scalar_one_or_none()


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
