"""The only source of identifiers: UUIDv7 (RFC 9562), 16 bytes, sorted by the time they were made."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from typing import Protocol

from shared.clock import Clock, SystemClock

RandomBytes = Callable[[int], bytes]

_RANDOM_BITS = 74
_NAMESPACE = uuid.UUID("5b7f3f5e-5f0a-5d0c-9d8e-0c0f7e5f0111")


class IdMaker(Protocol):
    """Makes identifiers that nobody else makes."""

    def new(self) -> uuid.UUID:
        """A fresh UUIDv7, larger than any this maker gave before."""
        ...


class TimeOrderedIds:
    """UUIDv7 with a strictly increasing tail, also when the clock stands still or runs backwards.

    Args:
        clock: gives the millisecond part.
        random_bytes: ``random_bytes(n)`` gives n random bytes; a seeded one makes runs repeatable.
    """

    def __init__(self, clock: Clock | None = None, random_bytes: RandomBytes = os.urandom) -> None:
        self._clock = clock or SystemClock()
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> uuid.UUID:
        """A fresh UUIDv7, larger than any this maker gave before."""
        with self._lock:
            milliseconds = self._clock.now() // 1_000
            tail = int.from_bytes(self._random_bytes(10), "big") >> (80 - _RANDOM_BITS)
            value = (milliseconds << _RANDOM_BITS) | tail
            if value <= self._last:
                value = self._last + 1
            self._last = value
        high = value >> 62
        milliseconds, random_a = high >> 12, high & 0xFFF
        random_b = value & ((1 << 62) - 1)
        return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (random_a << 64) | (0b10 << 62) | random_b)


def derived_id(*parts: uuid.UUID | str) -> uuid.UUID:
    """The same identifier for the same parts everywhere (UUIDv5), for rows that a rule makes, such as a stock level."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))
