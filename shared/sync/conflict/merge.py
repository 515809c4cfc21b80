"""MERGE: descriptive fields. The same field changed on both sides: the later edit stands, the other can be restored."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands, without_conflict


def is_conflict(sides: Sides) -> bool:
    """Both sides changed the field, each to another value."""
    return sides.differ


def settle(sides: Sides) -> Settled:
    """The later edit stands; equal times are told apart by the values, so every order of arrival ends the same."""
    if not is_conflict(sides):
        return without_conflict(sides)
    if sides.is_mine_later:
        return Settled(sides.mine, Stands.MINE, Attention.SETTLED)
    return Settled(sides.theirs, Stands.THEIRS, Attention.SETTLED)


RULE = Rule(is_conflict, settle, is_symmetric=True)
