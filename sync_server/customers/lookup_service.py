"""Looking a customer up in the whole chain from a till: by what is exactly theirs, one at a time, and on record.

Whoever is found is pinned to the device's store, so that the profile comes down with the next pull and the sale is made
from the replica like any other. Names cannot be looked up: a till must not be a directory of the chain's customers.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from shared.clock import MICROSECONDS_PER_SECOND
from shared.customers.contact_keys import email_key, phone_key
from shared.customers.matching import Profile
from sync_server.customers import known_store_service, lookup_repository, same_person_service
from sync_server.db.sessions import Connection
from sync_server.errors import TooMany, Unprocessable

LOOKUPS_PER_MINUTE = 12
_MINUTE_US = 60 * MICROSECONDS_PER_SECOND


class By(StrEnum):
    """What a customer is looked up by."""

    CARD = "card"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Looked:
    """Who was found: the one customer, or nobody; ``count`` where several answer, who are told apart by their card."""

    count: int
    customer_id: uuid.UUID | None = None
    number: str = ""


def look_up(
    connection: Connection, device_id: uuid.UUID, store_id: uuid.UUID, by: By, given: str, *, now: int
) -> Looked:
    """Find the customer whose card, e-mail address or telephone number this is, and let the store know them.

    Args:
        connection: the transaction.
        device_id: whose look-up it is.
        store_id: the device's store.
        by: what ``given`` is.
        given: as it was typed.
        now: the server's clock, UTC microseconds.

    Raises:
        Unprocessable: ``lookup_empty`` for what is no card number, address or number.
        TooMany: ``lookups_too_many``.
    """
    if lookup_repository.count_since(connection, device_id, now - _MINUTE_US) >= LOOKUPS_PER_MINUTE:
        raise TooMany("lookups_too_many", "This device looked up many customers just now. Wait a minute.")
    wanted = _key(by, given)
    if not wanted:
        raise Unprocessable("lookup_empty", "Type the whole card number, e-mail address or telephone number.")
    alike = same_person_service.customers_like(connection, _profile(by, wanted))
    found = [each for each in alike if not each.is_archived and _key(by, _value(by, each.profile)) == wanted]
    people = sorted({same_person_service.survivor_of(connection, each.id) for each in found})
    only = same_person_service.customer(connection, people[0]) if len(people) == 1 else None
    lookup_repository.note(connection, device_id, by.value, None if only is None else only.id, at=now)
    if only is None:
        return Looked(len(people))
    known_store_service.pin(connection, only.id, store_id, now=now)
    return Looked(1, only.id, only.profile.number)


def _profile(by: By, text: str) -> Profile:
    match by:
        case By.CARD:
            return Profile("", number=text)
        case By.EMAIL:
            return Profile("", email=text)
        case By.PHONE:
            return Profile("", phone=text)


def _value(by: By, profile: Profile) -> str:
    return {By.CARD: profile.number, By.EMAIL: profile.email, By.PHONE: profile.phone}[by]


def _key(by: By, text: str) -> str:
    match by:
        case By.CARD:
            return text.strip()
        case By.EMAIL:
            return email_key(text)
        case By.PHONE:
            return phone_key(text)
