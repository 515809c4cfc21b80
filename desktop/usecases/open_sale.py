"""The sale being rung up: basket, payments taken so far, the chosen line, and what stands in the way.

``OpenSale`` is a value; every step makes a new one. ``save_sale`` writes only what a step changed: a scan is one small
row. ``load_sale`` gives back exactly what was saved, which is how a crash comes back to where it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from desktop.replica.repositories.open_basket import delete_lines, load_basket, save_header, save_line
from desktop.usecases.basket_record import Record, basket_head_record, line_record, read_basket, read_line
from shared.money import Money
from shared.sales.basket import Basket, BasketLine
from shared.sales.settlement import Tender

if TYPE_CHECKING:
    from desktop.replica.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TakenTender:
    """A payment taken; ``id`` becomes the sealed tender's id and was the terminal's payment id."""

    id: uuid.UUID
    tender: Tender


@dataclass(frozen=True, slots=True)
class PendingPayment:
    """A payment the terminal was asked for and has not answered; it must be asked about before anything else."""

    id: uuid.UUID
    method: str
    amount: Money


@dataclass(frozen=True, slots=True)
class OpenSale:
    """Everything a crash must bring back.

    Attributes:
        selected: the line keys act on; None is the last one that stands.
        refusal: a sentence that stays on the screen until it is dismissed or the next scan succeeds.
        blocks_payment: whether the refusal must be dealt with before a payment.
    """

    basket: Basket
    tenders: tuple[TakenTender, ...] = ()
    selected: uuid.UUID | None = None
    pending: PendingPayment | None = None
    refusal: str = ""
    blocks_payment: bool = False

    def with_basket(self, basket: Basket, selected: uuid.UUID | None = None) -> OpenSale:
        """The sale with a changed basket; the refusal was dealt with by going on."""
        return replace(self, basket=basket, selected=selected, refusal="", blocks_payment=False)

    def selected_line(self) -> BasketLine | None:
        """The line keys act on; None in an empty basket."""
        standing = self.basket.active_lines
        if not standing:
            return None
        return next((line for line in standing if line.id == self.selected), standing[-1])

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was rung up, not even a line that was struck through, and no customer was named."""
        basket = self.basket
        return not (basket.lines or self.tenders or basket.customer_id or basket.customer_reference)


def load_sale(stored_from: Any, fresh: Basket) -> OpenSale:
    """What was saved last; a sale with the ``fresh`` basket where nothing was.

    Args:
        stored_from: a connection on the replica.
        fresh: the basket to begin with.
    """
    stored = load_basket(stored_from)
    if not stored.header:
        return OpenSale(fresh)
    header: Mapping[str, Any] = stored.header
    lines = tuple(read_line(line_id, record, fresh.currency) for line_id, record in stored.lines)
    basket = read_basket(header["basket"], lines)
    pending = header["pending"]
    return OpenSale(
        basket=basket,
        tenders=tuple(_read_tender(record, basket) for record in header["tenders"]),
        selected=None if header["selected"] is None else uuid.UUID(header["selected"]),
        pending=None if pending is None else _read_pending(pending, basket),
        refusal=header["refusal"],
        blocks_payment=header["blocks_payment"],
    )


def save_sale(work: UnitOfWork, before: OpenSale, after: OpenSale) -> None:
    """Write what differs between two states of the sale in the given transaction."""
    head = _header(after)
    if head != _header(before) or not before.basket.lines:
        save_header(work.connection, head, work.clock.now())
    known = {line.id: line for line in before.basket.lines}
    if before.basket.id != after.basket.id or not known.keys() <= {line.id for line in after.basket.lines}:
        delete_lines(work.connection)
        known = {}
    for line in after.basket.lines:
        if known.get(line.id) is not line and known.get(line.id) != line:
            save_line(work.connection, line.id, line.number, line_record(line))


def _header(sale: OpenSale) -> Record:
    return {
        "basket": basket_head_record(sale.basket),
        "tenders": [
            {
                "id": str(taken.id),
                "method": taken.tender.method,
                "amount": taken.tender.amount.amount,
                "reference": dict(taken.tender.reference),
            }
            for taken in sale.tenders
        ],
        "selected": None if sale.selected is None else str(sale.selected),
        "pending": None
        if sale.pending is None
        else {
            "id": str(sale.pending.id),
            "method": sale.pending.method,
            "amount": sale.pending.amount.amount,
        },
        "refusal": sale.refusal,
        "blocks_payment": sale.blocks_payment,
    }


def _read_tender(record: Mapping[str, Any], basket: Basket) -> TakenTender:
    amount = Money(record["amount"], basket.currency)
    return TakenTender(uuid.UUID(record["id"]), Tender(record["method"], amount, record["reference"]))


def _read_pending(record: Mapping[str, Any], basket: Basket) -> PendingPayment:
    return PendingPayment(uuid.UUID(record["id"]), record["method"], Money(record["amount"], basket.currency))
