"""When to try again: soon at first, then ever later, never all devices at the same moment."""

from __future__ import annotations

from collections.abc import Callable

from shared.clock import MICROSECONDS_PER_SECOND

FIRST_DELAY_SECONDS = 1.0
DELAY_MAX_SECONDS = 60.0
POLL_SECONDS = 30.0
"""How often a device asks although nobody poked it."""
ECHO_SECONDS = 0.02
"""So long after a push a device waits with fetching what is mostly its own: other devices wait for that, and its clerk
may have more to send."""
ECHO_WAITS_MAX = 5
"""A device that sends all the time fetches all the same."""
VERIFY_AGAIN_US = 600 * MICROSECONDS_PER_SECOND
"""How long a verification that failed is left alone."""


def retry_delay_seconds(failures: int, retry_after_seconds: float, random: Callable[[], float]) -> float:
    """How long to wait after ``failures`` failures in a row (at least one).

    Args:
        failures: failures in a row.
        retry_after_seconds: what the server asked for; 0 where it did not. Never less than that, and up to half more.
        random: gives a number in [0, 1); half of the delay is left to it, so that tills of one shop do not come back
            all at once.
    """
    assert failures > 0
    ceiling = min(DELAY_MAX_SECONDS, FIRST_DELAY_SECONDS * float(1 << min(failures - 1, 16)))
    chance = random()
    return max(retry_after_seconds * (1 + chance / 2), ceiling * (0.5 + chance / 2))
