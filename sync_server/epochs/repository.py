"""What the database says of its own history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection, text

from sync_server.db.epoch import TIMELINE_SQL, Tide

_LOOK_SQL = f"""
SELECT s.server_id, s.epoch, s.timeline, s.system_identifier,
       {TIMELINE_SQL}, (SELECT c.system_identifier::text FROM pg_control_system() AS c),
       (SELECT coalesce(sum(position), 0)::bigint FROM sync_scope),
       ARRAY(SELECT r.id FROM server_run AS r WHERE r.id = ANY({{runs}}))
FROM server_state AS s
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The database's history as it stands.

    Attributes:
        epoch: the one that was declared last.
        noted_timeline: what PostgreSQL said of itself in that epoch; empty before the first look.
        noted_system: the same of its cluster.
        timeline: what it says now; empty on a standby.
        system: the same of its cluster.
        tide: the sum of all scopes' positions.
        known_runs: those of the runs asked for that it knows.
    """

    server_id: uuid.UUID
    epoch: int
    noted_timeline: str
    noted_system: str
    timeline: str
    system: str
    tide: int
    known_runs: Sequence[uuid.UUID]

    @property
    def is_standby(self) -> bool:
        """Whether this database follows another one: it may only be a moment behind, and nothing can be written."""
        return not self.timeline


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """One epoch; ``at`` in UTC microseconds, ``tide`` the sum of all positions when it began."""

    epoch: int
    at: int
    why: str
    timeline: str
    system_identifier: str
    tide: int


_LOOK = text(_LOOK_SQL.format(runs=":runs"))
_RAW_LOOK = _LOOK_SQL.format(runs="%s").encode()
_LOCK = text("SELECT id FROM server_state FOR UPDATE")
_NOTE = text("UPDATE server_state SET epoch = :epoch, timeline = :timeline, system_identifier = :system")
_LOG = text("""
INSERT INTO epoch_log (epoch, at, why, timeline, system_identifier, tide)
VALUES (:epoch, :at, :why, :timeline, :system, :tide) ON CONFLICT (epoch) DO NOTHING
""")
_HISTORY = text("SELECT epoch, at, why, timeline, system_identifier, tide FROM epoch_log ORDER BY epoch")
_OVERTAKE = text("UPDATE epoch_log SET overtaken_at = :at WHERE epoch = :epoch")
_TIDE = text("SELECT coalesce(sum(position), 0)::bigint AS height, coalesce(max(stamped_at), 0) AS at FROM sync_scope")
# Within a scope no stamp is older than the one before it. Where none is kept that is old enough, all that was pruned
# counts: then the scope cannot tell, and accuses nobody.
_TIDE_AT = text("""
SELECT coalesce(sum(coalesce(
    (SELECT s.position FROM sync_stamp AS s WHERE s.scope_id = c.id AND s.stamped_at <= :at
     ORDER BY s.position DESC LIMIT 1),
    c.pruned_position
)), 0)::bigint FROM sync_scope AS c
""")
_OTHERS = text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE :programs
""")
_FLUSHED = text("SELECT CAST(pg_current_wal_flush_lsn() AS text)")
_ADD_RUN = text("INSERT INTO server_run (id, at) VALUES (:id, :at) ON CONFLICT (id) DO NOTHING")
_FORGET_RUNS = text("DELETE FROM server_run WHERE id NOT IN (SELECT id FROM server_run ORDER BY at DESC LIMIT :kept)")


def look(connection: Connection, runs: Sequence[uuid.UUID]) -> Look:
    """Look at the history."""
    return Look(*connection.execute(_LOOK, {"runs": list(runs)}).one())


def look_raw(connection: psycopg.Connection, runs: Sequence[uuid.UUID]) -> Look:
    """The same on a connection that the pool has only just made."""
    row = connection.execute(_RAW_LOOK, [list(runs)]).fetchone()
    assert row is not None
    return Look(*row)


def lock(connection: Connection) -> None:
    """One at a time declares an epoch, until the transaction ends."""
    connection.execute(_LOCK)


def note(connection: Connection, found: Look, epoch: int) -> None:
    """Say that this is the history of ``epoch``."""
    connection.execute(_NOTE, {"epoch": epoch, "timeline": found.timeline, "system": found.system})


def log(connection: Connection, found: Look, epoch: int, *, why: str, at: int) -> None:
    """Write an epoch into the log."""
    values = {"epoch": epoch, "at": at, "why": why, "tide": found.tide}
    connection.execute(_LOG, {**values, "timeline": found.timeline, "system": found.system})


def overtake(connection: Connection, epoch: int, at: int) -> None:
    """Note that devices had come further than this epoch knew; what was changed since ``at`` they may not know."""
    connection.execute(_OVERTAKE, {"epoch": epoch, "at": at})


def tide(connection: Connection) -> Tide:
    """How far all scopes have come."""
    return Tide(*connection.execute(_TIDE).one())


def tide_at(connection: Connection, at: int) -> int:
    """How far this history had come at an instant (the database's time, UTC microseconds), or further."""
    return int(connection.execute(_TIDE_AT, {"at": at}).scalar_one())


def history(connection: Connection) -> list[LoggedEpoch]:
    """Every epoch, the first one first."""
    return [LoggedEpoch(*row) for row in connection.execute(_HISTORY)]


def other_sessions(connection: Connection, programs: str) -> int:
    """How many other sessions of this database call themselves like ``programs`` (a LIKE pattern)."""
    return int(connection.execute(_OTHERS, {"programs": programs}).scalar_one())


def flushed(connection: Connection) -> str:
    """How far PostgreSQL's log is on the disk, as it names places in it."""
    return str(connection.execute(_FLUSHED).scalar_one())


def add_run(connection: Connection, run_id: uuid.UUID, at: int, kept: int) -> None:
    """Note the start of a worker, and forget the oldest beyond ``kept``."""
    connection.execute(_ADD_RUN, {"id": run_id, "at": at})
    connection.execute(_FORGET_RUNS, {"kept": kept})
