"""ARCHIVE_WINS: what is put away stays away when somebody else edited it at the same time."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands, without_conflict
from shared.sync.wire import Value

_PUT_AWAY = ("archived", "withdrawn", 1)
"""The values that take something out of use: a product's, a price's, and a flag's."""


def is_conflict(sides: Sides) -> bool:
    """Both sides changed the state, each to another one."""
    return sides.differ


def settle(sides: Sides) -> Settled:
    """Archived beats anything else; of two other states the later one stands."""
    if not is_conflict(sides):
        return without_conflict(sides)
    mine, theirs = _is_put_away(sides.mine), _is_put_away(sides.theirs)
    stands_mine = mine if mine != theirs else sides.is_mine_later
    if stands_mine:
        return Settled(sides.mine, Stands.MINE, Attention.SETTLED)
    return Settled(sides.theirs, Stands.THEIRS, Attention.SETTLED)


def _is_put_away(value: Value) -> bool:
    return value in _PUT_AWAY


RULE = Rule(is_conflict, settle, is_symmetric=True)
