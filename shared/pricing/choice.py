"""Which of several price rows holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.quantity import Quantity


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of one variant on one price list, from a local date on.

    Attributes:
        id: the row.
        price_list_id: the list it is on.
        variant_id: what it prices.
        micro: unit price in millionths of the list's currency.
        valid_from: first local date (the store's) on which it holds.
        valid_to: first local date on which it no longer holds; None while no end is known.
        min_quantity: smallest quantity it holds for, in thousandths; 0 for any.
        created_at: when it was made, UTC microseconds.
    """

    id: UUID
    price_list_id: UUID
    variant_id: UUID
    micro: int
    valid_from: date
    valid_to: date | None = None
    min_quantity: int = 0
    created_at: int = 0

    def holds_on(self, on: date) -> bool:
        """Whether it holds on a local date; the first day is inside, the last is not."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


def choose_price(rows: Iterable[PriceRow], on: date, quantity: Quantity) -> PriceRow | None:
    """The row that holds on a local date for a quantity, whatever the order of the rows; None when none does.

    The highest quantity break that is reached comes first, then the row that began last, then the one made last.
    A negative quantity counts by its size.
    """
    reached = abs(quantity.thousandths)
    holding = (row for row in rows if row.holds_on(on) and row.min_quantity <= reached)
    return max(holding, key=_rank, default=None)


def _rank(row: PriceRow) -> tuple[int, date, int, UUID]:
    """Orders rows that all hold; the highest wins."""
    return row.min_quantity, row.valid_from, row.created_at, row.id
