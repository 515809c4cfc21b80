"""What revision 0002 does beyond the models: moving what is there. Called at the end of its upgrade."""

from __future__ import annotations

from sqlalchemy import Connection

from desktop.replica import buckets


def upgrade(connection: Connection) -> None:
    """After the new tables and columns are there."""
    buckets.rebuild_all(connection)
    # The rows that are here came as schema 1 has them: the next cycle fetches what it left out.
    connection.exec_driver_sql("UPDATE identity SET schema_filled = 1")


def downgrade(connection: Connection) -> None:
    """Before they go."""
    del connection
