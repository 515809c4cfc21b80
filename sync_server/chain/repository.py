"""The chain's rows of the replicated ``setting`` table."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from shared.schema.stores import Setting


def put(connection: Connection, setting_id: uuid.UUID, key: str, value: object) -> None:
    """Set a setting of the chain; the feed tells the devices."""
    row = insert(Setting).values(id=setting_id, store_id=None, key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=[Setting.id], set_={"value": row.excluded.value}))


def id_of(connection: Connection, key: str) -> uuid.UUID | None:
    """The row that holds a setting of the chain."""
    query = select(Setting.id).where(Setting.store_id.is_(None), Setting.key == key)
    found: uuid.UUID | None = connection.execute(query).scalar()
    return found


def values(connection: Connection) -> dict[str, object]:
    """Every setting of the chain."""
    rows = connection.execute(select(Setting.key, Setting.value).where(Setting.store_id.is_(None)))
    return {row.key: row.value for row in rows}


def values_of_stores(connection: Connection, key: str) -> dict[uuid.UUID, object]:
    """A setting as single stores have it, by store; those that set it themselves."""
    query = select(Setting.store_id, Setting.value).where(Setting.store_id.is_not(None), Setting.key == key)
    return {row.store_id: row.value for row in connection.execute(query.order_by(Setting.id.desc()))}
