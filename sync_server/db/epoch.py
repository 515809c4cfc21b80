"""The epoch: which history of the database is being served, read in the transaction that answers.

A restore, a recovery to a point in time and a failover may lose commits that devices have seen. Each begins a new
epoch; versions and cursors of different epochs cannot be mistaken for one another. Who declares one is in
``sync_server.epochs``; here is what every answer needs.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from shared.errors import EnvironmentFailure
from sync_server.errors import Conflicting

TIMELINE_SQL = "CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END"
"""The timeline PostgreSQL writes on: a failover and a recovery to a point in time begin a new one. Empty on a standby,
which cannot say."""

# A proxy may have moved this very connection to another server: the noted timeline is compared in the same statement.
_EPOCH = text(f"SELECT epoch, timeline AS noted, {TIMELINE_SQL} AS actual FROM server_state")


def current_epoch(connection: Connection) -> int:
    """The epoch of the history that this transaction sees.

    Raises:
        EnvironmentFailure: ``history_changed`` in the moment between a failover and the new epoch: try again.
    """
    found = connection.execute(_EPOCH).one()
    if found.noted and found.actual and found.noted != found.actual:
        raise EnvironmentFailure(
            "history_changed",
            "The database has just failed over. The server is putting itself right; try again in a moment.",
        )
    return int(found.epoch)


def require_epoch(connection: Connection, claimed: int) -> int:
    """The epoch of this transaction, for somebody who believes in ``claimed`` (0: in none yet).

    Raises:
        Conflicting: ``epoch_changed`` with the ``epoch`` there is: what the caller knows of earlier ones may be lost.
        EnvironmentFailure: as ``current_epoch``.
    """
    epoch = current_epoch(connection)
    if claimed not in (0, epoch):
        raise Conflicting(
            "epoch_changed",
            "The server was restored or failed over since. Pull anew, and offer what it may have lost.",
            epoch=epoch,
        )
    return epoch
