"""RESTRICT: consent. The most restrictive of concurrent changes stands; a grant that saw the withdrawal stands too."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands, without_conflict
from shared.sync.wire import Value

_REFUSED = (None, 0)


def is_conflict(sides: Sides) -> bool:
    """A grant meets a withdrawal that its giver had not seen, or the other way round."""
    is_change = sides.are_concurrent and sides.mine != sides.base
    return is_change and _permits(sides.mine) != _permits(sides.theirs)


def settle(sides: Sides) -> Settled:
    """The value that permits less stands."""
    if not is_conflict(sides):
        return without_conflict(sides)
    if _permits(sides.mine):
        return Settled(sides.theirs, Stands.THEIRS, Attention.SETTLED)
    return Settled(sides.mine, Stands.MINE, Attention.SETTLED)


def _permits(value: Value) -> bool:
    return value not in _REFUSED


RULE = Rule(is_conflict, settle, is_symmetric=True)
