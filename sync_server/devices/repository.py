"""Devices, their keys, the codes they join with, and the secrets they hand on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, text

from shared.sales import COPY_SERIES_FIRST
from sync_server.db.binary import driver_cursor


class Purpose(StrEnum):
    """What a one-time code is for."""

    JOIN = "join"
    REPLACE = "replace"
    """The number of a device that was lost goes on with another one."""
    REKEY = "rekey"
    """A device whose keys were lost gets new ones."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a one-time code opens.

    Attributes:
        device_id: the device it is for (``rekey``), or the one that used it.
        used_at: UTC microseconds; None while it is good.
    """

    store_id: uuid.UUID
    kind: str
    number: int | None
    name: str
    purpose: str
    device_id: uuid.UUID | None = None
    used_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeptDevice:
    """A device's own row with its raw Ed25519 public key; ``revoked_at`` in UTC microseconds."""

    id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    revoked_at: int | None
    public_key: bytes
    receipt_series: int


_STORE = text("SELECT id FROM store WHERE code = :code AND NOT is_archived")
_LOCK_STORE = text("SELECT id FROM store WHERE id = :id FOR UPDATE")
_WITH_NUMBER = text("""
SELECT id, name, revoked_at FROM device WHERE store_id = :store AND kind = :kind AND number = :number
ORDER BY revoked_at DESC NULLS FIRST, enrolled_at DESC
""")
_NEXT_NUMBER = text("SELECT coalesce(max(number), 0) + 1 FROM device WHERE store_id = :store AND kind = :kind")
_SERIES_KNOWN = text("""
WITH same AS (
    SELECT id FROM device WHERE (store_id = :store AND kind = :kind AND number = :number) OR id = :device
)
SELECT greatest(
    (SELECT max(k.receipt_series) FROM device_key AS k WHERE k.device_id IN (SELECT id FROM same)),
    (SELECT max(s.series) FROM sale AS s WHERE s.series < :below AND s.device_id IN (SELECT id FROM same)))
""")
_ADD_CODE = text(
    "INSERT INTO enrol_code (code_hash, store_id, kind, number, name, purpose, device_id, made_at, expires_at) "
    "VALUES (:hash, :store, :kind, :number, :name, :purpose, :device, :now, :expires_at)"
)
_FORGET_CODES = text("DELETE FROM enrol_code WHERE expires_at < :now")
_CODE = text(
    "SELECT store_id, kind, number, name, purpose, device_id, used_at FROM enrol_code "
    "WHERE code_hash = :hash AND expires_at > :now FOR UPDATE"
)
_USE_CODE = text("UPDATE enrol_code SET used_at = :now, device_id = :device WHERE code_hash = :hash")
_DEVICE = text(
    "SELECT d.id, d.store_id, d.kind, d.number, d.name, d.revoked_at, k.public_key, k.receipt_series "
    "FROM device AS d JOIN device_key AS k ON k.device_id = d.id WHERE d.id = :id"
)
_PUT_DEVICE = text(
    "INSERT INTO device (id, store_id, kind, number, name, enrolled_at) "
    "VALUES (:id, :store, :kind, :number, :name, :now) "
    "ON CONFLICT (id) DO UPDATE SET store_id = EXCLUDED.store_id, kind = EXCLUDED.kind, number = EXCLUDED.number, "
    "name = EXCLUDED.name, revoked_at = NULL"
)
# Whether a device was let in since it was revoked is told by the order of these instants (``revocation_repository``):
# a key is later than the one before it and the revocation it ends, a revocation later than its key, whatever the clock.
_PUT_KEY = text("""
INSERT INTO device_key AS k (device_id, public_key, enrolled_at, receipt_series) VALUES (:id, :key, :now, :series)
ON CONFLICT (device_id) DO UPDATE SET public_key = EXCLUDED.public_key, receipt_series = EXCLUDED.receipt_series,
enrolled_at = greatest(
    EXCLUDED.enrolled_at, k.enrolled_at + 1,
    (SELECT d.revoked_at + 1 FROM device AS d WHERE d.id = k.device_id FOR UPDATE))
""")
_ADD_ATTEMPT = text("INSERT INTO enrol_attempt (address, at) VALUES (:address, :now)")
_FORGET_ATTEMPTS = text("DELETE FROM enrol_attempt WHERE at < :before")
_ATTEMPTS = text("SELECT count(*) FROM enrol_attempt WHERE address = :address AND at >= :since")
_REVOKE = text("""
UPDATE device AS d SET revoked_at = greatest(
    :now, (SELECT k.enrolled_at + 1 FROM device_key AS k WHERE k.device_id = d.id))
WHERE d.id = :id AND d.revoked_at IS NULL
""")
# Inserted for a new life or one of an earlier epoch; handed on from what it was; the same again for a retry.
_SUCCEED = b"""
INSERT INTO device_succession AS known (device_id, incarnation, secret, epoch)
SELECT %(device)s, %(incarnation)s, %(successor)s, state.epoch FROM server_state AS state
ON CONFLICT (device_id, incarnation) DO UPDATE SET secret = EXCLUDED.secret, epoch = EXCLUDED.epoch
WHERE known.secret IN (%(succession)s, %(successor)s) OR known.epoch < EXCLUDED.epoch
"""


def store_id(connection: Connection, code: str) -> uuid.UUID | None:
    """The store with this code."""
    found: uuid.UUID | None = connection.execute(_STORE, {"code": code}).scalar_one_or_none()
    return found


def lock_store(connection: Connection, store: uuid.UUID) -> None:
    """Give out one number at a time in a store."""
    connection.execute(_LOCK_STORE, {"id": store})


def with_number(
    connection: Connection, store: uuid.UUID, kind: str, number: int
) -> list[tuple[uuid.UUID, str, int | None]]:
    """(id, name, revoked at) of every device that has or had the number: who may still sync first, then the newest."""
    parameters = {"store": store, "kind": kind, "number": number}
    return [(row.id, row.name, row.revoked_at) for row in connection.execute(_WITH_NUMBER, parameters)]


def next_number(connection: Connection, store: uuid.UUID, kind: str) -> int:
    """The next number that no device ever had."""
    return int(connection.execute(_NEXT_NUMBER, {"store": store, "kind": kind}).scalar_one())


def last_series(connection: Connection, device: KeptDevice) -> int:
    """The highest receipt series given to this device, or to another one with its number, or seen; 0 where none was.

    Series that devices began on their own lie above ``COPY_SERIES_FIRST`` and are not counted.
    """
    parameters = {
        "store": device.store_id,
        "kind": device.kind,
        "number": device.number,
        "device": device.id,
        "below": COPY_SERIES_FIRST,
    }
    return int(connection.execute(_SERIES_KNOWN, parameters).scalar_one() or 0)


def add_code(connection: Connection, code_hash: bytes, opens: Code, now: int, expires_at: int) -> None:
    """Keep a code; expired ones are forgotten."""
    connection.execute(_FORGET_CODES, {"now": now})
    parameters = {
        "hash": code_hash,
        "store": opens.store_id,
        "kind": opens.kind,
        "number": opens.number,
        "name": opens.name,
        "purpose": opens.purpose,
        "device": opens.device_id,
        "now": now,
        "expires_at": expires_at,
    }
    connection.execute(_ADD_CODE, parameters)


def code(connection: Connection, code_hash: bytes, now: int) -> Code | None:
    """What a code opens that has not expired; nobody else can take it until the transaction ends."""
    row = connection.execute(_CODE, {"hash": code_hash, "now": now}).one_or_none()
    return None if row is None else Code(*row)


def use_code(connection: Connection, code_hash: bytes, device_id: uuid.UUID, now: int) -> None:
    """A device has used it."""
    connection.execute(_USE_CODE, {"hash": code_hash, "device": device_id, "now": now})


def device(connection: Connection, device_id: uuid.UUID) -> KeptDevice | None:
    """The device with this id."""
    row = connection.execute(_DEVICE, {"id": device_id}).one_or_none()
    return None if row is None else KeptDevice(*row)


def put_device(connection: Connection, put: KeptDevice, now: int) -> None:
    """Add a device with its key; one that is there gets this place, this key and is let in again."""
    place = {"id": put.id, "store": put.store_id, "kind": put.kind, "number": put.number, "name": put.name, "now": now}
    # The key first: it looks at the revocation that the other statement ends.
    connection.execute(_PUT_KEY, {"id": put.id, "key": put.public_key, "now": now, "series": put.receipt_series})
    connection.execute(_PUT_DEVICE, place)


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


def hand_on(
    connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, succession: bytes, successor: bytes
) -> bool:
    """Make ``successor`` the secret of a life where ``succession`` (or already ``successor``) is it; False if not."""
    parameters = {
        "device": device_id,
        "incarnation": incarnation,
        "succession": succession,
        "successor": successor,
    }
    with driver_cursor(connection) as cursor:
        return cursor.execute(_SUCCEED, parameters).rowcount == 1
