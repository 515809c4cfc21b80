"""Customers: documents, edited anywhere, merged per field."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Flag, Id, Json, Whole, Words


class Customer(Replicated):
    """A person or company that buys. It reaches a store's devices through its home store."""

    __tablename__ = "customer"
    __aggregate__ = AggregateRule("customer", Kind.DOCUMENT, ScopeRule.STORE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.MERGE, Id)
    """The home store."""
    number: Mapped[str] = synced(Policy.FIXED, Words)
    """The number on the loyalty card or in the customer's account."""
    name: Mapped[str] = synced(Policy.MERGE, Words)
    email: Mapped[str] = synced(Policy.MERGE, Words, default="")
    phone: Mapped[str] = synced(Policy.MERGE, Words, default="")
    """E.164 where it could be parsed, as typed otherwise."""
    addresses: Mapped[object] = synced(Policy.ADD_WINS, Json, default=list)
    tags: Mapped[object] = synced(Policy.ADD_WINS, Json, default=list)
    note: Mapped[str] = synced(Policy.MERGE, Words, default="")
    may_send_offers: Mapped[bool] = synced(Policy.RESTRICT, Flag, default=False)
    consent_evidence: Mapped[str] = synced(Policy.MERGE, Words, default="")
    points: Mapped[int] = synced(Policy.DERIVED, Whole, default=0)
    created_at: Mapped[int] = synced(Policy.FIXED, Whole)
    is_archived: Mapped[bool] = synced(Policy.ARCHIVE_WINS, Flag, default=False)
