"""The hybrid logical clock of edits: as close to the wall as it may be, and always later than what was seen.

One whole number of UTC microseconds carries both the wall's time and the counter: a reading is the wall's, or one more
than the latest time seen where the wall stands still or runs behind. Source: S. Kulkarni et al., *Logical Physical
Clocks*, 2014. Drift is bounded, never refused: a wrong clock must not keep a clerk from working.
"""

from __future__ import annotations

from shared.clock import MICROSECONDS_PER_SECOND

DRIFT_MAX_US = 5 * 60 * MICROSECONDS_PER_SECOND
"""How far beyond a clock a time is believed: beyond the device's own when it reads, beyond the server's on arrival."""


def next_time(now: int, *seen: int) -> int:
    """The time of an edit made now.

    Args:
        now: the wall, UTC microseconds.
        seen: times of what was seen before it: the device's last edit, what the server sent. More than five minutes
            ahead of the wall they are taken for a clock that has been put right since.
    """
    latest = max(seen, default=0)
    return max(now, min(latest, now + DRIFT_MAX_US) + 1) if latest >= now else now
