"""What has to be tidied from time to time: marks of the feed that no device can still need."""

from __future__ import annotations

import threading

import structlog

from sync_server.db.sessions import Database, DBAPIError
from sync_server.sync import scope_repository

STAMPS_KEPT = 100_000
INTERVAL_SECONDS = 600.0
_log = structlog.get_logger(__name__)


class Housekeeper:
    """Prunes old stamps on a thread of its own; any number of workers may run one.

    A device whose cursor is older than the kept stamps starts that scope anew; it loses nothing.
    """

    def __init__(self, database: Database, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._database = database
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._is_stopping.set()
        self._thread.join()

    def tidy(self) -> int:
        """Tidy now; gives how many stamps went."""
        with self._database.writing() as connection:
            return scope_repository.prune_stamps(connection, STAMPS_KEPT)

    def _run(self) -> None:
        while not self._is_stopping.wait(self._interval_seconds):
            try:
                self.tidy()
            except DBAPIError as error:
                _log.warning("not tidied, will try again", reason=str(error.orig))
