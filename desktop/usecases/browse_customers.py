"""What the office sees of customers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.replica.queries.customer_list import (
    CustomerCard,
    CustomerRow,
    count_customers,
    customer_card,
    customer_ids,
    customer_rows,
)
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import amount_text, moment_text
from desktop.usecases.same_person import PairView, pairs_about
from shared.money import currency
from shared.permissions import Permission


@dataclass(frozen=True, slots=True)
class CustomerList:
    """The customers to show, by name, and how many there are in all."""

    ids: Sequence[uuid.UUID]
    total: int


@dataclass(frozen=True, slots=True)
class CustomerPanel:
    """One person with what was bought, in words: ``12 visits, last 18 Nov 14:07 · 310.20 GBP``.

    Attributes:
        pairs: other profiles that may be the same person, and those that are.
    """

    card: CustomerCard
    bought: str
    pairs: tuple[PairView, ...] = ()


def list_customers(desk: Desk, text: str = "", *, with_archived: bool = False) -> CustomerList:
    """The customers that fit. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        found = customer_ids(connection, text, with_archived=with_archived)
        return CustomerList(found, count_customers(connection))


def customer_lines(desk: Desk, ids: Sequence[uuid.UUID]) -> list[CustomerRow | None]:
    """The cells of some customers in the order asked for; None where one left the device."""
    with desk.replica.read() as connection:
        return customer_rows(connection, ids)


def show_customer(desk: Desk, customer_id: uuid.UUID) -> CustomerPanel:
    """One customer. Raises ``UserError`` ``not_allowed``, ``customer_unknown``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        card = customer_card(connection, customer_id)
        pairs = pairs_about(desk, connection, card.id)
    if not card.visits or card.last_visit_at is None:
        return CustomerPanel(card, "Nothing bought yet in what this device holds", pairs)
    visits = "1 visit" if card.visits == 1 else f"{card.visits:,} visits"
    last = moment_text(desk.local(card.last_visit_at), desk.today())
    spent = " + ".join(f"{amount_text(amount, currency(code))} {code}" for code, amount in card.spent)
    return CustomerPanel(card, f"{visits}, last {last} · {spent}", pairs)
