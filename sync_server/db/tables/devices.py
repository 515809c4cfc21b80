"""Enrolment, keys and the mutation log of devices; keys of channels. Instants are UTC microseconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from sync_server.db.tables.base import server_metadata

device_key = Table(
    "device_key",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("receipt_series", BigInteger, nullable=False, server_default=text("1")),
)
"""A device's Ed25519 public key, raw, and the receipt series it was last given; locked by each push of the device."""

device_succession = Table(
    "device_succession",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)
"""The secret each life of a device shows with its next push; one of an older epoch counts for nothing."""

device_seen = Table(
    "device_seen",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("incarnation", Uuid, nullable=False),
    Column("program", Text, nullable=False, server_default=text("''")),
    Column("schema", Integer, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("clock_skew_us", BigInteger),
    Column("positions", JSONB, nullable=False, server_default=text("'{}'")),
    postgresql_with={"fillfactor": "70"},
)
"""What each device told of itself when it was last heard: how far it has each scope, its clock less the server's."""

enrol_code = Table(
    "enrol_code",
    server_metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("store_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Integer),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("purpose", Text, nullable=False, server_default=text("'join'")),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("device_id", Uuid),
)
"""One-time codes, kept only as SHA-256; a used one stays until it would have expired.

``purpose`` is ``join``, ``replace`` (the number of a lost device goes on) or ``rekey``: that one is for ``device_id``
alone. In a used code ``device_id`` is the device that used it.
"""

enrol_attempt = Table(
    "enrol_attempt",
    server_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("address", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_enrol_attempt_address_at", "address", "at"),
)
"""Failed attempts with a code, to slow down guessing."""

used_assertion = Table(
    "used_assertion",
    server_metadata,
    Column("id", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
"""Assertions that were exchanged for a token; none works twice."""

device_progress = Table(
    "device_progress",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
    Column("acknowledged_number", BigInteger, nullable=False, server_default=text("0")),
    Column("pruned_number", BigInteger, nullable=False, server_default=text("0")),
    Column("pruned_received_at", BigInteger, nullable=False, server_default=text("0")),
    Column("seen_at", BigInteger, nullable=False),
)
"""The highest mutation number of each incarnation whose effects (or refusal) are committed.

``acknowledged_number``: the device has begun to send what follows it, so it knows the answers up to there.
``pruned_number``, ``pruned_received_at``: the log no longer holds numbers up to there, all received before then.
"""

device_mutation = Table(
    "device_mutation",
    server_metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("incarnation", Uuid, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=text("''")),
    Column("message", Text, nullable=False, server_default=text("''")),
    Column("made_at", BigInteger, nullable=False),
    Column("arguments", LargeBinary),
    Column("received_at", BigInteger, nullable=False),
    Index(
        "ix_device_mutation_told",
        "device_id",
        "incarnation",
        "number",
        postgresql_where=text("status IN ('merged', 'refused')"),
    ),
    Index("ix_device_mutation_device_id_id", "device_id", "id"),
)
"""What became of each mutation; tells a retry from a fork. Refused ones are kept as they came."""

api_key = Table(
    "api_key",
    server_metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("made_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
"""Keys of channels, kept only as SHA-256."""
