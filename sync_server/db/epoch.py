"""The epoch: which history of the database is being served, read in the transaction that answers.

A restore, a recovery to a point in time and a failover may lose commits that devices have seen. Each begins a new
epoch; versions and cursors of different epochs cannot be mistaken for one another. Who declares one is in
``sync_server.epochs``; here is what every answer needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from shared.errors import EnvironmentFailure
from sync_server.db.binary import fetch_binary
from sync_server.errors import Conflicting

TIMELINE_SQL = "CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END"
"""The timeline PostgreSQL writes on: a failover and a recovery to a point in time begin a new one. Empty on a standby,
which cannot say."""

# A proxy may have moved this very connection to another server: the noted timeline is compared in the same statement.
_EPOCH = f"""
SELECT s.epoch, coalesce(l.name, '') AS name, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at,
       s.timeline AS noted, {TIMELINE_SQL} AS actual
FROM server_state AS s LEFT JOIN epoch_log AS l ON l.epoch = s.epoch
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The history that a transaction sees.

    Attributes:
        epoch: its number.
        name: 16 random bytes; two histories may both have come to this number. Empty before the first look.
        at: when it was looked at, the database's clock, UTC microseconds; 0 where it was not asked for.
    """

    epoch: int
    name: bytes
    at: int = 0


class Tide(NamedTuple):
    """How far a history has come: it only ever grows.

    Attributes:
        height: the sum of all scopes' positions.
        at: when the newest of them was stamped, the database's time, UTC microseconds.
    """

    height: int
    at: int


def current_epoch(connection: Connection) -> int:
    """The epoch of the history that this transaction sees.

    Raises:
        EnvironmentFailure: ``history_changed``, as ``standing_epoch``.
    """
    return standing_epoch(connection).epoch


def standing_epoch(connection: Connection) -> Standing:
    """The same with the epoch's name.

    Raises:
        EnvironmentFailure: ``history_changed`` in the moment between a failover and the new epoch: try again.
    """
    epoch, name, at, noted, actual = fetch_binary(connection, _EPOCH)[0]
    if noted and actual and noted != actual:
        raise EnvironmentFailure(
            "history_changed",
            "The database has just failed over. The server is putting itself right; try again in a moment.",
        )
    return Standing(epoch, name, at)


def require_epoch(standing: Standing, claimed: int) -> None:
    """Pass if somebody who believes in ``claimed`` (0: in none yet) knows this history.

    Raises:
        Conflicting: ``epoch_changed`` with the ``epoch`` there is: what the caller knows of earlier ones may be lost.
    """
    if claimed not in (0, standing.epoch):
        raise Conflicting(
            "epoch_changed",
            "The server was restored or failed over since. Pull anew, and offer what it may have lost.",
            epoch=standing.epoch,
        )
