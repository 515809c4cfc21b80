"""What may go wrong in a seed, and how often: drawn once per seed, so that seeds differ in kind and not only in luck.

To add a fault of the line: a member of ``Fault``, its odds here, and its few lines in ``network.Network.carry``. To add
one of another kind: a step in ``steps.py``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What may happen to one request."""

    NONE = "none"
    REQUEST_LOST = "request lost"
    REPLY_LOST = "reply lost"
    DUPLICATED = "request duplicated"
    LATE_DUPLICATE = "late duplicate"
    DELAYED = "request delayed beyond its timeout"
    REQUEST_TRUNCATED = "request truncated"
    REPLY_TRUNCATED = "reply truncated"
    FOREIGN_PAGE = "a proxy's page"
    FAILED = "answered 500"
    BUSY = "answered 503 with Retry-After"
    TOO_MANY = "answered 429 with Retry-After"
    SLOW = "slow answer"
    SERVER_KILLED = "server killed in the request"
    SERVER_KILLED_AFTER = "server killed after the commit"
    MEANWHILE = "something else happens meanwhile"


_ODDS = {
    Fault.REQUEST_LOST: 5,
    Fault.REPLY_LOST: 8,
    Fault.DUPLICATED: 5,
    Fault.LATE_DUPLICATE: 5,
    Fault.DELAYED: 4,
    Fault.REQUEST_TRUNCATED: 2,
    Fault.REPLY_TRUNCATED: 3,
    Fault.FOREIGN_PAGE: 1,
    Fault.FAILED: 2,
    Fault.BUSY: 2,
    Fault.TOO_MANY: 2,
    Fault.SLOW: 2,
    Fault.SERVER_KILLED: 4,
    Fault.SERVER_KILLED_AFTER: 3,
    Fault.MEANWHILE: 12,
}


DISASTERS = (
    "back_up_the_server",
    "restore_the_server",
    "copy_a_folder",
    "keep_a_folder",
    "put_a_folder_back",
    "lose_a_device",
    "revoke_a_device",
    "join_a_device",
    "build_snapshots",
)


@dataclass(slots=True)
class Weather:
    """The faults of one seed.

    Attributes:
        trouble: the share of requests that something happens to.
        kinds: what may happen, with its weight.
        disasters: which of ``steps.DISASTERS`` may be drawn.
        deaths: the share of a device's steps in which it dies.
        is_calm: nothing happens any more.
    """

    trouble: float = 0.0
    kinds: dict[Fault, int] = field(default_factory=dict)
    deaths: float = 0.0
    disasters: frozenset[str] = frozenset()
    is_calm: bool = False

    @classmethod
    def drawn(cls, dice: random.Random) -> Weather:
        """A seed's weather: calm days, bad lines, mean days; each kind of fault is left out of half of the seeds."""
        kinds = {fault: odds for fault, odds in _ODDS.items() if dice.random() < 0.6}
        return cls(
            trouble=dice.choice((0.0, 0.08, 0.2, 0.35)),
            kinds=kinds or {Fault.REPLY_LOST: 1},
            deaths=dice.choice((0.0, 0.05, 0.15, 0.3)),
            disasters=frozenset(name for name in DISASTERS if dice.random() < 0.35),
        )

    def fault(self, dice: random.Random) -> Fault:
        """What happens to the next request."""
        if self.is_calm or dice.random() >= self.trouble:
            return Fault.NONE
        return dice.choices(list(self.kinds), list(self.kinds.values()))[0]
