"""Sealed sales and returns, shifts, cash movements and parked baskets.

Every amount is in integer minor units of the sale's currency; quantities are thousandths; a return's amounts and
quantities are negative, the exact negation of what was stored at the sale.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Owned, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Day, Digest, Flag, Id, Json, Whole, Words


class Sale(Replicated):
    """A sealed sale or return; it never changes after it was sealed."""

    __tablename__ = "sale"
    __table_args__ = (
        Index("ix_sale_receipt_number", "receipt_number"),
        Index("ix_sale_store_id_sealed_at", "store_id", "sealed_at"),
        Index("ix_sale_shift_id", "shift_id"),
    )
    __aggregate__ = AggregateRule(
        "sale",
        Kind.FACT,
        ScopeRule.SALES_WEEK,
        owned=(Owned("sale_line", "sale_id"), Owned("sale_tax", "sale_id"), Owned("sale_tender", "sale_id")),
    )

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="store")
    device_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="device")
    shift_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="shift")
    kind: Mapped[str] = synced(Policy.FIXED, Words)
    """``sale`` or ``return``."""
    series: Mapped[int] = synced(Policy.FIXED, Whole)
    number: Mapped[int] = synced(Policy.FIXED, Whole)
    """Consecutive within the till's series, given in the sealing transaction, never reused."""
    receipt_number: Mapped[str] = synced(Policy.FIXED, Words)
    business_date: Mapped[dt.date] = synced(Policy.FIXED, Day)
    sealed_at: Mapped[int] = synced(Policy.FIXED, Whole)
    time_zone: Mapped[str] = synced(Policy.FIXED, Words)
    cashier_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="app_user")
    approved_by: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="app_user")
    customer_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="customer")
    customer_reference: Mapped[str] = synced(Policy.FIXED, Words, default="")
    """The number of a loyalty card that this till did not know."""
    return_of_sale_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="sale")
    currency: Mapped[str] = synced(Policy.FIXED, Words)
    tax_rounding: Mapped[str] = synced(Policy.FIXED, Words)
    goods_total: Mapped[int] = synced(Policy.FIXED, Whole)
    """Sum of the lines before discounts."""
    discount_total: Mapped[int] = synced(Policy.FIXED, Whole)
    net_total: Mapped[int] = synced(Policy.FIXED, Whole)
    tax_total: Mapped[int] = synced(Policy.FIXED, Whole)
    total: Mapped[int] = synced(Policy.FIXED, Whole)
    """Net plus tax, before cash rounding."""
    rounding_total: Mapped[int] = synced(Policy.FIXED, Whole)
    """Cash rounding; paid = total + rounding_total."""
    catalogue_position: Mapped[int] = synced(Policy.FIXED, Whole)
    """The device's cursor in the catalogue scope when the sale was sealed."""
    engine_version: Mapped[str] = synced(Policy.FIXED, Words)
    note: Mapped[str] = synced(Policy.FIXED, Words, default="")
    previous_seal: Mapped[bytes] = synced(Policy.FIXED, Digest)
    seal: Mapped[bytes] = synced(Policy.FIXED, Digest)


class SaleLine(Replicated):
    """One line of a sealed sale; lines struck through before the payment are kept with ``removed_at``."""

    __tablename__ = "sale_line"
    __table_args__ = (
        Index("ix_sale_line_sale_id", "sale_id"),
        Index("ix_sale_line_return_of_line_id", "return_of_line_id"),
    )

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    sale_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id)
    number: Mapped[int] = synced(Policy.FIXED, Whole)
    variant_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="variant")
    sku: Mapped[str] = synced(Policy.FIXED, Words)
    name: Mapped[str] = synced(Policy.FIXED, Words)
    kind: Mapped[str] = synced(Policy.FIXED, Words)
    quantity: Mapped[int] = synced(Policy.FIXED, Whole)
    unit: Mapped[str] = synced(Policy.FIXED, Words)
    unit_price_micro: Mapped[int] = synced(Policy.FIXED, Whole)
    list_price_micro: Mapped[int | None] = synced(Policy.FIXED, Whole)
    """The price before it was overridden by hand."""
    price_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="price")
    price_reason: Mapped[str] = synced(Policy.FIXED, Words, default="")
    tax_category_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="tax_category")
    gross: Mapped[int] = synced(Policy.FIXED, Whole)
    """Unit price × quantity, rounded."""
    discount: Mapped[int] = synced(Policy.FIXED, Whole)
    """Line and basket discounts together; positive at a sale."""
    net: Mapped[int] = synced(Policy.FIXED, Whole)
    tax: Mapped[int] = synced(Policy.FIXED, Whole)
    total: Mapped[int] = synced(Policy.FIXED, Whole)
    taxes: Mapped[object] = synced(Policy.FIXED, Json)
    """List of ``[code, name, rate_ppm, base, tax, included]``."""
    discounts: Mapped[object] = synced(Policy.FIXED, Json)
    """List of ``{"kind", "percent_ppm", "amount", "reason", "by"}``."""
    return_of_sale_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="sale")
    return_of_line_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="sale_line")
    disposition: Mapped[str] = synced(Policy.FIXED, Words, default="restock")
    removed_at: Mapped[int | None] = synced(Policy.FIXED, Whole)
    note: Mapped[str] = synced(Policy.FIXED, Words, default="")


class SaleTax(Replicated):
    """The sale's total of one tax."""

    __tablename__ = "sale_tax"
    __table_args__ = (Index("ix_sale_tax_sale_id", "sale_id"),)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    sale_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id)
    code: Mapped[str] = synced(Policy.FIXED, Words)
    name: Mapped[str] = synced(Policy.FIXED, Words)
    rate_ppm: Mapped[int] = synced(Policy.FIXED, Whole)
    base: Mapped[int] = synced(Policy.FIXED, Whole)
    tax: Mapped[int] = synced(Policy.FIXED, Whole)


class SaleTender(Replicated):
    """One payment of a sale. No card numbers: brand, last four digits, token and authorisation code at most."""

    __tablename__ = "sale_tender"
    __table_args__ = (Index("ix_sale_tender_sale_id", "sale_id"),)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    sale_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id)
    number: Mapped[int] = synced(Policy.FIXED, Whole)
    method: Mapped[str] = synced(Policy.FIXED, Words)
    given: Mapped[int] = synced(Policy.FIXED, Whole)
    change: Mapped[int] = synced(Policy.FIXED, Whole)
    amount: Mapped[int] = synced(Policy.FIXED, Whole)
    """What it settled: given less change; negative when paid out."""
    reference: Mapped[object] = synced(Policy.FIXED, Json)


class Shift(Replicated):
    """One till's working day: opened with a float, closed with a count. Only its own till writes it."""

    __tablename__ = "shift"
    __aggregate__ = AggregateRule("shift", Kind.FACT, ScopeRule.STORE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="store")
    device_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="device")
    number: Mapped[int] = synced(Policy.FIXED, Whole)
    business_date: Mapped[dt.date] = synced(Policy.FIXED, Day)
    currency: Mapped[str] = synced(Policy.FIXED, Words)
    opened_at: Mapped[int] = synced(Policy.FIXED, Whole)
    opened_by: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="app_user")
    opening_float: Mapped[int] = synced(Policy.FIXED, Whole)
    closed_at: Mapped[int | None] = synced(Policy.ONCE, Whole)
    closed_by: Mapped[uuid.UUID | None] = synced(Policy.ONCE, Id, refers_to="app_user")
    expected_cash: Mapped[int | None] = synced(Policy.ONCE, Whole)
    counted_cash: Mapped[int | None] = synced(Policy.ONCE, Whole)
    difference: Mapped[int | None] = synced(Policy.ONCE, Whole)
    """Counted less expected; never forced to zero."""
    figures: Mapped[object] = synced(Policy.ONCE, Json, nullable=True)
    """The closing report: counts and totals per kind and tender method, minor units."""
    counts: Mapped[object] = synced(Policy.ONCE, Json, nullable=True)
    """Pieces per denomination (minor units as text), where they were counted so."""


class CashMovement(Replicated):
    """Cash put into or taken out of a drawer outside a sale."""

    __tablename__ = "cash_movement"
    __aggregate__ = AggregateRule("cash_movement", Kind.FACT, ScopeRule.STORE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="store")
    device_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="device")
    shift_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="shift")
    kind: Mapped[str] = synced(Policy.FIXED, Words)
    """``paid_in``, ``paid_out`` or ``drop``."""
    amount: Mapped[int] = synced(Policy.FIXED, Whole)
    """Positive into the drawer, negative out of it."""
    reason: Mapped[str] = synced(Policy.FIXED, Words)
    at: Mapped[int] = synced(Policy.FIXED, Whole)
    user_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="app_user")


class ParkedSale(Replicated):
    """A basket put aside; any till of the store may take it up again."""

    __tablename__ = "parked_sale"
    __aggregate__ = AggregateRule("parked_sale", Kind.DOCUMENT, ScopeRule.STORE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="store")
    device_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="device")
    label: Mapped[str] = synced(Policy.MERGE, Words, default="")
    parked_at: Mapped[int] = synced(Policy.FIXED, Whole)
    parked_by: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="app_user")
    total: Mapped[int] = synced(Policy.FIXED, Whole)
    currency: Mapped[str] = synced(Policy.FIXED, Words)
    basket: Mapped[object] = synced(Policy.FIXED, Json)
    taken_by_device_id: Mapped[uuid.UUID | None] = synced(Policy.ONCE, Id, refers_to="device")
    taken_at: Mapped[int | None] = synced(Policy.ONCE, Whole)
    is_discarded: Mapped[bool] = synced(Policy.ARCHIVE_WINS, Flag, default=False)
