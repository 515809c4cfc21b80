"""Enrolment by one-time code, the list of devices, and revocation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.errors import UserError
from shared.ids import IdMaker
from shared.limits import CODE_MAX_CHARACTERS, ENROL_CODE_LIFETIME_SECONDS, NAME_MAX_CHARACTERS
from sync_server.db.sessions import Connection, Database
from sync_server.devices import repository
from sync_server.devices.enrol_code import code_hash, new_code
from sync_server.devices.repository import ListedDevice, OpenCode
from sync_server.errors import Conflicting, Forbidden, Malformed, TooMany

__all__ = ["Enrolled", "ListedDevice"]

KINDS = ("till", "office")
PUBLIC_KEY_BYTES = 32
ATTEMPTS_MAX = 20
ATTEMPTS_WINDOW_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device learns when it has joined."""

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str


def make_enrol_code(
    connection: Connection,
    clock: Clock,
    *,
    store_code: str,
    kind: str,
    number: int | None = None,
    name: str = "",
) -> str:
    """A code that enrols one device within 24 hours; it is shown once and kept as a hash.

    Raises:
        UserError: ``store_unknown``, ``device_kind_unknown`` or ``device_number_taken``.
    """
    if kind not in KINDS:
        raise UserError("device_kind_unknown", "The kind of a device is till or office.", kind=kind)
    store = repository.store_id(connection, store_code)
    if store is None:
        raise UserError("store_unknown", f"There is no store “{store_code}”.", store=store_code)
    if number is not None and (number < 1 or repository.is_number_taken(connection, store, kind, number)):
        raise _number_taken(kind, number)
    code, now = new_code(), clock.now()
    expires_at = now + ENROL_CODE_LIFETIME_SECONDS * MICROSECONDS_PER_SECOND
    repository.add_code(connection, code_hash(code), OpenCode(store, kind, number, name), now, expires_at)
    return code


def enrol(database: Database, *, code: str, public_key: bytes, name: str, address: str) -> Enrolled:
    """Join a device by a code; a failed attempt is noted in a transaction of its own.

    Args:
        database: where.
        code: as typed.
        public_key: the device's raw Ed25519 public key.
        name: what the device calls itself, empty for ``Till 2``; the code's own name comes first.
        address: where the call comes from; too many failed attempts from there are turned away.

    Raises:
        Malformed: ``public_key_invalid``.
        Forbidden: ``enrol_code_invalid``, the same for wrong, used and expired codes.
        TooMany: ``enrol_too_often``.
        Conflicting: ``device_number_taken``.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Malformed("public_key_invalid", "The public key must be 32 bytes of Ed25519.")
    since = database.clock.now() - ATTEMPTS_WINDOW_SECONDS * MICROSECONDS_PER_SECOND
    with database.writing() as connection:
        if repository.attempts(connection, address, since) >= ATTEMPTS_MAX:
            raise TooMany("enrol_too_often", "Too many wrong codes. Wait ten minutes and try again.")
        if len(code) <= CODE_MAX_CHARACTERS:
            joined = _join(connection, database.clock, database.ids, code=code, public_key=public_key, name=name)
            if joined is not None:
                return joined
    with database.writing() as connection:
        repository.add_attempt(connection, address, database.clock.now(), since)
    raise Forbidden("enrol_code_invalid", "This code is wrong, used or older than a day. Ask for a new one.")


def _join(
    connection: Connection, clock: Clock, ids: IdMaker, *, code: str, public_key: bytes, name: str
) -> Enrolled | None:
    now, device_id = clock.now(), ids.new()
    opens = repository.use_code(connection, code_hash(code), device_id, now)
    if opens is None:
        return None
    repository.lock_store(connection, opens.store_id)
    number = opens.number or repository.next_number(connection, opens.store_id, opens.kind)
    if repository.is_number_taken(connection, opens.store_id, opens.kind, number):
        raise _number_taken(opens.kind, number)
    chosen = opens.name or name.strip()[:NAME_MAX_CHARACTERS] or f"{opens.kind.capitalize()} {number}"
    device = ListedDevice(device_id, "", opens.kind, number, chosen, now, None, None, 0)
    repository.add_device(connection, device, opens.store_id, public_key)
    return Enrolled(device_id, opens.store_id, opens.kind, number, chosen)


def _number_taken(kind: str, number: int) -> Conflicting:
    return Conflicting(
        "device_number_taken", f"There is or was a {kind} {number} in this store. Choose another number."
    )


def list_devices(connection: Connection) -> list[ListedDevice]:
    """Every device, by store, kind and number."""
    return repository.devices(connection)


def revoke(connection: Connection, clock: Clock, device_id: uuid.UUID) -> None:
    """Stop a device from syncing, from its next call on.

    Raises:
        UserError: ``device_unknown``.
    """
    if not repository.revoke(connection, device_id, clock.now()) and device_id not in {
        device.id for device in repository.devices(connection)
    }:
        raise UserError("device_unknown", "There is no such device.", device=str(device_id))
