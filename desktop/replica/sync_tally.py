"""How much came down in the last 24 hours, by kind, and what the last verification found; kept over a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from desktop.replica.repositories.device_values import device_value, save_device_value
from shared.clock import MICROSECONDS_PER_SECOND

HOUR_US = 3_600 * MICROSECONDS_PER_SECOND
HOURS_KEPT = 24
_CAME, _VERIFIED = "sync.came", "sync.verified"


@dataclass(frozen=True, slots=True)
class LastVerification:
    """The last comparison with the server: when (UTC microseconds), how many rows, how many differed, were put right.

    Attributes:
        is_whole: every scope was compared.
    """

    at: int
    rows: int
    differed: int
    repaired: int
    is_whole: bool


def count_in(connection: Connection, now: int, counts: Mapping[str, int]) -> None:
    """Add aggregates that came (entity → how many) to this hour; hours older than a day are dropped."""
    by_hour = _by_hour(connection, now)
    hour = str(now // HOUR_US)
    by_hour[hour] = dict(Counter(by_hour.get(hour, {})) + Counter(counts))
    save_device_value(connection, _CAME, by_hour)


def came_lately(connection: Connection, now: int) -> dict[str, int]:
    """Aggregates that came in the last 24 hours, by entity, in whole hours."""
    total: Counter[str] = Counter()
    for counts in _by_hour(connection, now).values():
        total.update(counts)
    return dict(total)


def note_verification(connection: Connection, found: LastVerification) -> None:
    """Keep what a verification found, in place of the one before."""
    save_device_value(connection, _VERIFIED, asdict(found))


def last_verification(connection: Connection) -> LastVerification | None:
    """What the last verification found; None before the first."""
    stored = device_value(connection, _VERIFIED)
    return LastVerification(**stored) if isinstance(stored, dict) else None


def _by_hour(connection: Connection, now: int) -> dict[str, dict[str, int]]:
    stored = device_value(connection, _CAME)
    oldest, newest = now // HOUR_US - HOURS_KEPT + 1, now // HOUR_US
    found = stored if isinstance(stored, dict) else {}
    return {hour: dict(counts) for hour, counts in found.items() if oldest <= int(hour) <= newest}
