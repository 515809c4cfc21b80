"""Customers as the till finds them: by number, phone or name; profiles of one person as that person."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, Select, func, or_, select

from desktop.replica.queries.same_person import merged_with, survivors
from shared.customers import phone_key
from shared.schema.people import Customer


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer's card in short; the points of all profiles that are this person."""

    id: uuid.UUID
    number: str
    name: str
    phone: str
    points: int


def buyer_by_id(connection: Connection, customer_id: uuid.UUID) -> Buyer | None:
    """The customer with this id; None if this replica does not hold it."""
    found = _people(connection, [customer_id])
    return found[0] if found else None


def buyers_by_number(connection: Connection, number: str) -> list[Buyer]:
    """The customers with this card number; more than one where the same person was made twice offline."""
    chosen = select(Customer.id).where(Customer.number == number, ~Customer.is_archived)
    return _people(connection, connection.execute(chosen.order_by(Customer.created_at, Customer.id)).scalars().all())


def buyers_like(connection: Connection, text: str, limit: int) -> list[Buyer]:
    """Customers whose number begins with, whose name holds every word of, or whose phone ends with ``text``."""
    words = [word.casefold() for word in text.split()]
    phone = phone_key(text)
    ways = [Customer.number.startswith(text, autoescape=True)]
    if words:
        lowered = func.lower(Customer.name)
        all_words = lowered.contains(words[0], autoescape=True)
        for word in words[1:]:
            all_words &= lowered.contains(word, autoescape=True)
        ways.append(all_words)
    if phone:
        digits = func.replace(func.replace(func.replace(Customer.phone, " ", ""), "-", ""), ".", "")
        ways.append(digits.endswith(phone, autoescape=True))
    chosen = select(Customer.id).where(~Customer.is_archived, or_(*ways))
    ids = connection.execute(chosen.order_by(Customer.name, Customer.id).limit(limit)).scalars().all()
    return _people(connection, ids)


def _people(connection: Connection, ids: Sequence[uuid.UUID]) -> list[Buyer]:
    """The people behind these profiles, each once, in the order of the profiles; unknown ones are left out."""
    stand_for = survivors(connection, ids)
    people = list(dict.fromkeys(stand_for.get(each, each) for each in ids))
    groups = merged_with(connection, people)
    profiles = {each for person in people for each in groups.get(person, {person})}
    rows = {row[0]: row for row in connection.execute(_select().where(Customer.id.in_(list(profiles))))}
    points = {person: sum(rows[each][4] for each in groups.get(person, {person}) if each in rows) for person in people}
    return [replace(_buyer(rows[person]), points=points[person]) for person in people if person in rows]


def _select() -> Select[uuid.UUID, str, str, str, int]:
    return select(Customer.id, Customer.number, Customer.name, Customer.phone, Customer.points)


def _buyer(row: Row[uuid.UUID, str, str, str, int]) -> Buyer:
    return Buyer(row[0], row[1], row[2], row[3], row[4])
