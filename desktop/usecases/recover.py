"""Opening a home whose keychain is gone, and letting its device sync again. Nothing in the home is lost on the way.

The replica's key comes out of the file beside it with the shop's recovery key; the device gets a new key of its own by
a one-time recovery code. Each step is kept as soon as it is done, so that whatever fails can be tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from desktop.paths import Home
from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.home_lock import HomeLock
from desktop.replica.identity import DeviceIdentity, identity_of
from desktop.replica.key_file import read_key_file, unwrap
from desktop.secrets import DEVICE_KEY, REPLICA_KEY, SecretStore, secret_store
from desktop.settings import Settings
from desktop.usecases.enrol import Enrolment, next_device_key, settle_device_key, take_up
from desktop.usecases.start import not_enrolled
from shared.clock import Clock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import IdMaker
from shared.sync.recovery_key import private_key_from


class RecoveryDesk(Protocol):
    """The server, as far as a home in need has to do with it."""

    def rekey(self, code: str, public_key: str, identity: DeviceIdentity) -> Enrolment:
        """Spend a one-time recovery code for this device.

        Raises:
            UserError: ``enrol_code_invalid``, ``other_server``.
            EnvironmentFailure: ``server_unreachable`` and others.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done.

    Attributes:
        secrets: where the keys lie now.
        is_unwrapped: the replica's key was brought back with the recovery key.
        is_rekeyed: the device has a new key of its own.
        waiting: mutations that wait to be sent.
    """

    identity: DeviceIdentity
    secrets: SecretStore
    is_unwrapped: bool
    is_rekeyed: bool
    waiting: int


def recover(
    home: Home,
    settings: Settings,
    desk_at: Callable[[str], RecoveryDesk],
    *,
    code: str,
    recovery_key: str,
    public_key_text: Callable[[bytes], str],
    clock: Clock,
    ids: IdMaker,
) -> Recovered:
    """Bring back the keys of a home, as far as they are gone.

    Args:
        home: where the replica is.
        settings: where keys are kept from now on.
        desk_at: the server at an address.
        code: the one-time recovery code; empty where the device's own key is not gone.
        recovery_key: the shop's recovery key as it was printed; empty where the replica's key is not gone.
        public_key_text: makes the public half of a private key.
        clock: the device's clock.
        ids: makes identifiers.

    Raises:
        UserError: ``not_enrolled``, ``recovery_key_missing``, ``recovery_key_invalid``, ``recovery_key_wrong``,
            ``recovery_file_missing``, ``recovery_code_missing``, ``enrol_code_invalid``, ``other_server``.
        EnvironmentFailure: ``replica_in_use``, ``recovery_file_damaged``, ``recovery_file_foreign``,
            ``server_unreachable`` and others.
    """
    if not home.replica.exists():
        raise not_enrolled()
    home.make()
    lock = HomeLock(home.lock)
    lock.take()
    try:
        secrets = secret_store(home, settings.secrets, is_lost=True)
        kept = secrets.get(REPLICA_KEY)
        key = kept or _unwrapped(home, recovery_key)
        replica = _opened(home, key, clock, ids, is_unwrapped=kept is None)
        try:
            secrets.set(REPLICA_KEY, key)
            with replica.read() as connection:
                identity, waiting = identity_of(connection), outbox.pending_count(connection)
            found = Recovered(identity, secrets, is_unwrapped=kept is None, is_rekeyed=False, waiting=waiting)
            if not code.strip():
                _require_device_key(found)
                return found
            device_key = next_device_key(secrets)
            with closing(desk_at(identity.server_url)) as desk:
                accepted = desk.rekey(code.strip(), public_key_text(device_key), identity)
            taken_up = take_up(home, replica, secrets, accepted, identity.server_url)
            settle_device_key(secrets, device_key)
            return replace(found, identity=taken_up.identity, is_rekeyed=True)
        finally:
            replica.close()
    finally:
        lock.release()


def _unwrapped(home: Home, recovery_key: str) -> bytes:
    if not recovery_key.strip():
        raise UserError(
            "recovery_key_missing",
            "The key of this replica is gone from this machine. Give the shop's recovery key: "
            "counterfoil recover --recovery-key FILE.",
        )
    private_key = private_key_from(recovery_key)
    kept = read_key_file(home.key_file)
    if kept is None:
        raise UserError(
            "recovery_file_missing",
            f"There is no {home.key_file.name} beside the replica: this device joined before the shop had a recovery "
            "key. Look for the file in a copy of the home folder.",
            file=home.key_file.name,
        )
    return unwrap(kept, private_key)


def _opened(home: Home, key: bytes, clock: Clock, ids: IdMaker, *, is_unwrapped: bool) -> Replica:
    try:
        return Replica.open(home.replica, key, clock=clock, ids=ids)
    except EnvironmentFailure as failure:
        if failure.code != "replica_key_wrong" or not is_unwrapped:
            raise
        raise EnvironmentFailure(
            "recovery_file_foreign",
            f"The key in {home.key_file.name} is not the one of this replica: they come from different homes or days. "
            "Look for the file that lay beside it.",
            file=home.key_file.name,
        ) from failure


def _require_device_key(found: Recovered) -> None:
    """Pass if the device has its own key; else say how it gets another one."""
    if found.secrets.get(DEVICE_KEY) is None:
        raise UserError(
            "recovery_code_missing",
            f"The home opens again and can sell; {found.waiting:,} changes wait. To send them, get a code with "
            f"counterfoil-server recovery-code {found.identity.device_id} and run: counterfoil recover --code CODE.",
            device=str(found.identity.device_id),
            waiting=found.waiting,
        )
