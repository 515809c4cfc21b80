"""The office's list of customers, and one customer's card."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

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
    """One customer; the last visit is UTC microseconds, spending in minor units per currency of the sales held here."""

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


def customer_ids(connection: Connection, text: str = "", *, with_archived: bool = False) -> list[uuid.UUID]:
    """The customers whose name holds every word, or whose number, e-mail or phone holds the text; by name."""
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
    return list(connection.execute(query.order_by(func.lower(Customer.name), Customer.id)).scalars())


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
    return [rows.get(customer_id) for customer_id in ids]


def count_customers(connection: Connection) -> int:
    """How many customers this device holds, archived ones left out."""
    return connection.execute(select(func.count()).select_from(Customer).where(~Customer.is_archived)).scalar_one()


def customer_card(connection: Connection, customer_id: uuid.UUID) -> CustomerCard:
    """One customer.

    Raises:
        UserError: ``customer_unknown``.
    """
    row = connection.execute(
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
        ).where(Customer.id == customer_id)
    ).first()
    if row is None:
        raise UserError("customer_unknown", "This customer is no longer on this device. Choose another one.")
    bought = connection.execute(
        select(Sale.currency, func.count(), func.max(Sale.sealed_at), func.sum(Sale.total))
        .where(Sale.customer_id == customer_id)
        .group_by(Sale.currency)
    ).all()
    return CustomerCard(
        *row,
        visits=sum(each[1] for each in bought),
        last_visit_at=max((each[2] for each in bought), default=None),
        spent=tuple((each[0], each[3]) for each in bought),
    )


def taken_numbers(connection: Connection, prefix: str) -> list[str]:
    """The customer numbers that begin so."""
    query = select(Customer.number).where(Customer.number.startswith(prefix, autoescape=True))
    return list(connection.execute(query).scalars())
