"""The only source of time.

Instants are UTC microseconds since 1970-01-01 as ``int``. Local dates are made from an instant and a
store's IANA time zone; the business date of a sale belongs to its shift, not to the clock.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MICROSECONDS_PER_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the current instant."""

    def now(self) -> int:
        """The current instant in UTC microseconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """The current instant in UTC microseconds."""
        return time.time_ns() // 1_000


class SettableClock:
    """A clock that stands still until it is set or advanced; for demos, replays and tests."""

    def __init__(self, instant_us: int) -> None:
        self._instant_us = instant_us

    def now(self) -> int:
        """The instant last set, in UTC microseconds."""
        return self._instant_us

    def set(self, instant_us: int) -> None:
        """Move to ``instant_us`` (UTC microseconds), forwards or backwards."""
        self._instant_us = instant_us

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds``."""
        self._instant_us += round(seconds * MICROSECONDS_PER_SECOND)


def monotonic_us() -> int:
    """Microseconds of a clock that never runs backwards; only differences mean anything."""
    return time.monotonic_ns() // 1_000


def instant_of(moment: datetime) -> int:
    """UTC microseconds of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def datetime_at(instant_us: int, time_zone: str = "UTC") -> datetime:
    """The aware local datetime of an instant in an IANA time zone."""
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(ZoneInfo(time_zone))


def local_date(instant_us: int, time_zone: str) -> date:
    """The calendar date of an instant in an IANA time zone; prices and rates switch at its midnight."""
    return datetime_at(instant_us, time_zone).date()
