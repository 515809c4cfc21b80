"""The stores this device knows."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select

from shared.schema.stores import Store


def store_names(connection: Connection) -> dict[uuid.UUID, str]:
    """The name of every store that is not archived."""
    return {row.id: row.name for row in connection.execute(select(Store.id, Store.name).where(~Store.is_archived))}
