"""The office's list of customers, and one customer's card."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, or_, select

from desktop.replica.queries.same_person import hidden_behind, merged_with, survivors
from shared.customers.matching import Address, addresses_of
from shared.errors import UserError
from shared.schema.people import Customer
from shared.schema.sales import Sale
from shared.schema.stores import Store


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One row of the list."""

    id: uuid.UUID
    number: str
    name: str
    email: str
    phone: str
    points: int
    store_name: str
    is_archived: bool


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """One person, with what all their profiles have.

    The last visit is UTC microseconds, spending in minor units per currency of the sales held here.
    """

    id: uuid.UUID
    store_id: uuid.UUID
    number: str
    name: str
    email: str
    phone: str
    note: str
    may_send_offers: bool
    consent_evidence: str
    points: int
    is_archived: bool
    visits: int
    last_visit_at: int | None
    spent: tuple[tuple[str, int], ...]
    addresses: tuple[str, ...] = ()
    created_at: int = 0


def customer_ids(connection: Connection, text: str = "", *, with_archived: bool = False) -> list[uuid.UUID]:
    """The customers whose name holds every word, or whose number, e-mail or phone holds the text; by name.

    Profiles that are one person are found as that person, once.
    """
    query = select(Customer.id)
    if not with_archived:
        query = query.where(~Customer.is_archived)
    wanted = text.strip()
    if wanted:
        lowered = func.lower(Customer.name)
        named = [lowered.contains(word.lower(), autoescape=True) for word in wanted.split()]
        whole = or_(
            Customer.number.contains(wanted, autoescape=True),
            func.lower(Customer.email).contains(wanted.lower(), autoescape=True),
            Customer.phone.contains(wanted, autoescape=True),
        )
        by_name = named[0]
        for condition in named[1:]:
            by_name &= condition
        query = query.where(or_(by_name, whole))
    found = connection.execute(query.order_by(func.lower(Customer.name), Customer.id)).scalars().all()
    hidden = hidden_behind(connection)
    if not hidden:
        return list(found)
    if not wanted:
        return [each for each in found if each not in hidden]
    return list(dict.fromkeys(hidden.get(each, each) for each in found))


def customer_rows(connection: Connection, ids: Sequence[uuid.UUID]) -> list[CustomerRow | None]:
    """The cells of some customers in the order asked for; None where one left the device meanwhile."""
    found = connection.execute(
        select(
            Customer.id,
            Customer.number,
            Customer.name,
            Customer.email,
            Customer.phone,
            Customer.points,
            func.coalesce(Store.name, ""),
            Customer.is_archived,
        )
        .outerjoin(Store, Store.id == Customer.store_id)
        .where(Customer.id.in_(ids))
    )
    rows = {row[0]: CustomerRow(*row) for row in found}
    for person, group in merged_with(connection, ids).items():
        if person in rows:
            rows[person] = replace(rows[person], points=_points(connection, group))
    return [rows.get(customer_id) for customer_id in ids]


def _points(connection: Connection, ids: Collection[uuid.UUID]) -> int:
    total = select(func.coalesce(func.sum(Customer.points), 0)).where(Customer.id.in_(list(ids)))
    return connection.execute(total).scalar_one()


def count_customers(connection: Connection) -> int:
    """How many people this device holds, archived ones left out."""
    profiles = connection.execute(select(func.count()).select_from(Customer).where(~Customer.is_archived)).scalar_one()
    behind = list(hidden_behind(connection))
    if not behind:
        return profiles
    query = select(func.count()).select_from(Customer).where(Customer.id.in_(behind), ~Customer.is_archived)
    return profiles - connection.execute(query).scalar_one()


def customer_card(connection: Connection, customer_id: uuid.UUID) -> CustomerCard:
    """One person: the profile that stands for this customer, with the points and sales of all of them.

    Raises:
        UserError: ``customer_unknown``.
    """
    person = survivors(connection, [customer_id]).get(customer_id, customer_id)
    group = merged_with(connection, [person]).get(person, frozenset({person}))
    card = profile_card(connection, person, group)
    return card if len(group) == 1 else replace(card, points=_points(connection, group))


def profile_card(connection: Connection, customer_id: uuid.UUID, sales_of: Collection[uuid.UUID] = ()) -> CustomerCard:
    """One profile by itself, with its own sales or those of the customers named.

    Raises:
        UserError: ``customer_unknown``.
    """
    row = (
        connection.execute(
            select(
                Customer.id,
                Customer.store_id,
                Customer.number,
                Customer.name,
                Customer.email,
                Customer.phone,
                Customer.note,
                Customer.may_send_offers,
                Customer.consent_evidence,
                Customer.points,
                Customer.is_archived,
                Customer.addresses,
                Customer.created_at,
            ).where(Customer.id == customer_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise UserError("customer_unknown", "This customer is no longer on this device. Choose another one.")
    bought = connection.execute(
        select(Sale.currency, func.count(), func.max(Sale.sealed_at), func.sum(Sale.total))
        .where(Sale.customer_id.in_(list(sales_of) or [customer_id]))
        .group_by(Sale.currency)
    ).all()
    lines = (", ".join(part for part in (each.street, each.city, each.postcode) if part) for each in _addresses(row))
    known: dict[str, Any] = {**row, "addresses": tuple(lines)}
    return CustomerCard(
        **known,
        visits=sum(each[1] for each in bought),
        last_visit_at=max((each[2] for each in bought), default=None),
        spent=tuple((each[0], each[3]) for each in bought),
    )


def _addresses(row: Mapping[Any, Any]) -> tuple[Address, ...]:
    return addresses_of(row["addresses"])


def profiles_numbered(connection: Connection, number: str) -> list[uuid.UUID]:
    """The profiles with exactly this number, merged ones too, the one made first before the others."""
    query = select(Customer.id).where(Customer.number == number).order_by(Customer.created_at, Customer.id)
    return list(connection.execute(query).scalars())


def taken_numbers(connection: Connection, prefix: str) -> list[str]:
    """The customer numbers that begin so."""
    query = select(Customer.number).where(Customer.number.startswith(prefix, autoescape=True))
    return list(connection.execute(query).scalars())
