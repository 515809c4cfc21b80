"""The gate before the database: so many calls of a kind at work in one worker, so many waiting, none for long.

Whoever comes beyond that is asked to come again, each after another pause, before anything of the request was done.
Pushes and pulls have a gate each, so that a shop that fetches its catalogue never keeps a till from sending its sales.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from sync_server.errors import RequestRefused

RETRY_AFTER_MIN_SECONDS = 1
RETRY_AFTER_MAX_SECONDS = 6

_Answer = TypeVar("_Answer")


class TooBusy(RequestRefused):
    """The worker has as much to do as it can do in time (503)."""

    http_status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class GateBounds:
    """What one gate lets through.

    Attributes:
        at_work: calls that run at once.
        waiting: calls that may wait for one of them to end.
        wait_seconds: after which one that waits is sent away.
    """

    at_work: int
    waiting: int
    wait_seconds: float


class LoadGate:
    """Runs calls on threads of its own number; used from one event loop.

    Args:
        name: of what passes, for messages: ``push``.
        bounds: see there.
        random: gives a number in [0, 1); spreads the pauses of those who are sent away.
    """

    def __init__(self, name: str, bounds: GateBounds, random: Callable[[], float]) -> None:
        self._name = name
        self._bounds = bounds
        self._random = random
        self._places = asyncio.Semaphore(bounds.at_work)
        self._threads = CapacityLimiter(bounds.at_work)
        self.at_work = 0
        self.waiting = 0
        self.sent_away = 0

    def look(self) -> None:
        """Pass if there is room to wait; asked before a body is read.

        Raises:
            TooBusy: ``server_busy`` with ``retry_after_seconds``.
        """
        if self.waiting >= self._bounds.waiting:
            raise self._too_busy()

    async def run(self, call: Callable[[], _Answer]) -> _Answer:
        """Run a call on a thread once there is a place.

        Raises:
            TooBusy: ``server_busy`` with ``retry_after_seconds``: there was none in time.
        """
        self.look()
        await self._take_place()
        self.at_work += 1
        try:
            return await run_sync(call, limiter=self._threads)
        finally:
            self.at_work -= 1
            self._places.release()

    async def _take_place(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._bounds.wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise self._too_busy() from None
        finally:
            self.waiting -= 1

    def _too_busy(self) -> TooBusy:
        self.sent_away += 1
        return TooBusy(
            "server_busy",
            "The server has much to do. Come again in a moment; nothing is lost.",
            retry_after_seconds=spread_pause(self._random),
            lane=self._name,
        )


def spread_pause(random: Callable[[], float]) -> int:
    """Whole seconds to ask somebody to wait: not the same for everybody, so that they do not come back together."""
    return RETRY_AFTER_MIN_SECONDS + int(random() * (RETRY_AFTER_MAX_SECONDS - RETRY_AFTER_MIN_SECONDS + 1))
