"""Who waits for news on this worker: every stream is woken when the head of any scope moved."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import psycopg


@dataclass(eq=False, slots=True)
class Subscription:
    """One stream's waiting place; ``is_due`` is set on its own event loop."""

    loop: asyncio.AbstractEventLoop
    is_due: asyncio.Event = field(default_factory=asyncio.Event)


class HeadsBoard:
    """The newest heads as one worker knows them, and the streams that wait for them."""

    def __init__(self) -> None:
        self._heads: Mapping[str, int] = MappingProxyType({})
        self._subscriptions: set[Subscription] = set()
        self._lock = threading.Lock()

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

    def look(self, connection: psycopg.Connection) -> None:
        """Read the heads and wake everybody if one moved."""
        rows = connection.execute("SELECT name, position FROM sync_scope").fetchall()
        self.show(dict(rows))

    def show(self, heads: Mapping[str, int]) -> None:
        """Put up newer heads."""
        if heads == self._heads:
            return
        self._heads = MappingProxyType(dict(heads))
        self.wake_all()

    def wake_all(self) -> None:
        """Make every stream look."""
        with self._lock:
            waiting = list(self._subscriptions)
        for subscription in waiting:
            if not subscription.loop.is_closed():
                subscription.loop.call_soon_threadsafe(subscription.is_due.set)
