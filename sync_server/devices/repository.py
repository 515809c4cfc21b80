"""Devices, their keys, and the codes they enrol with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class OpenCode:
    """What a valid code enrols: a device of this kind in this store."""

    store_id: uuid.UUID
    kind: str
    number: int | None
    name: str


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as the operator sees it; instants in UTC microseconds."""

    id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    enrolled_at: int | None
    revoked_at: int | None
    last_seen_at: int | None
    last_number: int


_STORE = text("SELECT id FROM store WHERE code = :code AND NOT is_archived")
_LOCK_STORE = text("SELECT id FROM store WHERE id = :id FOR UPDATE")
_NUMBER_TAKEN = text("SELECT 1 FROM device WHERE store_id = :store AND kind = :kind AND number = :number LIMIT 1")
_NEXT_NUMBER = text("SELECT coalesce(max(number), 0) + 1 FROM device WHERE store_id = :store AND kind = :kind")
_ADD_CODE = text(
    "INSERT INTO enrol_code (code_hash, store_id, kind, number, name, made_at, expires_at) "
    "VALUES (:hash, :store, :kind, :number, :name, :now, :expires_at)"
)
_FORGET_CODES = text("DELETE FROM enrol_code WHERE expires_at < :now")
_USE_CODE = text(
    "UPDATE enrol_code SET used_at = :now, device_id = :device "
    "WHERE code_hash = :hash AND used_at IS NULL AND expires_at > :now RETURNING store_id, kind, number, name"
)
_ADD_DEVICE = text(
    "INSERT INTO device (id, store_id, kind, number, name, enrolled_at) "
    "VALUES (:id, :store, :kind, :number, :name, :now)"
)
_ADD_KEY = text("INSERT INTO device_key (device_id, public_key, enrolled_at) VALUES (:id, :key, :now)")
_ADD_ATTEMPT = text("INSERT INTO enrol_attempt (address, at) VALUES (:address, :now)")
_FORGET_ATTEMPTS = text("DELETE FROM enrol_attempt WHERE at < :before")
_ATTEMPTS = text("SELECT count(*) FROM enrol_attempt WHERE address = :address AND at >= :since")
_REVOKE = text("UPDATE device SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")
_DEVICES = text(
    "SELECT d.id, s.code, d.kind, d.number, d.name, d.enrolled_at, d.revoked_at, max(p.seen_at), "
    "coalesce(max(p.last_number), 0) FROM device AS d LEFT JOIN store AS s ON s.id = d.store_id "
    "LEFT JOIN device_progress AS p ON p.device_id = d.id "
    "GROUP BY d.id, s.code ORDER BY s.code, d.kind, d.number"
)


def store_id(connection: Connection, code: str) -> uuid.UUID | None:
    """The store with this code."""
    found: uuid.UUID | None = connection.execute(_STORE, {"code": code}).scalar_one_or_none()
    return found


def lock_store(connection: Connection, store: uuid.UUID) -> None:
    """Give out one number at a time in a store."""
    connection.execute(_LOCK_STORE, {"id": store})


def is_number_taken(connection: Connection, store: uuid.UUID, kind: str, number: int) -> bool:
    """Whether a device, revoked ones included, has or had the number: receipts carry it for ever."""
    parameters = {"store": store, "kind": kind, "number": number}
    return connection.execute(_NUMBER_TAKEN, parameters).one_or_none() is not None


def next_number(connection: Connection, store: uuid.UUID, kind: str) -> int:
    """The next number that no device ever had."""
    return int(connection.execute(_NEXT_NUMBER, {"store": store, "kind": kind}).scalar_one())


def add_code(connection: Connection, code_hash: bytes, opens: OpenCode, now: int, expires_at: int) -> None:
    """Keep a code; expired ones are forgotten."""
    connection.execute(_FORGET_CODES, {"now": now})
    parameters = {
        "hash": code_hash,
        "store": opens.store_id,
        "kind": opens.kind,
        "number": opens.number,
        "name": opens.name,
        "now": now,
        "expires_at": expires_at,
    }
    connection.execute(_ADD_CODE, parameters)


def use_code(connection: Connection, code_hash: bytes, device_id: uuid.UUID, now: int) -> OpenCode | None:
    """Take a code that is neither used nor expired; nobody else can take it then."""
    row = connection.execute(_USE_CODE, {"hash": code_hash, "device": device_id, "now": now}).one_or_none()
    return None if row is None else OpenCode(*row)


def add_device(connection: Connection, device: ListedDevice, store: uuid.UUID, public_key: bytes) -> None:
    """Add an enrolled device with its key."""
    parameters = {
        "id": device.id,
        "store": store,
        "kind": device.kind,
        "number": device.number,
        "name": device.name,
        "now": device.enrolled_at,
    }
    connection.execute(_ADD_DEVICE, parameters)
    connection.execute(_ADD_KEY, {"id": device.id, "key": public_key, "now": device.enrolled_at})


def add_attempt(connection: Connection, address: str, now: int, forget_before: int) -> None:
    """Note a failed attempt; old ones are forgotten."""
    connection.execute(_FORGET_ATTEMPTS, {"before": forget_before})
    connection.execute(_ADD_ATTEMPT, {"address": address, "now": now})


def attempts(connection: Connection, address: str, since: int) -> int:
    """Failed attempts from an address."""
    return int(connection.execute(_ATTEMPTS, {"address": address, "since": since}).scalar_one())


def revoke(connection: Connection, device_id: uuid.UUID, now: int) -> bool:
    """Revoke a device; False if there is none or it was revoked before."""
    return connection.execute(_REVOKE, {"id": device_id, "now": now}).rowcount == 1


def devices(connection: Connection) -> list[ListedDevice]:
    """Every device, by store, kind and number."""
    return [ListedDevice(row[0], row[1] or "", *row[2:]) for row in connection.execute(_DEVICES)]
