"""Stock movements: the ledger of what comes and goes. Quantities in integer thousandths of the variant's unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class MovementReason(StrEnum):
    """Why stock moved."""

    SALE = "sale"
    RETURN = "return"
    RECEIPT = "receipt"
    """Goods came in from a supplier."""
    WRITE_OFF = "write_off"
    FOUND = "found"
    ADJUSTMENT = "adjustment"
    COUNT = "count"
    """A count told what is really there."""
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    WEB_ORDER = "web_order"
    DAMAGE = "damage"
    """What is on hand can no longer be sold."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of what is on hand.

    Attributes:
        variant_id: what moved.
        quantity: thousandths, negative out of the store.
        reason: why.
        source_line_id: the line of the sale or order it comes from; one line moves stock once.
        damaged: thousandths of ``quantity`` that are damaged: on hand, not for sale.
    """

    variant_id: UUID
    quantity: int
    reason: MovementReason
    source_line_id: UUID | None = None
    damaged: int = 0


class SoldLine(Protocol):
    """What a sealed line says about stock; ``shared.sales.SealedLine`` and the stored row both do."""

    @property
    def id(self) -> UUID:
        """The line."""
        ...

    @property
    def variant_id(self) -> UUID | None:
        """The variant; None for what is not in the catalogue."""
        ...

    @property
    def kind(self) -> str:
        """``goods`` or ``service``."""
        ...

    @property
    def quantity(self) -> int:
        """Thousandths sold; negative for what came back."""
        ...

    @property
    def disposition(self) -> str:
        """Where returned goods go: ``restock``, ``damaged`` or ``none``."""
        ...

    @property
    def removed_at(self) -> int | None:
        """When the line was struck through."""
        ...


def movements_of_sale(lines: Iterable[SoldLine]) -> tuple[Movement, ...]:
    """The movements of a sealed sale, one for each line that moves stock, in order of the lines.

    Services, struck-through lines and what is not in the catalogue move nothing; neither do returned goods that do not
    come back into the store. Returned damaged goods are on hand, and damaged.
    """
    return tuple(movement for line in lines if (movement := _movement_of(line)) is not None)


def _movement_of(line: SoldLine) -> Movement | None:
    """The movement of one line, if it moves stock."""
    if line.variant_id is None or line.kind != "goods" or line.removed_at is not None or line.quantity == 0:
        return None
    if line.quantity > 0:
        return Movement(line.variant_id, -line.quantity, MovementReason.SALE, line.id)
    if line.disposition == "none":
        return None
    damaged = -line.quantity if line.disposition == "damaged" else 0
    return Movement(line.variant_id, -line.quantity, MovementReason.RETURN, line.id, damaged)
