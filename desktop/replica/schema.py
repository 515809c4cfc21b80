"""The device's own tables, beside the replicated ones of ``shared.schema``: none of them ever travels.

Replicated tables come from ``shared.schema``; queries use its mapped classes. The classes here are for the replica,
sync and the till alone.
"""

from __future__ import annotations

import uuid

from sqlalchemy import Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.schema import registry
from shared.schema.base import NAMING, Replicated
from shared.schema.types import Digest, Flag, Id, Json, Whole, Words

USER_VERSION = 2
"""The replica file's schema, kept in its ``user_version`` and compared at each start."""

HEAD_REVISION = "0002"
"""The Alembic revision that ``USER_VERSION`` stands for."""


class DeviceTable(DeclarativeBase):
    """Base of the device's own tables."""

    metadata = MetaData(naming_convention=NAMING)


class Identity(DeviceTable):
    """Who this device is and how far it is in step with the server; one row, made at enrolment."""

    __tablename__ = "identity"

    slot: Mapped[int] = mapped_column(Whole, primary_key=True, default=1)
    device_id: Mapped[uuid.UUID] = mapped_column(Id)
    store_id: Mapped[uuid.UUID] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(Words)
    """``till`` or ``office``."""
    number: Mapped[int] = mapped_column(Whole)
    name: Mapped[str] = mapped_column(Words)
    server_url: Mapped[str] = mapped_column(Words)
    server_id: Mapped[str] = mapped_column(Words)
    incarnation: Mapped[uuid.UUID] = mapped_column(Id)
    """Outbox numbers count within it; a fork (a cloned or restored device) starts a new one."""
    outbox_base: Mapped[int] = mapped_column(Whole, default=0)
    """The last outbox number of earlier incarnations: the wire's number is the outbox number less this."""
    receipt_series: Mapped[int] = mapped_column(Whole, default=1)
    enrolled_at: Mapped[int] = mapped_column(Whole)
    epoch: Mapped[int] = mapped_column(Whole, default=0)
    settled_number: Mapped[int] = mapped_column(Whole, default=0)
    """The highest own mutation whose outcome has been applied here at a consistent point."""
    projected_number: Mapped[int] = mapped_column(Whole, default=0)
    """The highest own mutation that the pulled stock levels include."""
    clock_offset_us: Mapped[int] = mapped_column(Whole, default=0)
    """Server clock less device clock, as last measured."""
    consistent_at: Mapped[int | None] = mapped_column(Whole)
    """Server time of the last consistent point: what the shop on this device is as of. Empty: never in step yet."""
    is_indexed: Mapped[bool] = mapped_column(Flag, default=True)
    """Whether the secondary and search indexes are built; they are left out while a new replica fills."""
    succession: Mapped[bytes] = mapped_column(Digest, default=b"", server_default=text("x''"))
    """The secret of this incarnation that the server last confirmed; empty before the first push."""
    successor: Mapped[bytes] = mapped_column(Digest, default=b"", server_default=text("x''"))
    """The secret that takes its place with the push that is on its way; empty where none is."""
    fingerprint: Mapped[str] = mapped_column(Words, default="", server_default=text("''"))
    """The file this replica lies in (``replica.fingerprint``); another one means that the home was copied."""
    openings: Mapped[int] = mapped_column(Whole, default=0, server_default=text("0"))
    """How often the home was opened and closed; the keychain keeps it too and tells an older copy by it."""
    schema_filled: Mapped[int] = mapped_column(Whole, default=1, server_default=text("0"))
    """The wire schema its rows were filled in; what later ones added is fetched by the migration pull."""


class Outbox(DeviceTable):
    """One mutation: waiting to be sent, accepted or refused. Accepted ones are kept for some days."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "number", sqlite_where=text("state = 'waiting'")),
        Index("ix_outbox_refused", "number", sqlite_where=text("state = 'refused'")),
        Index("ix_outbox_entity_entity_id", "entity", "entity_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=True)
    """Consecutive; on the wire it is counted from ``Identity.outbox_base``."""
    id: Mapped[uuid.UUID] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Words)
    version: Mapped[int] = mapped_column(Whole)
    arguments: Mapped[bytes] = mapped_column(Digest)
    hash: Mapped[bytes] = mapped_column(Digest)
    made_at: Mapped[int] = mapped_column(Whole)
    entity: Mapped[str] = mapped_column(Words)
    entity_id: Mapped[uuid.UUID] = mapped_column(Id)
    state: Mapped[str] = mapped_column(Words, default="waiting")
    """``waiting``, ``accepted``, ``refused`` or ``quarantined`` (handed in after the device was revoked)."""
    code: Mapped[str] = mapped_column(Words, default="")
    message: Mapped[str] = mapped_column(Words, default="")
    answered_at: Mapped[int | None] = mapped_column(Whole)
    seen_to: Mapped[str] = mapped_column(Words, default="", server_default=text("''"))
    """Of a refused one: ``repaired`` (another one came in its place) or ``set_aside``; empty until somebody did."""


class Cursor(DeviceTable):
    """How far one scope has been applied."""

    __tablename__ = "cursor"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=True)
    """Stands for the scope in ``membership``; never used again for another."""
    scope: Mapped[str] = mapped_column(Words, unique=True)
    position: Mapped[int] = mapped_column(Whole, default=0)
    mark: Mapped[bytes] = mapped_column(Digest, default=b"")


class Membership(DeviceTable):
    """Which scopes hold an aggregate, and the server's version of it that this device has."""

    __tablename__ = "membership"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity: Mapped[str] = mapped_column(Words, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    scope_number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Whole)


class Bucket(DeviceTable):
    """One of 256 buckets of an entity in a scope: how many members, and the sums of their leaves' halves."""

    __tablename__ = "bucket"
    __table_args__ = ({"sqlite_with_rowid": False},)

    scope_number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    entity: Mapped[str] = mapped_column(Words, primary_key=True)
    number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(Whole)
    high: Mapped[int] = mapped_column(Whole)
    low: Mapped[int] = mapped_column(Whole)


class BaseCopy(DeviceTable):
    """The server's own row of an aggregate on which edits made here are laid until their outcome is known."""

    __tablename__ = "base_copy"

    entity: Mapped[str] = mapped_column(Words, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(Whole)
    payload: Mapped[bytes | None] = mapped_column(Digest)
    """msgpack of the wire payload; empty where the server has no such aggregate (yet)."""


class ExpectedStock(DeviceTable):
    """A stock change made here that the pulled stock levels do not include yet. Quantity in thousandths."""

    __tablename__ = "expected_stock"
    __table_args__ = (Index("ix_expected_stock_variant_id", "variant_id"),)

    number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    store_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    quantity: Mapped[int] = mapped_column(Whole)


class ResentStock(DeviceTable):
    """A stock change made here that a restored server lost and the levels here still include. Quantity in thousandths.

    It is expected again as soon as a level comes that does not include it.
    """

    __tablename__ = "resent_stock"
    __table_args__ = (Index("ix_resent_stock_variant_id", "variant_id"),)

    number: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    store_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    variant_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    quantity: Mapped[int] = mapped_column(Whole)


class HeldBack(DeviceTable):
    """A document as this device had it, overwritten by a restored server, until it has been offered."""

    __tablename__ = "held_back"

    entity: Mapped[str] = mapped_column(Words, primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    payload: Mapped[bytes] = mapped_column(Digest)
    """msgpack of the wire payload."""


class SchemaFill(DeviceTable):
    """How far the migration pull is with one entity in one scope; nothing once it is over."""

    __tablename__ = "schema_fill"

    scope: Mapped[str] = mapped_column(Words, primary_key=True)
    entity: Mapped[str] = mapped_column(Words, primary_key=True)
    after: Mapped[bytes] = mapped_column(Digest, default=b"")
    """The last id that was fetched."""
    is_done: Mapped[bool] = mapped_column(Flag, default=False)


class OpenBasket(DeviceTable):
    """The basket being rung up, so that a crash comes back to it. Lines are rows of their own: a scan writes one."""

    __tablename__ = "open_basket"

    slot: Mapped[int] = mapped_column(Whole, primary_key=True, default=1)
    header: Mapped[object] = mapped_column(Json)
    changed_at: Mapped[int] = mapped_column(Whole)


class OpenBasketLine(DeviceTable):
    """One line of the open basket."""

    __tablename__ = "open_basket_line"

    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    slot: Mapped[int] = mapped_column(Whole, default=1)
    position: Mapped[int] = mapped_column(Whole)
    line: Mapped[object] = mapped_column(Json)


class ReceiptCounter(DeviceTable):
    """The next receipt number of a series; raised in the transaction that seals the sale."""

    __tablename__ = "receipt_counter"

    series: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    next_number: Mapped[int] = mapped_column(Whole)


class SealChain(DeviceTable):
    """The last seal of a series: each sealed sale carries the one before it."""

    __tablename__ = "seal_chain"

    series: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=False)
    seal: Mapped[bytes] = mapped_column(Digest)


class PinAttempt(DeviceTable):
    """Wrong PINs of one user on this device since the last right one."""

    __tablename__ = "pin_attempt"

    user_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    failed: Mapped[int] = mapped_column(Whole)
    last_failed_at: Mapped[int] = mapped_column(Whole)
    delayed_until: Mapped[int] = mapped_column(Whole, default=0)


class DeviceValue(DeviceTable):
    """Small things this device remembers for itself (who is logged in, a window's layout)."""

    __tablename__ = "device_value"

    key: Mapped[str] = mapped_column(Words, primary_key=True)
    value: Mapped[object] = mapped_column(Json)


class SyncEvent(DeviceTable):
    """What sync did, for the sync centre: what came, what was sent, what failed. The oldest are dropped."""

    __tablename__ = "sync_event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(Whole)
    kind: Mapped[str] = mapped_column(Words)
    """``sent``, ``received``, ``refused``, ``failed`` or ``note``."""
    text: Mapped[str] = mapped_column(Words)


assert registry.AGGREGATES, "the registry imports every module that declares a replicated table"
METADATAS = (Replicated.metadata, DeviceTable.metadata)
"""Every table of a replica file; search tables are made by ``desktop.replica.search``."""
