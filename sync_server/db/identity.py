"""Who this server is: its id, its epoch, and the secret that signs tokens; one row, made with the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from sync_server.db.epoch import current_epoch
from sync_server.db.tables.sync import server_state


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The server as devices know it. ``epoch`` changes when commits may have been lost (a restore)."""

    server_id: uuid.UUID
    epoch: int
    secret: bytes = field(repr=False)


def load_identity(connection: Connection) -> ServerIdentity:
    """Read the row that the migration made.

    Raises:
        EnvironmentFailure: ``history_changed``, as ``epoch.current_epoch``.
    """
    row = connection.execute(select(server_state.c.server_id, server_state.c.secret)).one()
    return ServerIdentity(row.server_id, current_epoch(connection), row.secret)
