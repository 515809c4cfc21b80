"""FIXED: set when the row is made and never changed; an edit of it is not taken."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands


def is_conflict(sides: Sides) -> bool:
    """The edit would change what never changes."""
    return sides.mine != sides.theirs


def settle(sides: Sides) -> Settled:
    """The standing value stays, and a person can see that an edit was not taken."""
    attention = Attention.SETTLED if is_conflict(sides) else Attention.NONE
    return Settled(sides.theirs, Stands.THEIRS, attention)


RULE = Rule(is_conflict, settle, is_symmetric=False)
