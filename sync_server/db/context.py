"""What a service needs to know about the push it works in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from shared.clock import Clock
from shared.ids import IdMaker


@dataclass(frozen=True, slots=True)
class PushContext:
    """Who pushes, and the server's time and identifiers in this transaction.

    Attributes:
        device_id: the device whose mutations are applied.
        store_id: the device's own store.
        device_name: in words, for inbox entries.
        now: the server's time of this transaction, UTC microseconds.
        ids: makes the identifiers of rows the server adds.
        clock: the server's clock.
        incarnation: the life of the device that pushes; None where it is not said.
        clock_ahead_us: how far the device's clock is before the server's, microseconds; 0 where it did not say.
    """

    device_id: uuid.UUID
    store_id: uuid.UUID
    device_name: str
    now: int
    ids: IdMaker
    clock: Clock
    clock_ahead_us: int = 0
    incarnation: uuid.UUID | None = None

    @property
    def origin(self) -> uuid.UUID:
        """What has seen everything that came from there before: this life of the device."""
        return self.incarnation or self.device_id
