"""Products, barcodes, prices, taxes, categories and the till's quick keys."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Owned, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Day, Flag, Id, Json, Whole, Words


class TaxCategory(Replicated):
    """What a product says of its taxation: standard, reduced, zero."""

    __tablename__ = "tax_category"
    __aggregate__ = AggregateRule("tax_category", Kind.CONTROL, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    code: Mapped[str] = synced(Policy.SERVER, Words)
    name: Mapped[str] = synced(Policy.SERVER, Words)


class TaxRate(Replicated):
    """One tax of a category in a country from a local day on. Fields as in ``shared.tax.TaxRule``."""

    __tablename__ = "tax_rate"
    __aggregate__ = AggregateRule("tax_rate", Kind.CONTROL, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    tax_category_id: Mapped[uuid.UUID] = synced(Policy.SERVER, Id, refers_to="tax_category")
    country: Mapped[str] = synced(Policy.SERVER, Words)
    code: Mapped[str] = synced(Policy.SERVER, Words)
    name: Mapped[str] = synced(Policy.SERVER, Words)
    computation: Mapped[str] = synced(Policy.SERVER, Words, default="percent")
    rate_ppm: Mapped[int] = synced(Policy.SERVER, Whole, default=0)
    """Parts per million: 20 % is 200,000."""
    fixed_micro: Mapped[int] = synced(Policy.SERVER, Whole, default=0)
    """Per unit, in millionths of the currency's major unit."""
    price_include: Mapped[bool] = synced(Policy.SERVER, Flag, default=True)
    include_base_amount: Mapped[bool] = synced(Policy.SERVER, Flag, default=False)
    base_affected: Mapped[bool] = synced(Policy.SERVER, Flag, default=True)
    reverse_charge: Mapped[bool] = synced(Policy.SERVER, Flag, default=False)
    sequence: Mapped[int] = synced(Policy.SERVER, Whole, default=1)
    valid_from: Mapped[dt.date] = synced(Policy.SERVER, Day)
    valid_to: Mapped[dt.date | None] = synced(Policy.SERVER, Day)
    """The first local day on which it no longer holds."""


class Category(Replicated):
    """A branch of the range; the till's tabs are categories with quick keys."""

    __tablename__ = "category"
    __aggregate__ = AggregateRule("category", Kind.DOCUMENT, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    parent_id: Mapped[uuid.UUID | None] = synced(Policy.MERGE, Id, refers_to="category")
    name: Mapped[str] = synced(Policy.MERGE, Words)
    colour: Mapped[str] = synced(Policy.MERGE, Words, default="")
    """A named hue of the theme (``amber``, ``rust``, ``moss`` …), never a raw colour."""
    sort_order: Mapped[int] = synced(Policy.MERGE, Whole, default=0)
    is_archived: Mapped[bool] = synced(Policy.ARCHIVE_WINS, Flag, default=False)


class Product(Replicated):
    """What is sold; it owns its variants, and every product has at least one."""

    __tablename__ = "product"
    __aggregate__ = AggregateRule(
        "product", Kind.DOCUMENT, ScopeRule.CATALOGUE, owned=(Owned("variant", "product_id"),)
    )

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    name: Mapped[str] = synced(Policy.MERGE, Words)
    description: Mapped[str] = synced(Policy.MERGE, Words, default="")
    brand: Mapped[str] = synced(Policy.MERGE, Words, default="")
    category_id: Mapped[uuid.UUID | None] = synced(Policy.MERGE, Id, refers_to="category")
    tax_category_id: Mapped[uuid.UUID | None] = synced(Policy.REVIEW, Id, refers_to="tax_category")
    kind: Mapped[str] = synced(Policy.MERGE, Words, default="goods")
    """``goods`` (kept in stock) or ``service``."""
    unit: Mapped[str] = synced(Policy.MERGE, Words, default="piece")
    """A ``shared.quantity.Unit``."""
    state: Mapped[str] = synced(Policy.ARCHIVE_WINS, Words, default="active")
    """``draft``, ``active`` or ``archived``."""
    tags: Mapped[object] = synced(Policy.ADD_WINS, Json, default=list)
    attributes: Mapped[object] = synced(Policy.MERGE, Json, default=dict)
    updated_at: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    updated_by: Mapped[str] = synced(Policy.DERIVED, Words, default="")
    """Who and where, in words: ``Mara K., Till 2``."""


class Variant(Replicated):
    """The thing on the shelf: it has the stock-keeping code, the prices, the barcodes and the stock."""

    __tablename__ = "variant"
    __table_args__ = (Index("ix_variant_product_id", "product_id"), Index("ix_variant_sku", "sku"))

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    product_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id)
    sku: Mapped[str] = synced(Policy.MERGE, Words)
    name: Mapped[str] = synced(Policy.MERGE, Words, default="")
    """What tells it from its siblings (``Large``); empty when it is the only one."""
    position: Mapped[int] = synced(Policy.MERGE, Whole, default=1)


class Barcode(Replicated):
    """One code that finds one variant, in one pack size."""

    __tablename__ = "barcode"
    __table_args__ = (Index("ix_barcode_code", "code"), Index("ix_barcode_variant_id", "variant_id"))
    __aggregate__ = AggregateRule("barcode", Kind.DOCUMENT, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    code: Mapped[str] = synced(Policy.FIXED, Words)
    variant_id: Mapped[uuid.UUID] = synced(Policy.MERGE, Id, refers_to="variant")
    quantity: Mapped[int] = synced(Policy.MERGE, Whole, default=1000)
    """How many thousandths of the variant's unit one scan means (a box of six: 6000)."""


class PriceList(Replicated):
    """A set of prices in one currency. Whether they include tax is said by the taxes."""

    __tablename__ = "price_list"
    __aggregate__ = AggregateRule("price_list", Kind.CONTROL, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    code: Mapped[str] = synced(Policy.SERVER, Words)
    name: Mapped[str] = synced(Policy.SERVER, Words)
    currency: Mapped[str] = synced(Policy.SERVER, Words)


class Price(Replicated):
    """One price row: appended, never overwritten. Two rows for the same slot go to review."""

    __tablename__ = "price"
    __table_args__ = (Index("ix_price_variant_id", "variant_id"),)
    __aggregate__ = AggregateRule("price", Kind.DOCUMENT, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    price_list_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="price_list")
    variant_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="variant")
    kind: Mapped[str] = synced(Policy.FIXED, Words, default="selling")
    """``selling`` or ``cost``."""
    unit_price_micro: Mapped[int] = synced(Policy.FIXED, Whole)
    """Millionths of the currency's major unit, per unit of the variant."""
    min_quantity: Mapped[int] = synced(Policy.FIXED, Whole, default=0)
    """Thousandths from which it holds."""
    valid_from: Mapped[dt.date] = synced(Policy.FIXED, Day)
    """The store's local day from whose midnight on it holds."""
    valid_to: Mapped[dt.date | None] = synced(Policy.FIXED, Day)
    created_at: Mapped[int] = synced(Policy.FIXED, Whole)
    created_by: Mapped[str] = synced(Policy.FIXED, Words, default="")
    state: Mapped[str] = synced(Policy.ARCHIVE_WINS, Words, default="active")
    """``active``, ``review`` (a second row for a taken slot, not in force) or ``withdrawn``."""


class QuickKey(Replicated):
    """A tile on the till, on the tab of a category; ``store_id`` empty: in every store."""

    __tablename__ = "quick_key"
    __aggregate__ = AggregateRule("quick_key", Kind.DOCUMENT, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="store")
    category_id: Mapped[uuid.UUID] = synced(Policy.MERGE, Id, refers_to="category")
    variant_id: Mapped[uuid.UUID] = synced(Policy.MERGE, Id, refers_to="variant")
    position: Mapped[int] = synced(Policy.MERGE, Whole)
    label: Mapped[str] = synced(Policy.MERGE, Words, default="")
