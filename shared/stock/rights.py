"""What the web may promise of a store that is not heard, and how long a store counts as heard.

While a store is heard its **lease** is in force and everything available may be promised. When the lease has lapsed the
store may be selling what nobody sees: then the web promises only from **rights**, a fixed share of what was available,
and gets no new ones until the store is back with all it sold. The server and the tills use these very rules, and so
does the simulator. Rights of this kind are O'Neil's escrow (The Escrow Transactional Method, TODS 11(4), 1986) on the
side of the promises only: goods in a customer's hands are a fact.

Quantities are integer thousandths, instants and spans UTC microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from shared.stock.level import Level

WEB_SHARE_PERCENT = 30
_ALL_PERCENT = 100
"""What of the available stock the web may promise of a store that is not heard, where nothing else is set."""

_MINUTE = 60 * MICROSECONDS_PER_SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How long a word of a till is good for.

    Attributes:
        lease_us: while its shift is open.
        rest_us: after it closed its shift with nothing left to send: it sells nothing until it opens again.
        counts_us: a till not heard for so long no longer keeps the others of its store from renewing the lease.
    """

    lease_us: int = 15 * _MINUTE
    rest_us: int = 12 * _HOUR
    counts_us: int = 3 * _DAY


@dataclass(frozen=True, slots=True)
class TillWord:
    """The last word of one till: when the server heard it, how many mutations it still held, whether it rests."""

    heard_at: int
    waiting: int = 0
    is_at_rest: bool = False


def lease_until(words: Sequence[TillWord], terms: LeaseTerms, *, standing_until: int | None, now: int) -> int | None:
    """Until when a store counts as heard, from the last words of all its tills.

    Every till that counts must have been heard with nothing left to send; one that still holds sales renews nothing.
    A store of which no till is heard keeps what it had, so that silence alone never gives new rights.

    Args:
        words: one of each till that was ever heard and may still sync.
        terms: how long a word is good for.
        standing_until: until when the lease stood before; None where there was none.
        now: the server's clock.

    Returns:
        None for a store without tills: nothing is sold there unseen, so it needs no lease.
    """
    if not words:
        return None
    counting = [word for word in words if now - word.heard_at <= terms.counts_us]
    standing = standing_until or 0
    if not counting:
        return standing
    good = [
        standing if word.waiting else word.heard_at + (terms.rest_us if word.is_at_rest else terms.lease_us)
        for word in counting
    ]
    return max(min(good), standing)


def web_share_of(of_store: object, of_chain: object) -> int:
    """What the web may promise of a store that is not heard, in per cent: as the store has it set, else the chain.

    A setting that is no whole number from 0 to 100 counts for nothing. Tills and the server go by the same rule.
    """
    fitting = (each for each in (of_store, of_chain) if type(each) is int and 0 <= each <= _ALL_PERCENT)
    return next(fitting, WEB_SHARE_PERCENT)


def rights_of(available: int, web_share_percent: int) -> int:
    """What the web may still promise of a store once its lease has lapsed: a share of what was available, floored."""
    return max(available, 0) * web_share_percent // 100


def may_promise(quantity: int, available: int, rights_left: int | None) -> bool:
    """Whether a promise can be given: from what is available, and from what rights are left where they are counted.

    ``rights_left`` is None while the store's lease is in force. The server says the same in one SQL statement.
    """
    return 0 < quantity <= (available if rights_left is None else min(available, rights_left))


@dataclass(frozen=True, slots=True)
class CounterStock:
    """What a till may take from the shelf without touching what the web was promised or may promise.

    Attributes:
        on_shelf: what can be sold by the books, promised or not.
        promised: what orders hold.
        rights: what the web may still promise while this store is not heard; nothing while it is.
    """

    on_shelf: int
    promised: int
    rights: int

    @property
    def free(self) -> int:
        """What nobody far away was or may be promised; below nothing where promises are short already."""
        return self.on_shelf - self.promised - self.rights

    def taken_from_web(self, quantity: int) -> int:
        """How much of a sale of ``quantity`` comes out of what is held for the web; never a reason to refuse it."""
        if quantity <= 0:
            return 0
        return min(quantity, self.promised + self.rights, max(0, quantity - max(self.free, 0)))


def counter_stock(pulled: Level, own_movements: int, *, is_heard: bool, web_share_percent: int) -> CounterStock:
    """The stock behind the counter as a till knows it.

    Args:
        pulled: the level as the server last sent it; the rights are a share of what was available then.
        own_movements: what this till moved since, negative for what it sold.
        is_heard: whether the till is connected; if not, the server may have begun to promise from rights.
        web_share_percent: the chain's setting.
    """
    now = pulled.on_hand + own_movements
    rights = 0 if is_heard else rights_of(pulled.available, web_share_percent)
    return CounterStock(now - pulled.damaged - pulled.in_quality_control, pulled.reserved, rights)
