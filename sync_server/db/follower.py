"""A thread that follows the data: it does one thing again and again, and outlives a database that is away or busy."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

from sync_server.db.sessions import DBAPIError, PoolTimeout

REST_AFTER_FAILURE_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class Follower(ABC):
    """Works on a thread of its own, in the background of one worker of the server.

    Any number of workers may have the same follower: each kind sees to it that they do not get in each other's way.

    Args:
        name: of the thread.
        rest_seconds: how long it rests before each round, unless the round before says otherwise.
        excuse: what the log says of a round that the database did not let it do.
    """

    def __init__(self, name: str, rest_seconds: float, *, excuse: str) -> None:
        self._name = name
        self._rest_seconds = rest_seconds
        self._excuse = excuse
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second start does nothing."""
        if self._thread is None:
            self._is_stopping.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._is_stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @abstractmethod
    def work(self) -> float | None:
        """One round; gives how many seconds to rest after it, None for the usual rest.

        Raises:
            DBAPIError, PoolTimeout: the database is away or busy; the next round tries again.
        """

    def try_to_work(self) -> float:
        """One round if the database lets it, and the rest after it, in seconds."""
        try:
            rest_seconds = self.work()
        except (DBAPIError, PoolTimeout) as error:
            _log.warning(self._excuse, follower=self._name, reason=str(error))
            return max(self._rest_seconds, REST_AFTER_FAILURE_SECONDS)
        return self._rest_seconds if rest_seconds is None else rest_seconds

    def _run(self) -> None:
        rest_seconds = self._rest_seconds
        while not self._is_stopping.wait(rest_seconds):
            rest_seconds = self.try_to_work()
