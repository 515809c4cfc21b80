"""The stores this device knows, and who works in one."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select

from shared.schema.stores import AppUser, Store


def store_names(connection: Connection) -> dict[uuid.UUID, str]:
    """The name of every store that is not archived."""
    return {row.id: row.name for row in connection.execute(select(Store.id, Store.name).where(~Store.is_archived))}


def store_codes(connection: Connection) -> tuple[tuple[str, str], ...]:
    """(code, name) of every store that is not archived, by name."""
    query = select(Store.code, Store.name).where(~Store.is_archived).order_by(Store.name)
    return tuple((row.code, row.name) for row in connection.execute(query))


def people_of(connection: Connection, store_id: uuid.UUID) -> list[tuple[str, str, str]]:
    """(username, display name, role) of everybody active who may work in a store, by name."""
    rows = connection.execute(
        select(AppUser.username, AppUser.display_name, AppUser.role, AppUser.store_id)
        .where(AppUser.is_active)
        .order_by(AppUser.display_name)
    )
    return [(row.username, row.display_name, row.role) for row in rows if row.store_id in (None, store_id)]
