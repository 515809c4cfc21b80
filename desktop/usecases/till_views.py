"""What the till's intentions answer besides the state of the till: matches, receipts, parked baskets, shift reports.

Texts are ready for the screen; amounts are ``Money``. Scripts print the same values as decimal strings.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from shared.money import Money


@dataclass(frozen=True, slots=True)
class FoundView:
    """One product that answers a search.

    Attributes:
        price: today's selling price per unit as decimal text; empty when the price list has none.
        available: what may be sold here (on hand less reserved, own unsent sales taken off) as decimal text; empty
            for services and where no level is known.
        is_exact: the text was one of its codes.
    """

    variant_id: uuid.UUID
    sku: str
    name: str
    unit: str
    price: str
    available: str = ""
    category: str = ""
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class QuickTile:
    """One tile of a quick-key tab; adding it is ``Till.add(variant_id=…)``."""

    variant_id: uuid.UUID
    label: str
    sku: str
    price: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class QuickTab:
    """A category with quick keys. ``colour`` is a named hue of the theme."""

    category_id: uuid.UUID
    name: str
    colour: str
    tiles: tuple[QuickTile, ...]


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """A customer that answers a search by number, name or phone."""

    id: uuid.UUID
    number: str
    name: str
    phone: str
    points: int = 0


@dataclass(frozen=True, slots=True)
class ParkedView:
    """A basket put aside in this store, by this till or another.

    Attributes:
        parked_at: local time, ``14:06``.
        parked_by: who and where: ``Mara K., Till 2``.
    """

    id: uuid.UUID
    label: str
    parked_at: str
    parked_by: str
    total: Money
    pieces: str


@dataclass(frozen=True, slots=True)
class SoldLineView:
    """One line of a sealed sale.

    Attributes:
        number: as on the receipt and in scripts.
        quantity: sold, decimal text; negative on the receipt of a return.
        returnable: how much may still come back, decimal text.
        total: with tax, after discounts.
    """

    id: uuid.UUID
    number: int
    sku: str
    name: str
    quantity: str
    unit: str
    unit_price: str
    total: Money
    returnable: str


@dataclass(frozen=True, slots=True)
class SoldView:
    """A sealed sale or return found by its receipt number.

    Attributes:
        kind: ``sale`` or ``return``.
        sold_at: local date and time, ``2026-11-21 14:07``.
        text: the receipt in 48 columns, marked as a copy.
    """

    sale_id: uuid.UUID
    number: str
    kind: str
    store_name: str
    business_date: str
    sold_at: str
    total: Money
    lines: tuple[SoldLineView, ...]
    methods: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CountView:
    """The drawer as counted. ``difference`` is counted less expected: data, never forced to nothing."""

    counted: Money
    expected: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """An X report (shift still open) or the Z report of a closed shift.

    Attributes:
        figures: as stored with the shift: counts and amounts in minor units.
        text: the report in 48 columns.
        parked: baskets still parked in the store; they stay and may be recalled in a later shift.
    """

    shift_id: uuid.UUID
    number: int
    business_date: str
    is_closed: bool
    sales: int
    returns: int
    expected: Money
    counted: Money | None
    difference: Money | None
    figures: Mapping[str, object]
    text: str
    parked: int = 0


@dataclass(frozen=True, slots=True)
class StockView:
    """What this store has of a variant: the pulled level with the till's own unsent movements laid over it.

    Attributes:
        on_hand: decimal text, as are ``reserved`` and ``available`` (on hand less what cannot be sold).
        as_of: when the level came down last, local time; empty when this till was never in contact.
    """

    variant_id: uuid.UUID
    sku: str
    name: str
    on_hand: str
    reserved: str
    available: str
    as_of: str = ""
