"""Joining a device to a server by a one-time code. Afterwards the home has keys, a replica and an identity."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.replica.home_lock import HomeLock
from desktop.replica.identity import DeviceIdentity, find_identity, write_identity
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, SecretStore, new_key, secret_store
from desktop.settings import Settings
from shared.clock import Clock
from shared.errors import UserError
from shared.ids import IdMaker


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the server says to a device that joins."""

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_id: str
    epoch: int


class EnrolmentDesk(Protocol):
    """Where a device joins."""

    @property
    def url(self) -> str:
        """The server's address."""
        ...

    def enrol(self, code: str, public_key: str, name: str) -> Enrolment:
        """Spend a one-time code.

        Raises:
            UserError: ``enrol_code_invalid``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The outcome: who this device is now, and where its keys lie."""

    identity: DeviceIdentity
    secrets: SecretStore


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
    """Join this home to a server. Nothing in the home changes before the server has accepted the code.

    Args:
        home: an empty home, or one whose enrolment broke off.
        settings: where keys are kept.
        desk: the server.
        code: the one-time code; case, spaces and dashes do not matter.
        public_key_text: makes the public half of a private key, as the server wants it.
        clock: the device's clock.
        ids: makes identifiers.
        name: the device's name; empty: the server gives one.

    Raises:
        UserError: ``already_enrolled``, ``enrol_code_invalid``.
        EnvironmentFailure: ``server_unreachable``, ``replica_in_use``, ``home_unusable`` and others.
    """
    home.make()
    lock = HomeLock(home.lock)
    lock.take()
    try:
        secrets = secret_store(home, settings.secrets)
        replica_key, device_key = _keys(home, secrets, clock, ids)
        accepted = desk.enrol(code.strip(), public_key_text(device_key), name)
        secrets.set(REPLICA_KEY, replica_key)
        secrets.set(DEVICE_KEY, device_key)
        identity = _identity(accepted, desk.url, clock, ids)
        replica = Replica.open(home.replica, replica_key, clock=clock, ids=ids)
        try:
            with replica.write() as unit:
                write_identity(unit.connection, identity)
        finally:
            replica.close()
    finally:
        lock.release()
    return Enrolled(identity, secrets)


def _keys(home: Home, secrets: SecretStore, clock: Clock, ids: IdMaker) -> tuple[bytes, bytes]:
    """Fresh keys; the replica's own where a file was left by an enrolment that broke off."""
    kept = secrets.get(REPLICA_KEY)
    if not home.replica.exists():
        return new_key(), new_key()
    if kept is None:
        raise _already_enrolled()
    replica = Replica.open(home.replica, kept, clock=clock, ids=ids)
    try:
        with replica.read() as connection:
            if find_identity(connection) is not None:
                raise _already_enrolled()
    finally:
        replica.close()
    return kept, new_key()


def _identity(accepted: Enrolment, url: str, clock: Clock, ids: IdMaker) -> DeviceIdentity:
    return DeviceIdentity(
        device_id=accepted.device_id,
        store_id=accepted.store_id,
        kind=accepted.kind,
        number=accepted.number,
        name=accepted.name,
        server_url=url,
        server_id=accepted.server_id,
        incarnation=ids.new(),
        receipt_series=1,
        enrolled_at=clock.now(),
    )


def _already_enrolled() -> UserError:
    return UserError(
        "already_enrolled", "This home belongs to a device already. Choose an empty folder with --home for a new one."
    )
