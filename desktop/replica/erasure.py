"""Erasing everything a replica tells of the shop, whatever it came from; what waits in the outbox stays."""

from __future__ import annotations

from sqlalchemy import Connection

from desktop.replica import outbox, search
from desktop.replica.rows import erase_payloads
from shared.schema.registry import AGGREGATES

_OWN_TABLES = ("base_copy", "expected_stock", "open_basket", "open_basket_line")


def erase_everything(connection: Connection) -> None:
    """Erase all business rows, drafts and search words, and the contents of what no longer waits to be sent."""
    for aggregate in AGGREGATES.values():
        ids = [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {aggregate.root.name}")]
        erase_payloads(connection, aggregate, ids)
    for table in _OWN_TABLES:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    search.rebuild(connection)
    outbox.forget_contents(connection)
