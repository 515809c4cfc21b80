"""ONCE: empty until it is set, then never changed: the closing figures of a shift, who took a parked sale."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands


def is_conflict(sides: Sides) -> bool:
    """It was set already, to another value."""
    return sides.theirs is not None and sides.mine != sides.theirs


def settle(sides: Sides) -> Settled:
    """The first value stays; a second, different one is shown to a person."""
    if is_conflict(sides):
        return Settled(sides.theirs, Stands.THEIRS, Attention.SETTLED)
    if sides.theirs is None and sides.mine is not None:
        return Settled(sides.mine, Stands.MINE)
    return Settled(sides.theirs, Stands.THEIRS)


RULE = Rule(is_conflict, settle, is_symmetric=False)
