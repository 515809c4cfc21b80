"""Devices, keys and used assertions, as far as letting in needs them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, text

from sync_server.db.binary import fetch_binary


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """An enrolled device with its raw Ed25519 public key; ``revoked_at`` in UTC microseconds."""

    id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    revoked_at: int | None
    public_key: bytes


_DEVICE = """
SELECT d.id, d.store_id, d.kind, d.number, d.name, d.revoked_at, k.public_key
FROM device AS d JOIN device_key AS k ON k.device_id = d.id WHERE d.id = %(id)s
"""
_USE_ASSERTION = text(
    "INSERT INTO used_assertion (id, expires_at) VALUES (:id, :expires_at) ON CONFLICT DO NOTHING RETURNING id"
)
_FORGET_ASSERTIONS = text("DELETE FROM used_assertion WHERE expires_at < :now")
_CHANNEL = text("SELECT id, name FROM api_key WHERE key_hash = :hash AND revoked_at IS NULL")
_ADD_KEY = text("INSERT INTO api_key (id, name, key_hash, made_at) VALUES (:id, :name, :hash, :now)")


def device(connection: Connection, device_id: uuid.UUID) -> KnownDevice | None:
    """The enrolled device with this id."""
    rows = fetch_binary(connection, _DEVICE, {"id": device_id})
    return KnownDevice(*rows[0]) if rows else None


def use_assertion(connection: Connection, assertion_id: str, expires_at: int, now: int) -> bool:
    """Note that an assertion was used; False if it was before. Expired ones are forgotten."""
    connection.execute(_FORGET_ASSERTIONS, {"now": now})
    row = connection.execute(_USE_ASSERTION, {"id": assertion_id, "expires_at": expires_at}).one_or_none()
    return row is not None


def channel(connection: Connection, key_hash: bytes) -> tuple[uuid.UUID, str] | None:
    """Id and name of the channel with this key."""
    row = connection.execute(_CHANNEL, {"hash": key_hash}).one_or_none()
    return None if row is None else (row.id, row.name)


def add_key(connection: Connection, key_id: uuid.UUID, name: str, key_hash: bytes, now: int) -> None:
    """Keep a channel's key by its hash."""
    connection.execute(_ADD_KEY, {"id": key_id, "name": name, "hash": key_hash, "now": now})
