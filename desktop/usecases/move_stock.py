"""Goods come in, are written off, turn up, or are put right: one movement in the ledger, always with a reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from desktop.replica.changes import Changes
from desktop.replica.queries.goods import goods_by_variant
from desktop.replica.queries.stock_now import StockNow, store_stock
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk, checked_text
from shared.errors import UserError
from shared.limits import QUANTITY_MAX_THOUSANDTHS, TEXT_MAX_CHARACTERS
from shared.permissions import Permission
from shared.stock import MovementReason

SIGN_BY_REASON = {
    MovementReason.RECEIPT: 1,
    MovementReason.WRITE_OFF: -1,
    MovementReason.FOUND: 1,
    MovementReason.ADJUSTMENT: 0,
    MovementReason.COUNT: 0,
}
"""The reasons a person may give: +1 adds, −1 takes away, 0 goes by the sign typed (a count: by the difference)."""

WORDS_BY_REASON = {
    MovementReason.SALE: "Sold",
    MovementReason.RETURN: "Came back",
    MovementReason.RECEIPT: "Received",
    MovementReason.WRITE_OFF: "Written off",
    MovementReason.FOUND: "Found",
    MovementReason.ADJUSTMENT: "Put right",
    MovementReason.COUNT: "Counted",
    MovementReason.TRANSFER_IN: "Came from another store",
    MovementReason.TRANSFER_OUT: "Went to another store",
    MovementReason.WEB_ORDER: "Web order",
    MovementReason.DAMAGE: "Damaged",
}
MEANING_BY_REASON = {
    MovementReason.RECEIPT: "Goods came in from a supplier. Raises what is on hand.",
    MovementReason.WRITE_OFF: "Broken, spoiled, stolen or used in the shop. Lowers what is on hand; counts as a loss.",
    MovementReason.FOUND: "Turned up again. Raises what is on hand.",
    MovementReason.ADJUSTMENT: "The figure was wrong. Type the change, with a minus to lower it.",
    MovementReason.COUNT: "You counted it. Type what is there; the difference is booked.",
}


@dataclass(frozen=True, slots=True)
class CountSheet:
    """What the books said when somebody began to count: ``on_hand`` (thousandths) at ``ledger_position``.

    What is counted is held against this and not against what the books say once it is typed in: goods that were sold
    or came in meanwhile are in the ledger by themselves, so counting while selling is exact.
    """

    store_id: uuid.UUID
    variant_id: uuid.UUID
    on_hand: int
    ledger_position: int


@dataclass(frozen=True, slots=True)
class NewMovement:
    """A movement to be; ``quantity`` in thousandths: positive but for adjustments; for a count, what is there."""

    variant_id: uuid.UUID
    quantity: int
    reason: MovementReason
    store_id: uuid.UUID | None = None
    """None: the store this device stands in."""
    note: str = ""
    sheet: CountSheet | None = None
    """For a count: from when it was begun. None: it is held against what the books say now."""


def begin_count(desk: Desk, variant_id: uuid.UUID, store_id: uuid.UUID | None = None) -> CountSheet:
    """Begin to count a product: the books as they stand now. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    store = store_id or desk.facts.store.id
    with desk.replica.read() as connection:
        standing = store_stock(connection, store, [variant_id]).get(variant_id, StockNow())
    return CountSheet(store, variant_id, standing.on_hand, standing.ledger_position)


def move_stock(desk: Desk, movement: NewMovement) -> Changes:
    """Book it; the stock shown here follows at once, the server's level after the next contact.

    A count is kept also where it finds what the books say: with what was there, and the level it was held against.

    Raises:
        UserError: ``not_allowed``, ``product_unknown``, ``service_has_no_stock``, ``reason_unknown``,
            ``quantity_invalid``, ``quantity_too_large``, ``text_too_long``.
    """
    desk.require(Permission.MOVE_STOCK)
    store_id = movement.store_id or desk.facts.store.id
    with desk.replica.write() as work:
        _check_goods(work, movement.variant_id)
        change, held_against = _change(work, movement, store_id)
        number = work.record(
            "stock_movement",
            {
                "id": work.ids.new(),
                "store_id": store_id,
                "variant_id": movement.variant_id,
                "quantity": change,
                "reason": str(movement.reason),
                "at": work.clock.now(),
                "business_date": desk.today(),
                "device_id": desk.facts.identity.device_id,
                "user_id": desk.person.id,
                "note": checked_text(movement.note, "note", TEXT_MAX_CHARACTERS),
                "counted": None if held_against is None else movement.quantity,
                "counted_at_position": held_against,
            },
        )
        if change:
            work.expect_stock(number, [(store_id, movement.variant_id, change)])
        return work.changes()


def _check_goods(work: UnitOfWork, variant_id: uuid.UUID) -> None:
    goods = goods_by_variant(work.connection, variant_id)
    if goods is None:
        raise UserError("product_unknown", "This product is no longer there. Choose another one.")
    if goods.kind != "goods":
        raise UserError("service_has_no_stock", f"“{goods.name}” is a service and has no stock.", sku=goods.sku)


def _change(work: UnitOfWork, movement: NewMovement, store_id: uuid.UUID) -> tuple[int, int | None]:
    """By how much it changes what is on hand; for a count also the ledger position of what it was held against."""
    sign = SIGN_BY_REASON.get(movement.reason)
    if sign is None:
        raise UserError("reason_unknown", "Choose why the stock moves.", reason=str(movement.reason))
    if abs(movement.quantity) > QUANTITY_MAX_THOUSANDTHS:
        raise UserError("quantity_too_large", "That quantity is too large. Check what was typed.")
    if movement.reason is MovementReason.COUNT:
        if movement.quantity < 0:
            raise UserError("quantity_invalid", "A count cannot be below nothing. Type what is there.")
        sheet = movement.sheet
        if sheet is not None and (sheet.store_id, sheet.variant_id) == (store_id, movement.variant_id):
            return movement.quantity - sheet.on_hand, sheet.ledger_position
        standing = store_stock(work.connection, store_id, [movement.variant_id]).get(movement.variant_id, StockNow())
        return movement.quantity - standing.on_hand, standing.ledger_position
    if movement.quantity == 0 or (sign and movement.quantity < 0):
        raise UserError("quantity_invalid", "Type how much, more than nothing.")
    return movement.quantity * (sign or 1), None
