"""DERIVED: computed from facts and never pushed; an edit of it is dropped without a word."""

from __future__ import annotations

from shared.sync.conflict.sides import Rule, Settled, Sides, Stands


def is_conflict(sides: Sides) -> bool:
    """Never: what is computed has no editor to contradict."""
    del sides
    return False


def settle(sides: Sides) -> Settled:
    """The computed value stays."""
    return Settled(sides.theirs, Stands.THEIRS)


RULE = Rule(is_conflict, settle, is_symmetric=False)
