"""Naming the customer of a basket."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from desktop.replica.queries.buyers import Buyer, buyer_by_id, buyers_by_number, buyers_like
from desktop.usecases.station import Station
from desktop.usecases.till_views import CustomerMatch
from shared.customers import display_name
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS
from shared.sales import set_customer

_CARD_NUMBER_SIGNS = frozenset("-./ ")


def choose_customer(station: Station, who: str | uuid.UUID | None) -> None:
    """Sell to the customer with this id, number, phone or name; None or nothing: to nobody.

    A card number that nobody here has is kept with the sale as it is.

    Raises:
        UserError: ``customer_ambiguous`` with the matches, ``customer_unknown`` for a name nobody has.
    """
    with station.step() as step:
        station.require_selling()
        wanted = "" if who is None else str(who).strip()
        found = _find_one(step.work.connection, who if isinstance(who, uuid.UUID) else wanted)
        if found is not None:
            basket = set_customer(step.sale.basket, found.id, display_name(found.name, number=found.number))
        elif wanted and not may_be_card(wanted):
            raise UserError(
                "customer_unknown", f"No customer is called “{wanted[:40]}”. Try the number or the phone.", text=wanted
            )
        else:
            basket = set_customer(step.sale.basket, None, customer_reference=wanted)
        step.sale = replace(step.sale, basket=basket)


def find_customers(station: Station, text: str, limit: int) -> tuple[CustomerMatch, ...]:
    """Customers by number, phone or words of the name, by name. Raises ``UserError`` ``not_logged_in``."""
    station.person()
    if not text.strip():
        return ()
    with station.replica.read() as connection:
        return tuple(
            CustomerMatch(buyer.id, buyer.number, buyer.name, buyer.phone, buyer.points)
            for buyer in buyers_like(connection, text.strip(), limit)
        )


def _find_one(connection: Any, wanted: str | uuid.UUID) -> Buyer | None:
    """The one customer meant. Raises ``UserError`` ``customer_ambiguous``, ``customer_unknown``."""
    if isinstance(wanted, uuid.UUID):
        buyer = buyer_by_id(connection, wanted)
        if buyer is None:
            raise UserError("customer_unknown", "This customer is no longer here. Search again.", id=str(wanted))
        return buyer
    if not wanted:
        return None
    by_number = buyers_by_number(connection, wanted)
    if by_number:
        # Two profiles with one number are the same person, made twice offline: the older one stands.
        return by_number[0]
    matches = buyers_like(connection, wanted, 10)
    if len(matches) > 1:
        raise UserError(
            "customer_ambiguous",
            f"{len(matches)} customers answer to “{wanted[:40]}”. Choose one by number.",
            matches=[{"number": match.number, "name": match.name} for match in matches],
        )
    return matches[0] if matches else None


def may_be_card(text: str) -> bool:
    """Whether it may stand on a card: it has a digit, and only signs that card numbers have."""
    plain = all(sign.isalnum() or sign in _CARD_NUMBER_SIGNS for sign in text)
    return plain and any(sign.isdigit() for sign in text) and len(text) <= CODE_MAX_CHARACTERS
