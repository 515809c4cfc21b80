"""The version that an aggregate gets at the next commit, for what has to note it before."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, text

from shared.sync.version import EPOCH_SHIFT

_NEXT = text(f"""
SELECT greatest(coalesce((SELECT max(version) FROM sync_row WHERE entity = :entity AND id = :id), 0),
                coalesce((SELECT epoch - 1 FROM server_state), 0) << {EPOCH_SHIFT}) + 1
""")


def next_version(connection: Connection, entity: str, aggregate_id: uuid.UUID) -> int:
    """The version this transaction's change of the aggregate will be stamped with.

    Right while the aggregate's root is locked; above every version of an earlier epoch.
    """
    return int(connection.execute(_NEXT, {"entity": entity, "id": aggregate_id}).scalar_one())
