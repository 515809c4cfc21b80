"""Telling the workers that something was committed: one coalesced NOTIFY out, one LISTEN in.

The notice goes out on a connection of its own, after the commit: inside the business transaction it would make commits
wait for each other. A look at the heads from time to time finds what foreign writers did and what a lost notice missed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import count

import psycopg
import structlog

CHANNEL = "counterfoil_heads"
_RETRY_SECONDS = 1.0
_LOOKS_UNHEARD = 25
_HEADS = "SELECT name, position FROM sync_scope"
_log = structlog.get_logger(__name__)


class Poker:
    """Sends at most one notice per interval, however many commits there are.

    Args:
        url: of the database, for psycopg.
        interval_seconds: between two notices.
    """

    def __init__(self, url: str, interval_seconds: float) -> None:
        self._url = url
        self._interval_seconds = interval_seconds
        self._is_wanted = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a notice that is still due is not sent, listeners look for themselves."""
        self._is_stopping.set()
        self._is_wanted.set()
        self._thread.join()

    def poke(self) -> None:
        """Say that something was committed; returns at once."""
        self._is_wanted.set()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, application_name="counterfoil poker") as connection:
                    self._send_notices(connection)
            except (psycopg.OperationalError, psycopg.InternalError) as error:
                _log.warning("notices not sent", reason=str(error))
                self._is_stopping.wait(_RETRY_SECONDS)

    def _send_notices(self, connection: psycopg.Connection) -> None:
        while not self._is_stopping.is_set():
            self._is_wanted.wait()
            if self._is_stopping.is_set():
                return
            self._is_wanted.clear()
            connection.execute(f"NOTIFY {CHANNEL}")
            self._is_stopping.wait(self._interval_seconds)


class Listener:
    """Looks at the heads after each notice, and every interval while ``is_needed`` says that somebody waits.

    Args:
        url: of the database, for psycopg.
        interval_seconds: between two looks without a notice.
        is_needed: whether anybody listens; without listeners nothing is asked of the database.
        on_look: takes the newest position of every scope; runs on the listener's thread.
    """

    def __init__(
        self,
        url: str,
        interval_seconds: float,
        is_needed: Callable[[], bool],
        on_look: Callable[[Mapping[str, int]], None],
    ) -> None:
        self._url = url
        self._interval_seconds = interval_seconds
        self._is_needed = is_needed
        self._on_look = on_look
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, at the latest after one interval."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, application_name="counterfoil listener") as connection:
                    self._look_again_and_again(connection, is_listening=_listens(connection))
            except (psycopg.OperationalError, psycopg.InternalError) as error:
                _log.warning("not listening", reason=str(error))
                self._is_stopping.wait(_RETRY_SECONDS)

    def _look_again_and_again(self, connection: psycopg.Connection, *, is_listening: bool) -> None:
        """Until the worker stops; where nothing can be heard, for so many looks until that is tried again."""
        looks: Iterable[int] = count() if is_listening else range(_LOOKS_UNHEARD)
        for _ in looks:
            if self._is_stopping.is_set():
                return
            list(connection.notifies(timeout=self._interval_seconds, stop_after=1))
            if self._is_needed():
                self._on_look(dict(connection.execute(_HEADS).fetchall()))


def _listens(connection: psycopg.Connection) -> bool:
    """Whether notices will be heard: a standby hears none, and is looked at every interval instead."""
    try:
        connection.execute(f"LISTEN {CHANNEL}")
    except psycopg.errors.ReadOnlySqlTransaction:
        return False
    return True
