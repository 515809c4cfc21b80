"""Looks for references without a target, behind everything else: one thread, a bounded piece of work at a time."""

from __future__ import annotations

import threading

import structlog

from shared.clock import monotonic_us
from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.sync import reference_service
from sync_server.sync.reference_service import GRACE_US

INTERVAL_SECONDS = 5.0
REST_FACTOR = 10
"""It rests ten times as long as it took."""
_log = structlog.get_logger(__name__)


class ReferenceWatch:
    """Runs ``reference_service.look`` again and again; any number of workers may have one, they take turns.

    Args:
        database: whose rows.
        grace_us: how long something may be missing before anybody is told.
        interval_seconds: at least so long between two looks.
    """

    def __init__(
        self, database: Database, grace_us: int = GRACE_US, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self._database = database
        self._grace_us = grace_us
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reference-watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        rest_seconds = self._interval_seconds
        while not self._is_stopping.wait(rest_seconds):
            began = monotonic_us()
            try:
                reference_service.look(self._database, grace_us=self._grace_us)
            except (DBAPIError, PoolTimeout) as error:
                # The database is away or busy: nothing is lost, the next look goes on from the same place.
                _log.warning("references not looked at, will try again", reason=str(error))
            rest_seconds = max(self._interval_seconds, REST_FACTOR * (monotonic_us() - began) / 1_000_000)
