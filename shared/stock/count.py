"""What a count does to the ledger: it says that N were there at a ledger position (docs/decisions/0021).

A device holds N against the level it shows: the pulled level at position P and its own movements that the level lacks.
The difference is the movement it sends. What is not in that base counts as after the count and is left alone, except
other counts: two that did not know of each other put the same error right, which must not happen twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Count:
    """A count of one variant in one store; quantities in thousandths.

    Attributes:
        id: of its movement.
        device_id: who counted; a device's own counts are always in its base.
        at: when, by the device's clock; UTC microseconds.
        base_position: the ledger position of the level it was held against.
        difference: counted less what was shown.
    """

    id: UUID
    device_id: UUID | None
    at: int
    base_position: int
    difference: int


@dataclass(frozen=True, slots=True)
class SettledCount:
    """A count that is in the ledger: up to which position, and by how much it changed the sum in all."""

    count: Count
    position: int
    effect: int


def effect_of_count(count: Count, before: Iterable[SettledCount]) -> int:
    """By how much a count changes the ledger, thousandths; its movement and its correction together.

    Args:
        count: the one that arrives.
        before: counts of the same variant in the same store that arrived before it.

    Of counts that did not know of each other the one counted last stands: an earlier one that arrives late changes
    nothing, a later one takes back what the earlier ones did.
    """
    unknown = [each for each in before if each.position > count.base_position]
    others = [each for each in unknown if each.count.device_id != count.device_id]
    if any((each.count.at, each.count.id) > (count.at, count.id) for each in others):
        return 0
    # A device's own counts are in what it showed as they were sent; what the server made of them was not.
    own = (each.effect - each.count.difference for each in unknown if each.count.device_id == count.device_id)
    return count.difference - sum(each.effect for each in others) - sum(own)
