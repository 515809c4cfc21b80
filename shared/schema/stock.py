"""Stock movements (the ledger, facts) and stock levels (a projection of it). Quantities in thousandths."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.schema.base import VARIOUS, AggregateRule, Kind, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Day, Id, Whole, Words


class StockMovement(Replicated):
    """One change of what a store has. A device pushes the ones made by hand; the server derives those of sales.

    The movement of a sale's line carries the line's id, so that applying a sale twice cannot move stock twice.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (Index("ix_stock_movement_store_id_variant_id", "store_id", "variant_id"),)
    __aggregate__ = AggregateRule("stock_movement", Kind.FACT, ScopeRule.NOWHERE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="store")
    variant_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="variant")
    quantity: Mapped[int] = synced(Policy.FIXED, Whole)
    """Change of what is on hand; negative out of the store."""
    reason: Mapped[str] = synced(Policy.FIXED, Words)
    """A ``shared.stock.MovementReason``."""
    at: Mapped[int] = synced(Policy.FIXED, Whole)
    business_date: Mapped[dt.date] = synced(Policy.FIXED, Day)
    device_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="device")
    user_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="app_user")
    source_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to=VARIOUS)
    """The sale, order or import it comes from."""
    note: Mapped[str] = synced(Policy.FIXED, Words, default="")
    counted: Mapped[int | None] = synced(Policy.FIXED, Whole, since=2)
    """Of a count: what was there. ``quantity`` is that less what the counting device showed."""
    counted_at_position: Mapped[int | None] = synced(Policy.FIXED, Whole, since=2)
    """Of a count: the ledger position of the level it was held against; the device's own movements lay over it."""


class StockLevel(Replicated):
    """What a store has of a variant, as the ledger said at ``ledger_position``. Id = ``level_id(store, variant)``."""

    __tablename__ = "stock_level"
    __table_args__ = (Index("ix_stock_level_variant_id", "variant_id"),)
    __aggregate__ = AggregateRule("stock_level", Kind.PROJECTION, ScopeRule.STOCK)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.DERIVED, Id, refers_to="store")
    variant_id: Mapped[uuid.UUID] = synced(Policy.DERIVED, Id, refers_to="variant")
    on_hand: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    """available + reserved + damaged + in_quality_control."""
    reserved: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    damaged: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    in_quality_control: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    incoming: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    ledger_position: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
