"""The replica's migration history. Imported only when a file is behind this program: Alembic is slow to load."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from desktop.replica.schema import USER_VERSION
from desktop.replica.search import create_tables

_HISTORY = Path(__file__).parent


def history_config(connection: Connection) -> Config:
    """Alembic's configuration for the replica's history, on a connection of ours that is inside a transaction."""
    config = Config()
    config.set_main_option("script_location", str(_HISTORY))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the history up to its head; search tables are built anew by the program when they are behind."""
    command.upgrade(history_config(connection), "head")
    create_tables(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {USER_VERSION}")


def downgrade(connection: Connection) -> None:
    """Take every table of the history away, data included; for tests."""
    command.downgrade(history_config(connection), "base")
    connection.exec_driver_sql("PRAGMA user_version = 0")
