"""Writing the rows of the sample shop that no import covers; what is there already stays as it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, select, text, update
from sqlalchemy.dialects.postgresql import insert

from shared.schema.base import Replicated

_tables = Replicated.metadata.tables


def missing(connection: Connection, table: str, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the ids that are not there yet."""
    column = _tables[table].c.id
    known = connection.execute(select(column).where(column.in_(list(ids)))).scalars()
    return set(ids) - set(known)


def add(connection: Connection, table: str, rows: Sequence[Mapping[str, object]]) -> int:
    """Add the rows whose id is not there yet; gives how many were new."""
    if not rows:
        return 0
    target: Table = _tables[table]
    statement = insert(target).on_conflict_do_nothing(index_elements=["id"]).returning(target.c.id)
    return len(connection.execute(statement, [dict(row) for row in rows]).all())


def colour_categories(connection: Connection, colours: Mapping[uuid.UUID, tuple[str, int]]) -> None:
    """Give categories without a colour theirs, and their place in the order."""
    category = _tables["category"]
    for category_id, (colour, place) in colours.items():
        connection.execute(
            update(category)
            .where(category.c.id == category_id, category.c.colour == "")
            .values(colour=colour, sort_order=place)
        )


def variants_by_sku(connection: Connection) -> dict[str, uuid.UUID]:
    """Every variant's id by its SKU."""
    return {row.sku: row.id for row in connection.execute(text("SELECT sku, id FROM variant"))}
