"""Stores, devices, people who log in, and settings: control data, edited online, pushed down."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Mapped

from shared.schema.base import AggregateRule, Kind, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Flag, Id, Json, Whole, Words


class Store(Replicated):
    """A place that sells or keeps stock. Currency is ISO 4217, time zone IANA, country ISO 3166-1 alpha-2."""

    __tablename__ = "store"
    __aggregate__ = AggregateRule("store", Kind.CONTROL, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    code: Mapped[str] = synced(Policy.SERVER, Words)
    name: Mapped[str] = synced(Policy.SERVER, Words)
    currency: Mapped[str] = synced(Policy.SERVER, Words)
    time_zone: Mapped[str] = synced(Policy.SERVER, Words)
    country: Mapped[str] = synced(Policy.SERVER, Words)
    address: Mapped[str] = synced(Policy.SERVER, Words, default="")
    tax_number: Mapped[str] = synced(Policy.SERVER, Words, default="")
    price_list_id: Mapped[uuid.UUID | None] = synced(Policy.SERVER, Id, refers_to="price_list")
    tax_rounding: Mapped[str] = synced(Policy.SERVER, Words, default="line")
    """``line`` or ``document``."""
    cash_step: Mapped[int] = synced(Policy.SERVER, Whole, default=1)
    """The smallest cash payable, in minor units; 1 means no cash rounding."""
    receipt_header: Mapped[str] = synced(Policy.SERVER, Words, default="")
    receipt_footer: Mapped[str] = synced(Policy.SERVER, Words, default="")
    is_archived: Mapped[bool] = synced(Policy.SERVER, Flag, default=False)


class Device(Replicated):
    """A till or an office desk that may sync. Its keys and its mutation log are the server's alone."""

    __tablename__ = "device"
    __aggregate__ = AggregateRule("device", Kind.CONTROL, ScopeRule.CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID] = synced(Policy.SERVER, Id, refers_to="store")
    kind: Mapped[str] = synced(Policy.SERVER, Words)
    """``till`` or ``office``."""
    number: Mapped[int] = synced(Policy.SERVER, Whole)
    """The till's number within its store; receipts carry it."""
    name: Mapped[str] = synced(Policy.SERVER, Words)
    enrolled_at: Mapped[int | None] = synced(Policy.SERVER, Whole)
    revoked_at: Mapped[int | None] = synced(Policy.SERVER, Whole)


class AppUser(Replicated):
    """A person who logs in at a till or a desk. The PIN is argon2id only, inside an encrypted replica."""

    __tablename__ = "app_user"
    __aggregate__ = AggregateRule("app_user", Kind.CONTROL, ScopeRule.STORE_OR_CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID | None] = synced(Policy.SERVER, Id, refers_to="store")
    """The only store this person works in; empty: every store."""
    username: Mapped[str] = synced(Policy.SERVER, Words)
    display_name: Mapped[str] = synced(Policy.SERVER, Words)
    role: Mapped[str] = synced(Policy.SERVER, Words)
    """A role of ``shared.permissions``."""
    pin_hash: Mapped[str] = synced(Policy.SERVER, Words)
    is_active: Mapped[bool] = synced(Policy.SERVER, Flag, default=True)


class Setting(Replicated):
    """One setting of the chain (``store_id`` empty) or of one store."""

    __tablename__ = "setting"
    __aggregate__ = AggregateRule("setting", Kind.CONTROL, ScopeRule.STORE_OR_CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID | None] = synced(Policy.SERVER, Id, refers_to="store")
    key: Mapped[str] = synced(Policy.SERVER, Words)
    value: Mapped[object] = synced(Policy.SERVER, Json)
