"""What the till shows and what a script's ``state`` answers: one frozen picture, made by ``Till.state``.

Texts are ready for the screen; amounts are ``Money`` so that screen, receipt and script format them alike.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from shared.money import Money


class Phase(StrEnum):
    """Where the till is."""

    NOT_ENROLLED = "not_enrolled"
    LOGGED_OUT = "logged_out"
    NO_SHIFT = "no_shift"
    SELLING = "selling"
    PAYING = "paying"
    """At least one tender was taken, or the payment page is open."""
    DONE = "done"
    """A sale was just sealed; its receipt and change stay in sight until the next scan."""


class NoteTone(StrEnum):
    """How a line under an item is meant."""

    PLAIN = "plain"
    SAVING = "saving"
    LOOK = "look"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of small text: ``2.19 each``, ``Two for 3.90 · saves 0.48``."""

    text: str
    tone: NoteTone = NoteTone.PLAIN


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the basket.

    Attributes:
        number: 1-based, as scripts and receipts count it.
        quantity: shortest decimal text; ``is_weighed`` says whether to show ``0.486`` or ``2×``.
        total: with tax, after the line's discounts.
    """

    id: uuid.UUID
    number: int
    variant_id: uuid.UUID | None
    sku: str
    name: str
    quantity: str
    is_weighed: bool
    unit_price: str
    total: Money
    notes: tuple[Note, ...] = ()
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class TaxView:
    """``of which VAT 20 % on 31.14 … 5.19``."""

    code: str
    name: str
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class TotalsView:
    """The foot of the basket; ``to_pay`` includes cash rounding once it is known."""

    goods: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    rounding: Money
    to_pay: Money
    pieces: int
    taxes: tuple[TaxView, ...] = ()


@dataclass(frozen=True, slots=True)
class TenderView:
    """One payment taken."""

    number: int
    method: str
    label: str
    amount: Money
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Who buys; ``is_known`` is false for a loyalty number this till has never seen."""

    id: uuid.UUID | None
    number: str
    name: str
    points: int = 0
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The receipt of the sale just sealed; ``total`` before cash rounding, negative for a return."""

    sale_id: uuid.UUID
    number: str
    total: Money
    change: Money
    text: str
    """48 columns, plain text."""
    rounding: Money | None = None
    """What cash rounding added to ``total``; None or nothing for most."""

    @property
    def paid(self) -> Money:
        """What was paid, or paid out (negative), after cash rounding."""
        return self.total if self.rounding is None else self.total + self.rounding


@dataclass(frozen=True, slots=True)
class ShiftView:
    """The open shift."""

    number: int
    business_date: str
    opened_at: str
    """Local time, ``08:55``."""
    opening_float: Money
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """The chip: what is true of the connection, in words."""

    is_online: bool
    pending: int
    text: str
    """``Online · all sent`` or ``Offline 26 min · 12 waiting · prices of 13:41``."""
    tone: NoteTone = NoteTone.PLAIN


@dataclass(frozen=True, slots=True)
class TillState:
    """Everything on the till's screen."""

    phase: Phase
    store_name: str
    till_name: str
    currency: str
    connection: ConnectionView
    user_name: str = ""
    user_role: str = ""
    shift: ShiftView | None = None
    sale_number: str = ""
    """The receipt number the basket will get if it is sealed now (``2-004182``); shown, not promised."""
    lines: tuple[LineView, ...] = ()
    selected_line: uuid.UUID | None = None
    totals: TotalsView | None = None
    customer: CustomerView | None = None
    tenders: tuple[TenderView, ...] = ()
    remaining: Money | None = None
    change: Money | None = None
    receipt: ReceiptView | None = None
    parked: int = 0
    is_return: bool = False
    """The basket pays money out."""
    refusal: str = ""
    """A standing error line (unknown barcode): stays until solved, blocks payment if ``blocks_payment``."""
    blocks_payment: bool = False
    permissions: frozenset[str] = field(default_factory=frozenset)
