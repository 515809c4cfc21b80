"""Keeping the mutation log short: what came long ago, and whose answer the device knows, need not be kept."""

from __future__ import annotations

from shared.clock import MICROSECONDS_PER_SECOND
from sync_server.db.sessions import Database
from sync_server.sync import progress_repository

LOG_KEPT_US = 30 * 24 * 3600 * MICROSECONDS_PER_SECOND
"""Devices keep accepted mutations for 14 days; whatever they may send again is still known by its number."""
_NUMBERS_AT_ONCE = 20_000


def prune_log(database: Database) -> int:
    """Drop old mutations from the log, a part of each device's at a time; gives how many.

    Refused ones stay, and so does whatever the device may not have heard the answer of.
    """
    with database.writing() as connection:
        before = database.clock.now() - LOG_KEPT_US
        return progress_repository.prune(connection, before=before, limit=_NUMBERS_AT_ONCE)
