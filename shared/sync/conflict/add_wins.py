"""ADD_WINS: sets such as tags and addresses. What either side added is kept; what one side removed goes.

A set travels as the canonical JSON text of a list. An element that one side removed while the other only left it
alone is removed; an element that was added on either side is there afterwards.
"""

from __future__ import annotations

import json

from shared.schema.types import canonical_json
from shared.sync.conflict.sides import Rule, Settled, Sides, Stands, without_conflict
from shared.sync.wire import Value


def is_conflict(sides: Sides) -> bool:
    """Never: two changes of a set can always both be kept."""
    del sides
    return False


def settle(sides: Sides) -> Settled:
    """The base's elements that both sides kept, in the base's order, then what either added, in a fixed order."""
    if not sides.differ:
        return without_conflict(sides)
    base, mine, theirs = _elements(sides.base), _elements(sides.mine), _elements(sides.theirs)
    if base.keys() == mine.keys() == theirs.keys():
        return _later_order(sides)
    kept = [element for element in base if element in mine and element in theirs]
    added = sorted(element for element in {*mine, *theirs} if element not in base)
    merged: Value = canonical_json([json.loads(element) for element in (*kept, *added)])
    if merged == sides.theirs:
        return Settled(merged, Stands.THEIRS)
    return Settled(merged, Stands.MINE if merged == sides.mine else Stands.BOTH)


def _later_order(sides: Sides) -> Settled:
    """Both sides only put the same elements in another order: the later order stands."""
    return Settled(sides.mine, Stands.MINE) if sides.is_mine_later else Settled(sides.theirs, Stands.THEIRS)


def _elements(value: Value) -> dict[str, None]:
    """The elements as canonical texts, in order, each once; anything but the text of a list is an empty set."""
    if not isinstance(value, str):
        return {}
    decoded = json.loads(value)
    return {canonical_json(element): None for element in decoded} if isinstance(decoded, list) else {}


RULE = Rule(is_conflict, settle, is_symmetric=True)
