"""What every conflict policy is given and what it answers. Values are in wire form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from shared.sync.wire import Value

_encode = msgspec.msgpack.Encoder().encode


class Stands(StrEnum):
    """Whose value stands after two changes met."""

    MINE = "mine"
    """The value of the edit that arrived."""
    THEIRS = "theirs"
    """The value that stood when it arrived."""
    BOTH = "both"
    """A value made of both, such as the union of two sets."""


class Attention(StrEnum):
    """Whether a person should see what happened."""

    NONE = "none"
    SETTLED = "settled"
    """A rule decided; a person may undo it."""
    NEEDS_YOU = "needs_you"
    """Nothing changes until a person decides."""


@dataclass(frozen=True, slots=True)
class Sides:
    """One field as three parties know it.

    Attributes:
        base: the value the editor saw when the edit was made.
        mine: the value the arriving edit sets.
        theirs: the value that stands now.
        mine_at: when the arriving edit was made, UTC microseconds, already capped at the server's clock plus drift.
        theirs_at: when the standing value was set, UTC microseconds; 0 where nobody knows.
        has_moved: whether the standing value was set by an edit that the arriving one had not seen, even if it was set
            back to the same value since.
        mine_by: who made the arriving edit; tells equal times apart, so that all fields of one edit fare alike.
        theirs_by: who set the standing value.
    """

    base: Value
    mine: Value
    theirs: Value
    mine_at: int = 0
    theirs_at: int = 0
    has_moved: bool = False
    mine_by: str = ""
    theirs_by: str = ""

    @property
    def are_concurrent(self) -> bool:
        """Whether the standing value was set without the arriving edit's knowing."""
        return self.has_moved or self.theirs != self.base

    @property
    def differ(self) -> bool:
        """Whether both sides changed the field without knowing of each other, and want different values."""
        return self.are_concurrent and self.mine not in (self.base, self.theirs)

    @property
    def is_mine_later(self) -> bool:
        """Whether the arriving one of two concurrent edits is the later one.

        Equal times are told apart by who made the edits and then by the values, the same everywhere.
        """
        mine = (self.mine_at, self.mine_by, _encode(self.mine))
        return mine > (self.theirs_at, self.theirs_by, _encode(self.theirs))


@dataclass(frozen=True, slots=True)
class Settled:
    """What a policy decided: the value from now on, whose it is, and whether a person should see it."""

    value: Value
    stands: Stands
    attention: Attention = Attention.NONE


@dataclass(frozen=True, slots=True)
class Rule:
    """One conflict policy: two pure functions.

    Attributes:
        is_conflict: whether the two sides contradict each other under this policy.
        settle: what stands. Without a conflict it is the plain three-way result and needs no attention.
        is_symmetric: promises that the value does not depend on which side arrived first.
    """

    is_conflict: Callable[[Sides], bool]
    settle: Callable[[Sides], Settled]
    is_symmetric: bool


def without_conflict(sides: Sides) -> Settled:
    """The plain three-way result where at most one side moved, or both moved to the same value."""
    if sides.mine in (sides.base, sides.theirs):
        return Settled(sides.theirs, Stands.THEIRS)
    return Settled(sides.mine, Stands.MINE)
