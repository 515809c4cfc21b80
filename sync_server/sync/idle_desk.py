"""Where polls wait for a look at the database: one look at a time, and each answers all that came during the last one.

So a busy worker asks the database less often for each poll, and changes threads less often, the more polls there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

TOGETHER_MAX = 64

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class IdleDesk(Generic[_Asked, _Answer]):
    """Used from one event loop.

    Args:
        answer: gives an answer for each of several questions, in their order; runs on a thread, one call at a time.
        waiting_max: questions that may wait.
        wait_seconds: after which one that waits is given up.
    """

    def __init__(
        self, answer: Callable[[Sequence[_Asked]], Sequence[_Answer]], waiting_max: int, wait_seconds: float
    ) -> None:
        self._answer = answer
        self._waiting_max = waiting_max
        self._wait_seconds = wait_seconds
        self._waiting: list[tuple[_Asked, asyncio.Future[_Answer]]] = []
        self._thread = CapacityLimiter(1)
        self._looking: asyncio.Task[None] | None = None

    async def ask(self, asked: _Asked) -> _Answer | None:
        """The answer; None if too many wait, or none came in time. What ``answer`` raises comes out here."""
        if len(self._waiting) >= self._waiting_max:
            return None
        told: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, told))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await told
        except TimeoutError:
            return None

    async def _look(self) -> None:
        try:
            while self._waiting:
                together = self._waiting[:TOGETHER_MAX]
                del self._waiting[:TOGETHER_MAX]
                await self._look_for(together)
        finally:
            self._looking = None

    async def _look_for(self, together: list[tuple[_Asked, asyncio.Future[_Answer]]]) -> None:
        call = partial(self._answer, [asked for asked, _ in together])
        looking = asyncio.ensure_future(run_sync(call, limiter=self._thread))
        await asyncio.wait([looking])
        failure = looking.exception()
        for at, (_, told) in enumerate(together):
            if told.done():
                continue  # Whoever asked has gone.
            if failure is None:
                told.set_result(looking.result()[at])
            else:
                told.set_exception(failure)
