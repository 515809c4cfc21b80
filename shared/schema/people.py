"""Customers: documents, edited anywhere, merged per field; and which two of them are one person."""

from __future__ import annotations

import uuid

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Flag, Id, Json, Whole, Words


class Customer(Replicated):
    """A person or company that buys.

    The stores it is known to have it: the home store, and those where it bought or that looked it up (which the server
    alone keeps).
    """

    __tablename__ = "customer"
    __aggregate__ = AggregateRule("customer", Kind.DOCUMENT, ScopeRule.KNOWN_STORES)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.MERGE, Id, refers_to="store")
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


class CustomerAlias(Replicated):
    """Two profiles that may be, or are, the same person. A merge is this and nothing else: no profile is rewritten.

    The id is ``shared.customers.same_person.alias_id`` of the two, the survivor the one made first, so that devices
    that find the same pair without knowing of each other make the same document. Every device has it, also one that
    knows only one of the two; it holds no personal data.
    """

    __tablename__ = "customer_alias"
    __table_args__ = (
        Index("ix_customer_alias_alias_id", "alias_id"),
        Index("ix_customer_alias_survivor_id", "survivor_id"),
    )
    __aggregate__ = AggregateRule("customer_alias", Kind.DOCUMENT, ScopeRule.CATALOGUE, since=2)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    alias_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="customer")
    """The profile that was made later."""
    survivor_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to="customer")
    """The profile that stands for both while they are merged."""
    state: Mapped[str] = synced(Policy.MERGE, Words, default="proposed")
    """``proposed``, ``merged``, ``kept_apart`` or ``undone``."""
    evidence: Mapped[int] = synced(Policy.SERVER, Whole, default=0)
    """What speaks for one person, in tenths of bits; 0 where a person paired them by hand."""
    reasons: Mapped[object] = synced(Policy.SERVER, Json, default=list)
    """What agrees, as ``shared.customers.matching.Reason`` names it; never the values."""
    decided_by: Mapped[str] = synced(Policy.MERGE, Words, default="")
    decided_at: Mapped[int | None] = synced(Policy.MERGE, Whole)
    created_at: Mapped[int] = synced(Policy.SERVER, Whole)
