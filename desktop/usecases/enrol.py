"""Joining a device to a server by a one-time code. Afterwards the home has keys, a replica and an identity.

A home that belonged to a device before comes back as that device: one that was revoked, or one that a restored server
does not know. What it holds unsent goes with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from desktop.paths import Home
from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.home_lock import HomeLock
from desktop.replica.identity import (
    DeviceIdentity,
    change_identity,
    find_identity,
    identity_of,
    start_new_incarnation,
    write_identity,
)
from desktop.replica.key_file import keep_wrapped
from desktop.secrets import DEVICE_KEY, NEXT_DEVICE_KEY, REPLICA_KEY, SecretStore, new_key, secret_store
from desktop.settings import Settings
from desktop.usecases.lives import begin_counting, keep_count
from shared.clock import Clock
from shared.errors import UserError
from shared.ids import IdMaker
from shared.sync.recovery_key import public_key_from


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the server says to a device that joins.

    Attributes:
        receipt_series: the series its receipts are numbered in from now on.
        replaces: the name of the device whose place it took; empty where there is none.
        recovery_key: the shop's public recovery key, base64url; empty where there is none yet.
    """

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: str
    epoch: int
    receipt_series: int = 1
    replaces: str = ""
    recovery_key: str = ""


class Standing(Enum):
    """What a server says of a home that belongs to a device."""

    WELCOME = "welcome"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    OTHER_SERVER = "other_server"


@dataclass(frozen=True, slots=True)
class FormerDevice:
    """The device a home belonged to, and its old private key, with which it proves that."""

    identity: DeviceIdentity
    private_key: bytes


class EnrolmentDesk(Protocol):
    """Where a device joins."""

    @property
    def url(self) -> str:
        """The server's address."""
        ...

    def standing_of(self, former: FormerDevice) -> Standing:
        """What the server says of a device.

        Raises:
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        ...

    def enrol(self, code: str, public_key: str, name: str, former: FormerDevice | None = None) -> Enrolment:
        """Spend a one-time code, with ``former`` to come back as that device.

        Raises:
            UserError: ``enrol_code_invalid``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The outcome: who this device is now, where its keys lie, and what waits to be sent.

    Attributes:
        replaces: the name of the device whose place it took.
        is_recoverable: its key is wrapped to the shop's recovery key.
        waiting: mutations that came with a home that returned.
    """

    identity: DeviceIdentity
    secrets: SecretStore
    replaces: str = ""
    is_recoverable: bool = False
    waiting: int = 0


def enrol(
    home: Home,
    settings: Settings,
    desk: EnrolmentDesk,
    code: str,
    *,
    public_key_text: Callable[[bytes], str],
    clock: Clock,
    ids: IdMaker,
    name: str = "",
) -> Enrolled:
    """Join this home to a server. Nothing in a new home changes before the server has accepted the code.

    Args:
        home: an empty home, one whose enrolment broke off, or one whose device the server no longer lets in.
        settings: where keys are kept.
        desk: the server.
        code: the one-time code; case, spaces and dashes do not matter.
        public_key_text: makes the public half of a private key, as the server wants it.
        clock: the device's clock.
        ids: makes identifiers.
        name: the device's name; empty: the server gives one.

    Raises:
        UserError: ``already_enrolled``, ``other_server``, ``enrol_code_invalid``.
        EnvironmentFailure: ``server_unreachable``, ``replica_in_use``, ``home_unusable``, ``device_key_missing`` …
    """
    home.make()
    lock = HomeLock(home.lock)
    lock.take()
    try:
        secrets = secret_store(home, settings.secrets)
        former = _former(home, secrets, clock, ids)
        key = _replica_key(home, secrets)
        if former is not None:
            _require_out(desk.standing_of(former), former.identity)
        device_key = new_key() if former is None else next_device_key(secrets)
        accepted = desk.enrol(code.strip(), public_key_text(device_key), name, former)
        secrets.set(REPLICA_KEY, key)
        if former is None:
            secrets.set(DEVICE_KEY, device_key)
        replica = Replica.open(home.replica, key, clock=clock, ids=ids)
        try:
            if former is None:
                _write_first(replica, accepted, desk.url)
            joined = take_up(home, replica, secrets, accepted, desk.url)
            settle_device_key(secrets, device_key)
        finally:
            replica.close()
        return Enrolled(
            joined.identity, secrets, accepted.replaces, _wrapped(home, key, accepted.recovery_key), joined.waiting
        )
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A home after the server accepted it: who it is, and how many mutations wait."""

    identity: DeviceIdentity
    waiting: int


def take_up(home: Home, replica: Replica, secrets: SecretStore, accepted: Enrolment, url: str) -> TakenUp:
    """Write what the server said into the home's identity and begin a new life in the series it gave."""
    with replica.write() as unit:
        waiting = outbox.pending_count(unit.connection)
        start_new_incarnation(
            unit.connection,
            unit.ids.new(),
            outbox.first_waiting(unit.connection),
            series=accepted.receipt_series,
        )
        change_identity(
            unit.connection,
            device_id=accepted.device_id,
            store_id=accepted.store_id,
            kind=accepted.kind,
            number=accepted.number,
            name=accepted.name,
            server_url=url,
            server_id=accepted.server_id,
        )
        openings = begin_counting(unit, home.replica)
        identity = identity_of(unit.connection)
    keep_count(secrets, openings)
    return TakenUp(identity, waiting)


def next_device_key(secrets: SecretStore) -> bytes:
    """The key that is offered to the server: kept before it is sent, so that a lost answer can be asked for again."""
    key = secrets.get(NEXT_DEVICE_KEY) or new_key()
    secrets.set(NEXT_DEVICE_KEY, key)
    return key


def settle_device_key(secrets: SecretStore, device_key: bytes) -> None:
    """The server accepted the key and the home knows it: it is the device's own from now on."""
    secrets.set(DEVICE_KEY, device_key)
    secrets.delete(NEXT_DEVICE_KEY)


def _former(home: Home, secrets: SecretStore, clock: Clock, ids: IdMaker) -> FormerDevice | None:
    """The device this home belongs to; None for a new home, and where an enrolment broke off."""
    key = secrets.get(REPLICA_KEY) if home.replica.exists() else None
    if key is None:
        return None
    replica = Replica.open(home.replica, key, clock=clock, ids=ids)
    try:
        with replica.read() as connection:
            identity = find_identity(connection)
    finally:
        replica.close()
    if identity is None:
        return None
    private_key = secrets.get(DEVICE_KEY)
    if private_key is None:
        raise UserError(
            "device_key_missing",
            f"This home belongs to {identity.name}, and its key is not in {secrets.description}. Get a recovery code "
            f"(counterfoil-server recovery-code {identity.device_id}) and run: counterfoil recover --code CODE.",
        )
    return FormerDevice(identity, private_key)


def _replica_key(home: Home, secrets: SecretStore) -> bytes:
    """The key of the replica that is there, else a fresh one."""
    if not home.replica.exists():
        return new_key()
    kept = secrets.get(REPLICA_KEY)
    if kept is None:
        raise _already_enrolled()
    return kept


def _require_out(standing: Standing, identity: DeviceIdentity) -> None:
    if standing is Standing.WELCOME:
        raise _already_enrolled()
    if standing is Standing.OTHER_SERVER:
        raise UserError(
            "other_server",
            f"This home belongs to the shop at {identity.server_url}, and this is another one. Choose an empty folder "
            "with --home.",
            url=identity.server_url,
        )


def _write_first(replica: Replica, accepted: Enrolment, url: str) -> None:
    with replica.write() as unit:
        identity = DeviceIdentity(
            device_id=accepted.device_id,
            store_id=accepted.store_id,
            kind=accepted.kind,
            number=accepted.number,
            name=accepted.name,
            server_url=url,
            server_id=accepted.server_id,
            incarnation=unit.ids.new(),
            receipt_series=accepted.receipt_series,
            enrolled_at=unit.clock.now(),
        )
        write_identity(unit.connection, identity)


def _wrapped(home: Home, replica_key: bytes, recovery_key: str) -> bool:
    """Whether the home's key is wrapped to the shop's recovery key now."""
    public_key = public_key_from(recovery_key)
    if public_key is None:
        return False
    keep_wrapped(home.key_file, replica_key, public_key)
    return True


def _already_enrolled() -> UserError:
    return UserError(
        "already_enrolled", "This home belongs to a device already. Choose an empty folder with --home for a new one."
    )
