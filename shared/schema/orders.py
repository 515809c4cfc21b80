"""Orders of the web and other channels; made and moved on the server, pushed down to the store that hands them out."""

from __future__ import annotations

import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Owned, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Id, Whole, Words


class CustomerOrder(Replicated):
    """An order: its stock is promised (reserved) when it is placed and leaves when it is fulfilled."""

    __tablename__ = "customer_order"
    __table_args__ = (Index("ix_customer_order_store_id_state", "store_id", "state"),)
    __aggregate__ = AggregateRule(
        "customer_order", Kind.CONTROL, ScopeRule.STORE, owned=(Owned("order_line", "order_id"),)
    )

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.SERVER, Id, refers_to="store")
    number: Mapped[str] = synced(Policy.SERVER, Words)
    channel: Mapped[str] = synced(Policy.SERVER, Words, default="web")
    reference: Mapped[str] = synced(Policy.SERVER, Words, default="")
    """The channel's own order number."""
    customer_id: Mapped[uuid.UUID | None] = synced(Policy.SERVER, Id, refers_to="customer")
    customer_name: Mapped[str] = synced(Policy.SERVER, Words, default="")
    state: Mapped[str] = synced(Policy.SERVER, Words)
    """A ``shared.orders.OrderState``: ``placed``, ``ready``, ``fulfilled`` or ``cancelled``."""
    currency: Mapped[str] = synced(Policy.SERVER, Words)
    net_total: Mapped[int] = synced(Policy.SERVER, Whole)
    tax_total: Mapped[int] = synced(Policy.SERVER, Whole)
    total: Mapped[int] = synced(Policy.SERVER, Whole)
    """Minor units, tax included."""
    placed_at: Mapped[int] = synced(Policy.SERVER, Whole)
    expires_at: Mapped[int | None] = synced(Policy.SERVER, Whole)
    """When an unpaid promise lapses."""
    changed_at: Mapped[int] = synced(Policy.SERVER, Whole)


class OrderLine(Replicated):
    """One line of an order."""

    __tablename__ = "order_line"
    __table_args__ = (Index("ix_order_line_order_id", "order_id"),)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    order_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id)
    number: Mapped[int] = synced(Policy.SERVER, Whole)
    variant_id: Mapped[uuid.UUID] = synced(Policy.SERVER, Id, refers_to="variant")
    sku: Mapped[str] = synced(Policy.SERVER, Words)
    name: Mapped[str] = synced(Policy.SERVER, Words)
    quantity: Mapped[int] = synced(Policy.SERVER, Whole)
    unit_price_micro: Mapped[int] = synced(Policy.SERVER, Whole)
    net: Mapped[int] = synced(Policy.SERVER, Whole)
    tax: Mapped[int] = synced(Policy.SERVER, Whole)
    total: Mapped[int] = synced(Policy.SERVER, Whole)
