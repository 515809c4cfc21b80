"""A sealed sale as it is stored: plain values, amounts in integer minor units of the sale's currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import BugError


class SaleKind(StrEnum):
    """What a sealed document is."""

    SALE = "sale"
    RETURN = "return"
    """Every line gives something back."""


@dataclass(frozen=True, slots=True)
class SealedLineTax:
    """One tax of one sealed line; stored as the list ``[code, name, rate_ppm, base, tax, included]``."""

    code: str
    name: str
    rate_ppm: int
    base: int
    tax: int
    included: bool

    def as_json(self) -> list[object]:
        """The list that is stored."""
        return [self.code, self.name, self.rate_ppm, self.base, self.tax, self.included]

    @classmethod
    def from_json(cls, stored: Sequence[object]) -> SealedLineTax:
        """Read the list that is stored.

        Raises:
            BugError: ``stored_tax_invalid``.
        """
        match list(stored):
            case [str(code), str(name), int(rate_ppm), int(base), int(tax), bool(included)]:
                return cls(code, name, rate_ppm, base, tax, included)
        raise BugError("stored_tax_invalid", "A stored line has a tax that cannot be read.", stored=list(stored))


@dataclass(frozen=True, slots=True)
class SealedDiscount:
    """A discount as it was given on a sealed line, for the record; ``SealedLine.discount`` has the amount."""

    kind: str
    percent_ppm: int
    amount: int | None
    reason: str
    by: UUID | None

    def as_json(self) -> dict[str, object]:
        """The object that is stored."""
        return {
            "kind": self.kind,
            "percent_ppm": self.percent_ppm,
            "amount": self.amount,
            "reason": self.reason,
            "by": None if self.by is None else str(self.by),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> SealedDiscount:
        """Read the object that is stored.

        Raises:
            BugError: ``stored_discount_invalid``.
        """
        match dict(stored):
            case {
                "kind": str(kind),
                "percent_ppm": int(percent_ppm),
                "amount": int() | None as amount,
                "reason": str(reason),
                "by": str() | None as by,
            }:
                return cls(kind, percent_ppm, amount, reason, None if by is None else UUID(by))
        raise BugError(
            "stored_discount_invalid", "A stored line has a discount that cannot be read.", stored=dict(stored)
        )


@dataclass(frozen=True, slots=True)
class SealedLine:
    """One line; ``gross - discount == net + included taxes``, ``total == net + tax``; zeros when struck through.

    Quantities in thousandths of ``unit``, prices in millionths of the major unit; negative for what comes back.
    """

    id: UUID
    number: int
    variant_id: UUID | None
    sku: str
    name: str
    kind: str
    quantity: int
    unit: str
    unit_price_micro: int
    list_price_micro: int | None
    price_id: UUID | None
    price_reason: str
    tax_category_id: UUID | None
    gross: int
    discount: int
    net: int
    tax: int
    total: int
    taxes: tuple[SealedLineTax, ...]
    discounts: tuple[SealedDiscount, ...]
    return_of_sale_id: UUID | None
    return_of_line_id: UUID | None
    disposition: str
    removed_at: int | None
    note: str


@dataclass(frozen=True, slots=True)
class SealedTax:
    """The sale's total of one tax."""

    id: UUID
    code: str
    name: str
    rate_ppm: int
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class SealedTender:
    """One payment; ``amount == given - change``, negative when paid out."""

    id: UUID
    number: int
    method: str
    given: int
    change: int
    amount: int
    reference: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SealedSale:
    """A sale or return that never changes again. Fields as in the stored row of the same name.

    ``total == net_total + tax_total``, the lines sum to the totals, and the tenders' amounts sum to
    ``total + rounding_total``. ``previous_seal`` and ``seal`` are empty until ``seal_chain`` fills them.
    """

    id: UUID
    store_id: UUID
    device_id: UUID
    shift_id: UUID
    kind: SaleKind
    series: int
    number: int
    receipt_number: str
    business_date: date
    sealed_at: int
    time_zone: str
    cashier_id: UUID
    approved_by: UUID | None
    customer_id: UUID | None
    customer_reference: str
    return_of_sale_id: UUID | None
    currency: str
    tax_rounding: str
    goods_total: int
    discount_total: int
    net_total: int
    tax_total: int
    total: int
    rounding_total: int
    catalogue_position: int
    engine_version: str
    note: str
    lines: tuple[SealedLine, ...]
    taxes: tuple[SealedTax, ...]
    tenders: tuple[SealedTender, ...]
    previous_seal: bytes = b""
    seal: bytes = b""

    def line_number(self, number: int) -> SealedLine | None:
        """The line with this number that was not struck through."""
        return next((line for line in self.lines if line.number == number and line.removed_at is None), None)
