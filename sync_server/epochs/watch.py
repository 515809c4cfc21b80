"""Watching the database's history while a worker runs: on each new connection of the pool, and every second.

A failover behind a proxy is noticed without a restart: by the timeline that every answer compares (``db.epoch``), by
the look at a new connection before it is used, and by this thread, which also keeps the marker.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import structlog

from shared.clock import Clock
from shared.ids import IdMaker
from sync_server.db.engine import RawConnection, call_for_new_connections, side_engine
from sync_server.db.follower import Follower
from sync_server.db.sessions import Engine
from sync_server.epochs import service
from sync_server.epochs.service import Found, Mark

INTERVAL_SECONDS = 1.0
_log = structlog.get_logger(__name__)


Follow = Callable[[Engine, uuid.UUID, int], None]
"""Told of the database, its server's identifier and its epoch after each look."""


def _nothing() -> None:
    """Before the watch has begun."""


def _follow_nothing(engine: Engine, server_id: uuid.UUID, epoch: int) -> None:
    """Where nobody follows."""


class EpochWatch(Follower):
    """Declares a new epoch as soon as the database turns out not to be the one that was served.

    Args:
        engine: the worker's pool; each of its new connections is looked at before anybody uses it.
        home: the server's home, which holds the marker.
        clock: the server's time.
        ids: makes the run's identifier.
        follow: what else must not go back in time with the database; called before anything is served, too.
        interval_seconds: between two looks of the thread.
    """

    def __init__(
        self,
        engine: Engine,
        home: Path,
        clock: Clock,
        ids: IdMaker,
        follow: Follow = _follow_nothing,
        *,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        excuse = "the database's history was not looked at, will try again"
        super().__init__("epoch-watch", interval_seconds, excuse=excuse)
        self._engine = engine
        # A connection of its own: a look must be possible in the moment in which the pool makes one.
        self._own = side_engine(engine)
        self._let_go: Callable[[], None] = _nothing
        self._marker = service.marker_of(home)
        self._clock = clock
        self._ids = ids
        self._follow = follow
        self._seen: Mark | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Look before anything is served, then go on looking."""
        self._take(service.begin_run(self._own, self._marker, self._clock, self._ids))
        self._let_go = call_for_new_connections(self._engine, self._look_at_new_connection)
        super().start()

    def stop(self) -> None:
        """End, and write the marker a last time."""
        super().stop()
        self._let_go()
        self.try_to_work()
        self._own.dispose()

    def work(self) -> None:
        """Look once."""
        try:
            self.look()
        except OSError as error:
            _log.error("the server's home cannot be written: a restore would go unnoticed", reason=str(error))

    def look(self) -> str:
        """Look now; gives why a new epoch was declared, empty where none was.

        Raises:
            DBAPIError: the database does not answer.
        """
        with self._lock:
            found = service.declare_if_needed(self._own, self._marker, self._clock, self._seen)
            self._take(found)
            return found.declared

    def _take(self, found: Found) -> None:
        self._seen = found.mark
        if not found.is_standby:
            self._follow(self._own, found.mark.server_id, found.mark.epoch)

    def _look_at_new_connection(self, connection: RawConnection) -> None:
        seen = self._seen
        assert seen is not None
        if service.reason_for_new_epoch(service.look_raw(connection, [seen.run_id]), [seen]):
            self.look()
