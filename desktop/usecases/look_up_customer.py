"""Looking a customer up in the whole chain: online, by what is exactly theirs, for a store that does not know them yet.

The server keeps who asked, and from then on lets the store know whoever was found, so that the profile comes down with
the next pull and the sale is made from the replica like any other.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from desktop.replica.queries.buyers import buyer_by_id
from desktop.usecases.ports import SyncPort
from desktop.usecases.station import Station
from desktop.usecases.till_views import CustomerMatch
from shared.customers import email_key, phone_key
from shared.errors import EnvironmentFailure, UserError
from shared.limits import CODE_MAX_CHARACTERS
from shared.permissions import Permission

_PHONE_SIGNS = frozenset("+-./() ")
_OFFLINE = "The chain cannot be asked offline. A card number is kept with the sale."
_NO_LINE = frozenset({"offline", "server_unreachable"})


class LookUpBy(StrEnum):
    """What a customer is looked up by."""

    CARD = "card"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """What the server says: how many answer, and who it is where it is exactly one."""

    count: int
    customer_id: uuid.UUID | None = None


@runtime_checkable
class ChainLine(SyncPort, Protocol):
    """The part of the sync engine that a look-up uses."""

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        """Ask the server, in this thread.

        Raises:
            EnvironmentFailure: ``offline`` while switched off, ``server_unreachable``, ``server_busy`` and others.
        """
        ...

    def cycle(self) -> object:
        """Fetch what is new, in this thread. See ``SyncEngine.cycle``."""
        ...


def look_up_customer(station: Station, text: str) -> CustomerMatch:
    """The one customer of the chain with this card number, e-mail address or telephone number, fetched to this till.

    Waits for the network: call it on a worker that no sale waits for. It leaves the basket alone.

    Raises:
        UserError: ``not_logged_in``, ``not_allowed``; ``lookup_not_exact`` for a name or a piece of something;
            ``customer_unknown``; ``customer_ambiguous``.
        EnvironmentFailure: ``offline``, ``server_unreachable``, ``server_busy`` (in words for the counter), and others.
    """
    station.require(Permission.SELL)
    wanted = text.strip()
    ways = _ways(wanted)
    line = station.sync
    if not isinstance(line, ChainLine):
        raise EnvironmentFailure("offline", _OFFLINE)
    try:
        found = _asked(line, ways, wanted)
        return _fetched(station, line, found)
    except EnvironmentFailure as failure:
        raise _in_words(failure) from failure


def _ways(wanted: str) -> tuple[LookUpBy, ...]:
    """What the text may be, in the order to ask. Raises ``UserError`` ``lookup_not_exact``."""
    if email_key(wanted):
        return (LookUpBy.EMAIL,)
    has_digit = any(sign.isdigit() for sign in wanted)
    if not has_digit or "@" in wanted or len(wanted) > CODE_MAX_CHARACTERS:
        raise UserError(
            "lookup_not_exact",
            "This cannot be looked up in the chain. Type the whole card number, e-mail address or phone number.",
        )
    is_phone = bool(phone_key(wanted)) and all(sign.isdigit() or sign in _PHONE_SIGNS for sign in wanted)
    if not is_phone:
        return (LookUpBy.CARD,)
    return (LookUpBy.PHONE,) if wanted.startswith("+") else (LookUpBy.CARD, LookUpBy.PHONE)


def _asked(line: ChainLine, ways: tuple[LookUpBy, ...], wanted: str) -> uuid.UUID:
    """Whom the first way that finds anybody finds. Raises ``customer_unknown``, ``customer_ambiguous``."""
    for by in ways:
        answer = line.look_up_customer(by, wanted)
        if answer.customer_id is not None:
            return answer.customer_id
        if answer.count:
            raise UserError(
                "customer_ambiguous",
                f"{answer.count} customers of the chain share “{wanted[:40]}”. Ask for the card or the e-mail.",
                count=answer.count,
            )
    raise UserError("customer_unknown", f"Nobody in the whole chain has “{wanted[:40]}”.", text=wanted)


def _fetched(station: Station, line: ChainLine, customer_id: uuid.UUID) -> CustomerMatch:
    """The customer as this till holds them, after a pull where it does not yet."""
    known = _known(station, customer_id)
    if known is not None:
        return known
    try:
        line.cycle()
    except EnvironmentFailure:
        # What waits to be sent may be held up while everything that is new has come.
        known = _known(station, customer_id)
        if known is None:
            raise
        return known
    known = _known(station, customer_id)
    if known is None:
        raise EnvironmentFailure("server_busy", "The profile is on its way to this till.")
    return known


def _known(station: Station, customer_id: uuid.UUID) -> CustomerMatch | None:
    with station.replica.read() as connection:
        buyer = buyer_by_id(connection, customer_id)
    return None if buyer is None else CustomerMatch(buyer.id, buyer.number, buyer.name, buyer.phone, buyer.points)


def _in_words(failure: EnvironmentFailure) -> EnvironmentFailure:
    """The same failure as somebody at the counter needs it said."""
    if failure.code in _NO_LINE:
        return EnvironmentFailure(failure.code, _OFFLINE, **failure.data)
    if failure.code == "server_busy":
        return EnvironmentFailure(
            failure.code, "The server cannot look customers up just now. Ask again in a minute.", **failure.data
        )
    return failure
