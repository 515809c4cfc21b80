"""Joining by one-time code: a new device, one in the place of a lost one, one that comes back, one with new keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS, ENROL_CODE_LIFETIME_SECONDS, NAME_MAX_CHARACTERS
from shared.sales import COPY_SERIES_FIRST
from sync_server.auth import service as auth
from sync_server.db.sessions import Connection, Database
from sync_server.devices import repository
from sync_server.devices.enrol_code import code_hash, new_code
from sync_server.devices.repository import Code, KeptDevice, Purpose
from sync_server.errors import Conflicting, Forbidden, Malformed, TooMany

KINDS = ("till", "office")
PUBLIC_KEY_BYTES = 32
ATTEMPTS_MAX = 20
ATTEMPTS_WINDOW_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Returning:
    """What a home says that belonged to a device of this server before.

    Attributes:
        device_id: the device it was; it stays that device.
        number: its number then; it keeps it where nobody else has it now.
        receipt_series: the last series it knows of.
        proof: an assertion signed by its old key.
    """

    device_id: uuid.UUID
    number: int
    receipt_series: int
    proof: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device learns when it has joined.

    Attributes:
        receipt_series: the series it numbers its receipts in from now on.
        replaces: the name of the device whose place it took and that may no longer sync; empty where there is none.
    """

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    receipt_series: int
    replaces: str = ""


def make_enrol_code(
    connection: Connection,
    clock: Clock,
    *,
    store_code: str,
    kind: str,
    number: int | None = None,
    name: str = "",
    is_replacement: bool = False,
) -> str:
    """A code that enrols one device within 24 hours; it is shown once and kept as a hash.

    With ``is_replacement`` the device takes the place of the one with this number, which may no longer sync from then
    on.

    Raises:
        UserError: ``store_unknown``, ``device_kind_unknown``, ``device_number_taken``, ``device_number_missing`` or
            ``device_unknown`` (nobody has the number that is to be replaced).
    """
    if kind not in KINDS:
        raise UserError("device_kind_unknown", "The kind of a device is till or office.", kind=kind)
    store = repository.store_id(connection, store_code)
    if store is None:
        raise UserError("store_unknown", f"There is no store “{store_code}”.", store=store_code)
    if is_replacement and number is None:
        raise UserError("device_number_missing", "Say which number the lost device had, with --number.")
    holders = [] if number is None else repository.with_number(connection, store, kind, number)
    if is_replacement and not holders:
        raise UserError("device_unknown", f"There is no {kind} {number} in this store to replace.", number=number)
    if number is not None and not is_replacement and (number < 1 or holders):
        raise _number_taken(kind, number)
    purpose = Purpose.REPLACE if is_replacement else Purpose.JOIN
    return _new_code(connection, clock, Code(store, kind, number, name, purpose))


def make_recovery_code(connection: Connection, clock: Clock, device_id: uuid.UUID) -> str:
    """A code with which one device gets new keys within 24 hours; a revoked one is let in again by it.

    Raises:
        UserError: ``device_unknown``.
    """
    found = repository.device(connection, device_id)
    if found is None:
        raise UserError("device_unknown", "There is no such device.", device=str(device_id))
    opens = Code(found.store_id, found.kind, found.number, found.name, Purpose.REKEY, found.id)
    return _new_code(connection, clock, opens)


def enrol(
    database: Database,
    *,
    code: str,
    public_key: bytes,
    name: str,
    address: str,
    returning: Returning | None = None,
) -> Enrolled:
    """Join a device by a code; a failed attempt is noted in a transaction of its own.

    The same code with the same key is answered again: the first answer may have been lost.

    A home that belonged to a device already comes back as that device, with a new key: what it holds unsent, its open
    shift and its receipts stay its own. It must have been revoked, or be unknown because this server was restored.

    Args:
        database: where.
        code: as typed.
        public_key: the device's raw Ed25519 public key.
        name: what the device calls itself, empty for ``Till 2``; the code's own name comes first.
        address: where the call comes from; too many failed attempts from there are turned away.
        returning: who the home was before; None for a new one.

    Raises:
        Malformed: ``public_key_invalid``.
        Forbidden: ``enrol_code_invalid``, the same for wrong, used and expired codes.
        TooMany: ``enrol_too_often``.
        Conflicting: ``device_number_taken`` or ``already_enrolled``.
        Unauthorised: ``assertion_invalid``, ``assertion_expired`` or ``assertion_used``, for the proof.
    """

    def join(connection: Connection, opens: Code, hashed: bytes) -> Enrolled | None:
        if opens.purpose == Purpose.REKEY:
            return None
        if opens.used_at is not None:
            return _answered_before(connection, opens, public_key)
        now = database.clock.now()
        before = None if returning is None else _came_back(database, connection, returning, now)
        device_id = database.ids.new() if returning is None else returning.device_id
        repository.lock_store(connection, opens.store_id)
        number = _number_for(connection, opens, before, returning)
        replaced = _put_out(connection, opens, number, device_id, now)
        kept_name = "" if before is None or before.number != number else before.name
        chosen = opens.name or name.strip()[:NAME_MAX_CHARACTERS] or kept_name or f"{opens.kind.capitalize()} {number}"
        joined = KeptDevice(device_id, opens.store_id, opens.kind, number, chosen, None, public_key, 0)
        told = 0 if returning is None or returning.receipt_series >= COPY_SERIES_FIRST else returning.receipt_series
        joined = replace(joined, receipt_series=max(told, repository.last_series(connection, joined)) + 1)
        repository.put_device(connection, joined, now)
        repository.use_code(connection, hashed, device_id, now)
        return _enrolled(joined, replaced)

    return _with_code(database, code, public_key, address, join)


def rekey(database: Database, *, device_id: uuid.UUID, code: str, public_key: bytes, address: str) -> Enrolled:
    """Give a device whose keys were lost a new one; its receipts go on in a new series.

    The same code with the same key is answered again: the first answer may have been lost.

    Raises:
        Malformed: ``public_key_invalid``.
        Forbidden: ``enrol_code_invalid``, also for another device's code.
        TooMany: ``enrol_too_often``.
    """

    def change_key(connection: Connection, opens: Code, hashed: bytes) -> Enrolled | None:
        if opens.purpose != Purpose.REKEY or opens.device_id != device_id:
            return None
        repository.lock_store(connection, opens.store_id)
        if opens.used_at is not None:
            return _answered_before(connection, opens, public_key)
        found = repository.device(connection, device_id)
        if found is None:
            return None
        now = database.clock.now()
        number = found.number
        if _is_held_by_another(connection, found.store_id, found.kind, number, found.id):
            number = repository.next_number(connection, found.store_id, found.kind)
        keyed = replace(found, number=number, public_key=public_key)
        keyed = replace(keyed, receipt_series=repository.last_series(connection, keyed) + 1)
        repository.put_device(connection, keyed, now)
        repository.use_code(connection, hashed, keyed.id, now)
        return _enrolled(keyed)

    return _with_code(database, code, public_key, address, change_key)


def _with_code(
    database: Database,
    code: str,
    public_key: bytes,
    address: str,
    use: Callable[[Connection, Code, bytes], Enrolled | None],
) -> Enrolled:
    """Do what a code opens; wrong codes are counted, and too many of them turned away."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Malformed("public_key_invalid", "The public key must be 32 bytes of Ed25519.")
    since = database.clock.now() - ATTEMPTS_WINDOW_SECONDS * MICROSECONDS_PER_SECOND
    with database.writing() as connection:
        if repository.attempts(connection, address, since) >= ATTEMPTS_MAX:
            raise TooMany("enrol_too_often", "Too many wrong codes. Wait ten minutes and try again.")
        if len(code) <= CODE_MAX_CHARACTERS:
            hashed = code_hash(code)
            opens = repository.code(connection, hashed, database.clock.now())
            done = None if opens is None else use(connection, opens, hashed)
            if done is not None:
                return done
    with database.writing() as connection:
        repository.add_attempt(connection, address, database.clock.now(), since)
    raise Forbidden("enrol_code_invalid", "This code is wrong, used or older than a day. Ask for a new one.")


def _new_code(connection: Connection, clock: Clock, opens: Code) -> str:
    code, now = new_code(), clock.now()
    expires_at = now + ENROL_CODE_LIFETIME_SECONDS * MICROSECONDS_PER_SECOND
    repository.add_code(connection, code_hash(code), opens, now, expires_at)
    return code


def _came_back(database: Database, connection: Connection, returning: Returning, now: int) -> KeptDevice | None:
    """The device a home was, proven by its old key; None where this server does not know it.

    Raises:
        Conflicting: ``already_enrolled`` for a device that may sync: it needs no code.
        Unauthorised: ``assertion_invalid`` and others.
    """
    known = auth.find_device(connection, returning.device_id)
    if known is None:
        return None
    if known.revoked_at is None:
        raise Conflicting("already_enrolled", "This home belongs to a device that may sync. It needs no code.")
    auth.require_proof(connection, database.identity, known, returning.proof, now)
    return repository.device(connection, returning.device_id)


def _number_for(connection: Connection, opens: Code, before: KeptDevice | None, returning: Returning | None) -> int:
    """The number that a device gets: the code's, the one it had where it is free, or the next one."""
    if opens.number is not None:
        return opens.number
    if returning is not None and returning.number >= 1:
        is_here = before is None or (before.store_id, before.kind) == (opens.store_id, opens.kind)
        number = returning.number if before is None else before.number
        holder = (opens.store_id, opens.kind, number, returning.device_id)
        if is_here and not _is_held_by_another(connection, *holder):
            return number
    return repository.next_number(connection, opens.store_id, opens.kind)


def _is_held_by_another(connection: Connection, store: uuid.UUID, kind: str, number: int, device_id: uuid.UUID) -> bool:
    """Whether another device has the number, and may still sync."""
    holders = repository.with_number(connection, store, kind, number)
    return any(revoked_at is None and holder != device_id for holder, _, revoked_at in holders)


def _put_out(connection: Connection, opens: Code, number: int, device_id: uuid.UUID, now: int) -> str:
    """Make the number free; gives the name of the device that was put out of it.

    Raises:
        Conflicting: ``device_number_taken``.
    """
    others = [
        each for each in repository.with_number(connection, opens.store_id, opens.kind, number) if each[0] != device_id
    ]
    if opens.purpose == Purpose.REPLACE:
        for other, _, _ in others:
            repository.revoke(connection, other, now)
        return others[0][1] if others else ""
    if opens.number is not None and others:
        raise _number_taken(opens.kind, number)
    return ""


def _answered_before(connection: Connection, opens: Code, public_key: bytes) -> Enrolled | None:
    """The same answer again for the device that used the code: its first one may have been lost on the way."""
    device = None if opens.device_id is None else repository.device(connection, opens.device_id)
    return _enrolled(device) if device is not None and device.public_key == public_key else None


def _enrolled(device: KeptDevice, replaced: str = "") -> Enrolled:
    return Enrolled(
        device.id, device.store_id, device.kind, device.number, device.name, device.receipt_series, replaced
    )


def _number_taken(kind: str, number: int) -> Conflicting:
    return Conflicting(
        "device_number_taken",
        f"There is or was a {kind} {number} in this store. Choose another number, or replace it with --replace.",
    )
