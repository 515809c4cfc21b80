"""Customers as the till finds them: by number, phone or name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, func, or_, select

from shared.customers import phone_key
from shared.schema.people import Customer


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer's card in short."""

    id: uuid.UUID
    number: str
    name: str
    phone: str
    points: int


def buyer_by_id(connection: Connection, customer_id: uuid.UUID) -> Buyer | None:
    """The customer with this id; None if this replica does not hold it."""
    row = connection.execute(_select().where(Customer.id == customer_id)).first()
    return None if row is None else _buyer(row)


def buyers_by_number(connection: Connection, number: str) -> list[Buyer]:
    """The customers with this card number; more than one where the same person was made twice offline."""
    rows = connection.execute(
        _select().where(Customer.number == number, ~Customer.is_archived).order_by(Customer.created_at, Customer.id)
    )
    return [_buyer(row) for row in rows]


def buyers_like(connection: Connection, text: str, limit: int) -> list[Buyer]:
    """Customers whose number begins with, whose name holds every word of, or whose phone ends with ``text``."""
    words = [word.casefold() for word in text.split()]
    phone = phone_key(text)
    ways = [Customer.number.startswith(text, autoescape=True)]
    named = _select().where(~Customer.is_archived)
    if words:
        lowered = func.lower(Customer.name)
        all_words = lowered.contains(words[0], autoescape=True)
        for word in words[1:]:
            all_words &= lowered.contains(word, autoescape=True)
        ways.append(all_words)
    if phone:
        digits = func.replace(func.replace(func.replace(Customer.phone, " ", ""), "-", ""), ".", "")
        ways.append(digits.endswith(phone, autoescape=True))
    rows = connection.execute(named.where(or_(*ways)).order_by(Customer.name, Customer.id).limit(limit))
    return [_buyer(row) for row in rows]


def _select() -> Select[uuid.UUID, str, str, str, int]:
    return select(Customer.id, Customer.number, Customer.name, Customer.phone, Customer.points)


def _buyer(row: Row[uuid.UUID, str, str, str, int]) -> Buyer:
    return Buyer(row[0], row[1], row[2], row[3], row[4])
