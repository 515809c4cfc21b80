"""Channels by their keys, remembered by each worker for a few seconds, so that a busy web shop costs no look-up a call.

A key that is revoked therefore still opens for that long. Devices are not remembered: whether one was revoked is looked
at in the transaction that does its work.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND, monotonic_us

STALENESS_MAX_SECONDS = 5
CHANNELS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Channel:
    """A caller with an API key: a web shop, a marketplace."""

    id: uuid.UUID
    name: str


class ChannelCache:
    """Good keys only, by their hash; a wrong one is looked up each time."""

    def __init__(self, now_us: Callable[[], int] = monotonic_us) -> None:
        self._now_us = now_us
        self._known: dict[bytes, tuple[Channel, int]] = {}
        self._lock = threading.Lock()

    def find(self, key_hash: bytes) -> Channel | None:
        """The channel, if its key was good within the last seconds."""
        with self._lock:
            channel, until = self._known.get(key_hash, (None, 0))
            return channel if self._now_us() < until else None

    def remember(self, key_hash: bytes, channel: Channel) -> None:
        """The key was found good just now."""
        with self._lock:
            if len(self._known) >= CHANNELS_MAX:
                self._known.clear()
            self._known[key_hash] = (channel, self._now_us() + STALENESS_MAX_SECONDS * MICROSECONDS_PER_SECOND)
