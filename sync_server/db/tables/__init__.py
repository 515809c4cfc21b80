"""Tables that only the server has; the replicated ones are in ``shared.schema``."""

from sqlalchemy import MetaData

from shared.schema import registry as _registry  # the replicated tables, all of them, are known once this is read
from shared.schema.base import Replicated
from sync_server.db.tables import (
    change_sets,
    counts,
    customers,
    devices,
    edits,
    epochs,
    inventory,
    lookups,
    orders,
    push,
    reconciliation,
    references,
    same_person,
    sync,
)
from sync_server.db.tables.base import server_metadata

__all__ = [
    "all_metadata",
    "change_sets",
    "counts",
    "customers",
    "devices",
    "edits",
    "epochs",
    "inventory",
    "lookups",
    "orders",
    "push",
    "reconciliation",
    "references",
    "same_person",
    "server_metadata",
    "sync",
]


def all_metadata() -> list[MetaData]:
    """The replicated tables and the server's own: what the migrations must add up to."""
    assert _registry.AGGREGATES
    return [Replicated.metadata, server_metadata]
