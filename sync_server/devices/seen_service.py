"""Who was heard, and what it told: gathered in memory by each worker and written every few seconds in one statement.

An idle poll writes nothing, however many devices poll. A worker that dies loses a few seconds of it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.limits import PROGRAM_NAME_MAX_CHARACTERS
from shared.sync.wire import PullRequest, PushRequest
from sync_server.db.follower import Follower
from sync_server.db.sessions import Database, RequestDatabase
from sync_server.devices import seen_repository
from sync_server.devices.seen_repository import Seen

INTERVAL_SECONDS = 5.0


class ScopeReach(Protocol):
    """A page of an answer, as far as it says where a device is once it has applied it."""

    @property
    def scope(self) -> str:
        """The scope's name."""
        ...

    @property
    def to_position(self) -> int:
        """How far the page reaches."""
        ...


class SeenBoard(Follower):
    """The newest word of each device since the last writing; any thread may note, one thread writes.

    What could not be written is told again with the next poll; nothing else depends on it.
    """

    def __init__(self, database: Database, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__("seen", interval_seconds, excuse="who was seen is not written, will try again")
        self._database = database
        self._told: dict[uuid.UUID, Seen] = {}
        self._lock = threading.Lock()

    def work(self) -> None:
        """Write what was told."""
        self.flush()

    def stop(self) -> None:
        """End, and write what is left."""
        super().stop()
        self.try_to_work()

    def note(self, seen: Seen) -> None:
        """Remember what a device told; the newest word counts, and positions stay until others are told."""
        with self._lock:
            before = self._told.get(seen.device_id)
            if before is not None and before.at > seen.at:
                return
            self._told[seen.device_id] = seen if before is None else _after(before, seen)

    def flush(self) -> int:
        """Write what was told since the last time; gives how many devices."""
        with self._lock:
            told, self._told = self._told, {}
        if told:
            with self._database.writing() as connection:
                seen_repository.record(connection, list(told.values()))
        return len(told)


def _after(before: Seen, seen: Seen) -> Seen:
    """``seen`` with what it does not say as it was said before."""
    return replace(
        seen,
        clock_skew_us=before.clock_skew_us if seen.clock_skew_us is None else seen.clock_skew_us,
        positions=before.positions if seen.positions is None else seen.positions,
    )


class Sighting:
    """One request of a device: when it arrived and what program sent it.

    Endpoints take it as ``RequestSighting`` and say with one line what came of the request.
    """

    def __init__(self, board: SeenBoard, arrived_at: int, program: str) -> None:
        self._board = board
        self._arrived_at = arrived_at
        self._program = program[:PROGRAM_NAME_MAX_CHARACTERS]

    def pushed(self, device_id: uuid.UUID, request: PushRequest) -> None:
        """A push was taken."""
        left = max(0, request.waiting - len(request.mutations))
        self._note(device_id, request, waiting=left, positions=None)

    def pulled(self, device_id: uuid.UUID, request: PullRequest, pages: Iterable[ScopeReach]) -> None:
        """A pull was answered with ``pages``; the device has them unless it asks for them again."""
        positions = {cursor.scope: cursor.position for cursor in request.cursors}
        positions |= {page.scope: page.to_position for page in pages}
        self._note(device_id, request, waiting=request.waiting, positions=positions)

    def _note(
        self,
        device_id: uuid.UUID,
        request: PushRequest | PullRequest,
        *,
        waiting: int,
        positions: dict[str, int] | None,
    ) -> None:
        self._board.note(
            Seen(
                device_id=device_id,
                incarnation=uuid.UUID(bytes=request.incarnation),
                at=self._arrived_at,
                program=self._program,
                schema=request.schema,
                waiting=waiting,
                clock_skew_us=request.device_time - self._arrived_at if request.device_time else None,
                positions=positions,
            )
        )


async def _sighting(request: Request, database: RequestDatabase) -> Sighting:
    board = request.app.state.seen
    assert isinstance(board, SeenBoard)
    return Sighting(board, database.clock.now(), request.headers.get("user-agent", ""))


RequestSighting = Annotated[Sighting, Depends(_sighting)]
"""What an endpoint takes: ``seen: RequestSighting``, and then ``seen.pulled(device_id, request, answer.pages)``."""
