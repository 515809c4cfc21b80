"""The repricer: one thread that prices synced sales once more, behind the pushes and never in their way.

Any number of servers may run one: an advisory lock lets one at a time work. While pushes come in it waits, though not
for ever: a server that never rests still has its sales checked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from sync_server.db.sessions import Database, DBAPIError, PoolTimeout
from sync_server.repricing import service

INTERVAL_SECONDS = 0.5
PATIENCE_ROUNDS = 20
"""So often it stands back for pushes before it does a batch all the same."""
_log = structlog.get_logger(__name__)


class Repricer:
    """Runs ``service.reprice_some`` again and again.

    Args:
        database: whose sales.
        is_busy: whether this worker has pushes to take just now.
        interval_seconds: how long it rests when nothing waits, or when it stands back.
    """

    def __init__(
        self,
        database: Database,
        is_busy: Callable[[], bool] = lambda: False,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._database = database
        self._is_busy = is_busy
        self._interval_seconds = interval_seconds
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="repricer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch that is under way."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause, stood_back = self._interval_seconds, 0
        while not self._is_stopping.wait(pause):
            if self._is_busy() and stood_back < PATIENCE_ROUNDS:
                stood_back += 1
                pause = self._interval_seconds
                continue
            stood_back = 0
            pause = 0.0 if self._did_some() else self._interval_seconds

    def _did_some(self) -> bool:
        try:
            return service.reprice_some(self._database) > 0
        except (DBAPIError, PoolTimeout) as error:
            # The database is away or busy: the sales wait, and the next round tries again.
            _log.warning("sales not priced once more, will try again", reason=str(error))
            return False
