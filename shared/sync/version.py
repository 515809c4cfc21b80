"""Versions of aggregates: plain numbers that carry the epoch in which they were given.

``version = (epoch - 1) << 40 | n``: every version of an epoch is above every version of an earlier one, so versions
compare as numbers, across restores too.
"""

from __future__ import annotations

EPOCH_SHIFT = 40
"""A version's bits below its epoch."""


def epoch_of(version: int) -> int:
    """The epoch in which an aggregate got a version."""
    return (version >> EPOCH_SHIFT) + 1


def floor_of(epoch: int) -> int:
    """What every version of an epoch is above, and every version of an earlier one at most."""
    return (epoch - 1) << EPOCH_SHIFT
