"""Declaring epochs: by what PostgreSQL says of itself, by the marker in the server's home, or by an operator's word."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.clock import Clock
from shared.errors import UserError
from shared.ids import IdMaker
from sync_server.db.engine import APPLICATION_NAME
from sync_server.db.sessions import Connection, Engine
from sync_server.epochs import repository
from sync_server.epochs.marker import MARKER_NAME, EpochMarker, Mark
from sync_server.epochs.repository import LoggedEpoch, Look, look_raw

__all__ = ["EpochMarker", "LoggedEpoch", "Look", "Mark", "look_raw"]

RUNS_KEPT = 10_000
EPOCH_MAX = 1_000_000
"""Nobody restores so often; versions have room for eight times as many."""
_FIRST = "The first history of this database."
_NOBODY = uuid.UUID(int=0)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look came to.

    Attributes:
        mark: what the marker should say of it.
        declared: why a new epoch was declared; empty where none was.
        is_standby: it was a look at a database that follows another one; that says nothing of its history.
    """

    mark: Mark
    declared: str = ""
    is_standby: bool = False


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How far a database had come when it was handed over; ``place`` is PostgreSQL's position in its log."""

    epoch: int
    tide: int
    place: str


def marker_of(home: Path) -> EpochMarker:
    """The marker of a server's home."""
    return EpochMarker(home / MARKER_NAME)


def declare_if_needed(engine: Engine, marker: EpochMarker, clock: Clock, seen: Mark | None = None) -> Found:
    """Declare a new epoch if the database's history is not the one that was served, and bring the marker up to it.

    Any number of workers may do it at once: one of them declares.

    Args:
        engine: the database, migrated.
        marker: of the server's home.
        clock: the server's time.
        seen: what this worker saw last; None for a command, which leaves no trace in the marker but of a new epoch.
    """
    told = marker.read()
    marks = [mark for mark in (told, seen) if mark is not None]
    with engine.begin() as connection:
        found, why = repository.look(connection, _runs_of(marks)), ""
        if found.is_standby:
            return Found(seen or told or _mark(found, _NOBODY), is_standby=True)
        if _is_other(found) or reason_for_new_epoch(found, marks):
            found, why = _declare(connection, marks, clock)
        if seen is not None and seen.run_id.int and seen.run_id not in found.known_runs:
            repository.add_run(connection, seen.run_id, clock.now(), RUNS_KEPT)
    last = seen or told
    mark = _mark(found, _NOBODY if last is None else last.run_id)
    is_handed_over = told is not None and told.handed_over is not None
    if mark != told and (seen is not None or told is None or why or is_handed_over):
        marker.write(mark)
    if why:
        _log.warning("a new epoch was declared", epoch=found.epoch, why=why)
    return Found(mark, why)


def begin_run(engine: Engine, marker: EpochMarker, clock: Clock, ids: IdMaker) -> Found:
    """A worker starts: look first, declare if need be, then note its run in database and marker.

    On a standby nothing is noted; where it is promoted later, its timeline tells.
    """
    standing = declare_if_needed(engine, marker, clock)
    if standing.is_standby:
        return Found(Mark(standing.mark.server_id, standing.mark.epoch, standing.mark.tide, _NOBODY), is_standby=True)
    run_id = ids.new()
    with engine.begin() as connection:
        repository.add_run(connection, run_id, clock.now(), RUNS_KEPT)
    mark = Mark(standing.mark.server_id, standing.mark.epoch, standing.mark.tide, run_id)
    return Found(declare_if_needed(engine, marker, clock, mark).mark, standing.declared)


def hand_over(engine: Engine, marker: EpochMarker, clock: Clock, ids: IdMaker) -> HandedOver:
    """The last commit before a planned switchover; the standby that has it has everything.

    The marker remembers it. A promoted database that knows it, and has come exactly as far, goes on in its epoch. Who
    opens the old database again makes it void; what anybody writes there past this home is told by devices (witnesses).

    Raises:
        UserError: ``server_running`` while other programs of ours are connected, ``not_the_primary`` on a standby.
    """
    with engine.begin() as connection:
        repository.lock(connection)
        others = repository.other_sessions(connection, f"{APPLICATION_NAME}%")
        found, token = repository.look(connection, []), ids.new()
        if found.is_standby:
            raise UserError("not_the_primary", "This database follows another one. Hand over the one it follows.")
        if others:
            raise UserError(
                "server_running",
                f"{others:,} connections of the server are open. Stop every server process and command first.",
                connections=others,
            )
        repository.add_run(connection, token, clock.now(), RUNS_KEPT)
    with engine.connect() as connection:
        place = repository.flushed(connection)
    marker.write(Mark(found.server_id, found.epoch, found.tide, token, handed_over=token))
    return HandedOver(found.epoch, found.tide, place)


def new_epoch(connection: Connection, clock: Clock, *, reason: str, above: int = 0) -> int:
    """Declare a new epoch on an operator's word; gives it. Devices notice at their next call.

    Args:
        connection: the transaction.
        clock: the server's time.
        reason: one sentence for the log.
        above: an epoch that devices know; the new one is above it and above the standing one.

    Raises:
        UserError: ``epoch_absurd`` beyond ``EPOCH_MAX``.
    """
    if above >= EPOCH_MAX:
        raise UserError("epoch_absurd", f"No server comes to an epoch of {above:,}. Look again at what devices say.")
    repository.lock(connection)
    found = repository.look(connection, [])
    epoch = max(found.epoch, above) + 1
    if above >= found.epoch:
        repository.overtake(connection, found.epoch, at=0)  # Nobody knows since when: whatever differs is asked.
    repository.note(connection, found, epoch)
    repository.log(connection, found, epoch, why=reason, at=clock.now())
    return epoch


def history(connection: Connection) -> list[LoggedEpoch]:
    """Every epoch so far, the first one first."""
    return repository.history(connection)


def reason_for_new_epoch(found: Look, marks: Sequence[Mark]) -> str:
    """Why this is not the history that was served, one sentence; empty where it is.

    Args:
        found: the database, asked for the runs of ``marks``.
        marks: what the home's marker says, and what this worker saw last.
    """
    if found.is_standby:
        return ""  # It may only be behind; once it is promoted, its timeline tells.
    if found.noted_system and found.noted_system != found.system:
        return "The database was loaded into another PostgreSQL cluster."
    if found.noted_timeline and found.noted_timeline != found.timeline and not _was_handed_over(found, marks):
        return (
            f"PostgreSQL failed over or was recovered to a point in time: its timeline was {found.noted_timeline} "
            f"and is {found.timeline}."
        )
    for mark in marks:
        if mark.server_id != found.server_id:
            continue
        if (found.epoch, found.tide) < (mark.epoch, mark.tide):
            return (
                f"The database is older than what this server had: it is at epoch {found.epoch} with {found.tide:,} "
                f"changes and was at epoch {mark.epoch} with {mark.tide:,}."
            )
        # In a later epoch somebody has seen to it already.
        if mark.run_id.int and found.epoch == mark.epoch and mark.run_id not in found.known_runs:
            return "The database is from before this server's last run."
    return ""


def _was_handed_over(found: Look, marks: Sequence[Mark]) -> bool:
    """Whether the new timeline goes on where a planned switchover ended the old one: nothing lost, nothing added."""
    return any(
        mark.handed_over in found.known_runs
        and (mark.server_id, mark.epoch, mark.tide) == (found.server_id, found.epoch, found.tide)
        for mark in marks
    )


def _runs_of(marks: Sequence[Mark]) -> list[uuid.UUID]:
    """What the database is asked about: the runs that wrote marks, and hand-overs."""
    return [run for mark in marks for run in (mark.run_id, mark.handed_over) if run is not None]


def _mark(found: Look, run_id: uuid.UUID) -> Mark:
    return Mark(found.server_id, found.epoch, found.tide, run_id)


def _is_other(found: Look) -> bool:
    """Whether PostgreSQL says something else of itself than was noted, or nothing was noted yet."""
    return (found.timeline, found.system) != (found.noted_timeline, found.noted_system)


def _declare(connection: Connection, marks: Sequence[Mark], clock: Clock) -> tuple[Look, str]:
    """With the lock held, look again; gives the history as it stands now, and why it is a new one."""
    repository.lock(connection)
    runs = _runs_of(marks)
    found = repository.look(connection, runs)
    why = reason_for_new_epoch(found, marks)
    epochs = [found.epoch, *(mark.epoch for mark in marks if mark.server_id == found.server_id)]
    if not found.noted_system:
        repository.log(connection, found, found.epoch, why=_FIRST, at=clock.now())
    if why:
        repository.note(connection, found, max(epochs) + 1)
        repository.log(connection, found, max(epochs) + 1, why=why, at=clock.now())
        for run_id in runs:
            if run_id.int and run_id not in found.known_runs:
                repository.add_run(connection, run_id, clock.now(), RUNS_KEPT)
    else:
        repository.note(connection, found, found.epoch)
    return repository.look(connection, runs), why
