"""Opening a home: keys, lock and replica, in the order in which each can fail without harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from desktop.log import write_log_to
from desktop.paths import Home
from desktop.replica.engine import Replica
from desktop.replica.home_lock import HomeLock
from desktop.secrets import REPLICA_KEY, SecretStore, secret_store
from desktop.settings import Settings
from desktop.usecases.lives import count_closing, count_opening, keep_count
from desktop.usecases.recoverable import keep_recoverable
from shared.clock import Clock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import IdMaker


@dataclass(frozen=True, slots=True)
class Device:
    """An open home."""

    home: Home
    replica: Replica
    secrets: SecretStore
    clock: Clock
    ids: IdMaker


@contextmanager
def opened_device(home: Home, settings: Settings, *, clock: Clock, ids: IdMaker) -> Iterator[Device]:
    """Hold the home and open its replica for the length of a block.

    Raises:
        UserError: ``not_enrolled`` when there is no replica yet.
        EnvironmentFailure: ``replica_in_use``, ``replica_key_missing`` and those of ``Replica.open``.
    """
    if not home.replica.exists():
        raise not_enrolled()
    home.make()
    write_log_to(home.logs)
    lock = HomeLock(home.lock)
    lock.take()
    try:
        secrets = secret_store(home, settings.secrets)
        key = replica_key(secrets)
        replica = Replica.open(home.replica, key, clock=clock, ids=ids)
        try:
            _begin(home, replica, secrets)
            keep_recoverable(home, replica, key)
            yield Device(home, replica, secrets, clock, ids)
            _end(replica, secrets)
        finally:
            replica.close()
    finally:
        lock.release()


def _begin(home: Home, replica: Replica, secrets: SecretStore) -> None:
    with replica.write() as unit:
        openings = count_opening(unit, home.replica, secrets)
    if openings:
        keep_count(secrets, openings)


def _end(replica: Replica, secrets: SecretStore) -> None:
    """After a good end; one that broke off is not counted."""
    with replica.write() as unit:
        openings = count_closing(unit)
    if openings:
        keep_count(secrets, openings)


def replica_key(secrets: SecretStore) -> bytes:
    """The key of the replica.

    Raises:
        EnvironmentFailure: ``replica_key_missing``.
    """
    key = secrets.get(REPLICA_KEY)
    if key is None:
        raise EnvironmentFailure(
            "replica_key_missing",
            f"The key of this device's replica is not in {secrets.description}. Log in as the person who enrolled "
            "this device, or open the home with the shop's recovery key: counterfoil recover --recovery-key FILE.",
        )
    return key


def not_enrolled() -> UserError:
    """This home has no replica."""
    return UserError(
        "not_enrolled", "This device has not joined a shop yet. Get a code from the office and run: counterfoil enrol."
    )
