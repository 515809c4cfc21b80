"""Who waits for news on this worker: every stream is woken when the head of any scope moved."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(eq=False, slots=True)
class Subscription:
    """One stream's waiting place; ``is_due`` is set on its own event loop."""

    loop: asyncio.AbstractEventLoop
    is_due: asyncio.Event = field(default_factory=asyncio.Event)


def newest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """The higher position of each scope: two looks may have happened in either order."""
    return {scope: max(one.get(scope, 0), other.get(scope, 0)) for scope in one.keys() | other.keys()}


class HeadsBoard:
    """The newest heads as one worker knows them, and the streams that wait for them.

    Attributes:
        is_closed: the worker stops; every stream ends.
    """

    def __init__(self) -> None:
        self._heads: Mapping[str, int] = MappingProxyType({})
        self._subscriptions: set[Subscription] = set()
        self._lock = threading.Lock()
        self.is_closed = False

    @property
    def heads(self) -> Mapping[str, int]:
        """Position by scope name."""
        return self._heads

    def has_listeners(self) -> bool:
        """Whether any stream waits."""
        return bool(self._subscriptions)

    @contextmanager
    def subscription(self) -> Iterator[Subscription]:
        """Wait for news while the block lasts; used on an event loop."""
        mine = Subscription(asyncio.get_running_loop())
        with self._lock:
            self._subscriptions.add(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._subscriptions.discard(mine)

    def show(self, heads: Mapping[str, int]) -> None:
        """Put up newer heads and wake everybody if one moved."""
        if heads == self._heads:
            return
        self._heads = MappingProxyType(dict(heads))
        self.wake_all()

    def close(self) -> None:
        """End every stream: the worker stops."""
        self.is_closed = True
        self.wake_all()

    def wake_all(self) -> None:
        """Make every stream look."""
        with self._lock:
            waiting = list(self._subscriptions)
        for subscription in waiting:
            if not subscription.loop.is_closed():
                subscription.loop.call_soon_threadsafe(subscription.is_due.set)
