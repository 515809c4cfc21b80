"""A price change is a new price row that holds from a day on; nothing is overwritten, so the past stays what it was."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from desktop.replica.changes import Changes
from desktop.replica.queries.product_card import PriceOnFile, prices_on_file
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk
from shared.errors import UserError
from shared.money import UnitPrice
from shared.permissions import Permission

SELLING, COST = "selling", "cost"
KINDS = (SELLING, COST)


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to be. Days are the store's local ones; ``valid_to`` is the first day on which it no longer holds.

    Attributes:
        unit_price: per unit of the variant; a selling price as its list has it, a cost without tax.
        valid_from: None: today.
        min_quantity: thousandths from which it holds.
        price_list_id: None: the list of the store this device stands in.
    """

    variant_id: uuid.UUID
    unit_price: UnitPrice
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    min_quantity: int = 0
    kind: str = SELLING
    price_list_id: uuid.UUID | None = None


def add_price(desk: Desk, price: NewPrice) -> Changes:
    """Append a price; one that was made for the same day before it is withdrawn in the same step.

    Raises:
        UserError: ``not_allowed``, ``price_negative``, ``price_from_past``, ``price_period_empty``,
            ``price_list_missing``, ``field_invalid``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_PRICES)
    with desk.replica.write() as work:
        append_price(desk, work, price)
        return work.changes()


def append_price(desk: Desk, work: UnitOfWork, price: NewPrice) -> None:
    """The same within a running step. Raises as ``add_price``."""
    valid_from = price.valid_from or desk.today()
    price_list_id = price.price_list_id or desk.facts.price_list()
    _check(desk, price, valid_from)
    standing = _same_slot(work, price, price_list_id, valid_from)
    if any(row.micro == price.unit_price.micro and row.valid_to == price.valid_to for row in standing):
        return
    for row in standing:
        work.edit("price", row.id, {"state": "withdrawn"}, edited_by=desk.who)
    work.create(
        "price",
        {
            "id": work.ids.new(),
            "price_list_id": price_list_id,
            "variant_id": price.variant_id,
            "kind": price.kind,
            "unit_price_micro": price.unit_price.micro,
            "min_quantity": price.min_quantity,
            "valid_from": valid_from,
            "valid_to": price.valid_to,
            "created_at": work.clock.now(),
            "created_by": desk.who,
        },
    )


def withdraw_price(desk: Desk, price_id: uuid.UUID) -> Changes:
    """Take back a price that has not begun yet, or end one that should never have been.

    Raises:
        UserError: ``not_allowed``, ``record_unknown``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_PRICES)
    with desk.replica.write() as work:
        work.edit("price", price_id, {"state": "withdrawn"}, edited_by=desk.who)
        return work.changes()


def _same_slot(work: UnitOfWork, price: NewPrice, price_list_id: uuid.UUID, valid_from: dt.date) -> list[PriceOnFile]:
    return [
        row
        for row in prices_on_file(work.connection, price.variant_id)
        if (row.price_list_id, row.kind, row.min_quantity, row.valid_from)
        == (price_list_id, price.kind, price.min_quantity, valid_from)
        and row.state == "active"
    ]


def _check(desk: Desk, price: NewPrice, valid_from: dt.date) -> None:
    if price.kind not in KINDS:
        raise UserError("field_invalid", "A price is a selling price or a cost.", field="kind")
    if price.unit_price.micro < 0:
        raise UserError("price_negative", "A price cannot be below nothing. Type it without a minus.")
    if valid_from < desk.today():
        raise UserError(
            "price_from_past",
            "A price cannot begin in the past: what was sold was sold. Choose today or a later day.",
            valid_from=valid_from.isoformat(),
        )
    if price.valid_to is not None and price.valid_to <= valid_from:
        raise UserError("price_period_empty", "The price would end before it begins. Choose a later last day.")
