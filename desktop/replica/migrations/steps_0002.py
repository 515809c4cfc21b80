"""What revision 0002 does beyond the models: moving what is there. Called at the end of its upgrade."""

from __future__ import annotations

from sqlalchemy import Connection

from desktop.replica import buckets


def upgrade(connection: Connection) -> None:
    """After the new tables and columns are there."""
    buckets.rebuild_all(connection)


def downgrade(connection: Connection) -> None:
    """Before they go."""
    del connection
