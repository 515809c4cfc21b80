"""REVIEW: fields that move money, such as a product's tax category. What stands stays until a person decides."""

from __future__ import annotations

from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands, without_conflict


def is_conflict(sides: Sides) -> bool:
    """Both sides changed the field, each to another value."""
    return sides.differ


def settle(sides: Sides) -> Settled:
    """The standing value stays, and a person is asked."""
    if not is_conflict(sides):
        return without_conflict(sides)
    return Settled(sides.theirs, Stands.THEIRS, Attention.NEEDS_YOU)


RULE = Rule(is_conflict, settle, is_symmetric=False)
