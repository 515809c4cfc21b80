"""What is well and what is not with this device, in plain sentences."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from desktop.paths import Home
from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.fingerprint import fingerprint_of
from desktop.replica.identity import DeviceIdentity, find_identity
from desktop.replica.key_file import is_wrapped
from desktop.replica.schema import USER_VERSION
from desktop.secrets import SecretStore, secret_store
from desktop.settings import Settings
from desktop.usecases.recoverable import shop_recovery_key
from desktop.usecases.start import replica_key
from shared.clock import MICROSECONDS_PER_SECOND, Clock, datetime_at
from shared.errors import CounterfoilError
from shared.ids import IdMaker
from shared.sync.recovery_key import key_name

SKEW_MAX_SECONDS = 300
DISK_FREE_MIN_BYTES = 500 * 1024 * 1024


class Health(StrEnum):
    """How one thing stands."""

    GOOD = "good"
    LOOK = "look"
    """It works, and someone should know."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    health: Health
    text: str


class ClockPort(Protocol):
    """The server, as far as the doctor needs it."""

    def server_time(self) -> int:
        """The server's clock, UTC microseconds.

        Raises:
            EnvironmentFailure: ``server_unreachable``.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def examine(
    home: Home, settings: Settings, clock_of: Callable[[str], ClockPort], *, clock: Clock, ids: IdMaker
) -> Iterator[Finding]:
    """Look at one thing after the other; whatever is broken is a finding, never an error.

    ``clock_of`` gives the server's clock at an address. The home's lock is not taken: a till may be running.
    """
    yield _home(home)
    if not home.replica.exists():
        yield Finding(
            "replica", Health.LOOK, "none: this device has not joined a shop yet (counterfoil enrol URL CODE)"
        )
        return
    try:
        secrets = secret_store(home, settings.secrets)
        key = replica_key(secrets)
        replica = Replica.open(home.replica, key, clock=clock, ids=ids)
    except CounterfoilError as error:
        yield Finding("replica", Health.BAD, error.message)
        return
    try:
        yield from _replica(home, replica, secrets)
        with replica.read() as connection:
            identity = find_identity(connection)
        if identity is None:
            yield Finding("device", Health.BAD, "enrolment broke off; run counterfoil enrol again")
            return
        yield from _device(replica, identity)
        yield _recovery(home, replica, key)
        if identity.fingerprint not in {"", fingerprint_of(home.replica)}:
            yield Finding("copy", Health.LOOK, "this home is a copy; it goes on with receipts of a new series")
        with closing(clock_of(identity.server_url)) as server:
            yield from _server(identity, server, clock)
    finally:
        replica.close()


def _home(home: Home) -> Finding:
    folder = next(each for each in (home.folder, *home.folder.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    health = Health.GOOD if free >= DISK_FREE_MIN_BYTES else Health.BAD
    return Finding("home", health, f"{home.folder}, {free // 1024**2:,} MiB free on the disk")


def _replica(home: Home, replica: Replica, secrets: SecretStore) -> Iterator[Finding]:
    size = home.replica.stat().st_size
    with replica.read() as connection:
        sound = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        products = int(connection.exec_driver_sql("SELECT count(*) FROM product").scalar_one())
    health = Health.GOOD if sound == "ok" else Health.BAD
    words = "sound" if sound == "ok" else f"damaged: {sound}"
    yield Finding(
        "replica", health, f"encrypted, {size // 1024:,} KiB, schema {USER_VERSION}, {products:,} products, {words}"
    )
    yield Finding(
        "keys",
        Health.GOOD if secrets.is_keychain else Health.LOOK,
        f"in {secrets.description}"
        if secrets.is_keychain
        else f"in {secrets.description}: no keychain is used here, so whoever reads that file can read the replica",
    )


def _device(replica: Replica, identity: DeviceIdentity) -> Iterator[Finding]:
    with replica.read() as connection:
        waiting, refused = outbox.pending_count(connection), outbox.refused_count(connection)
    as_of = identity.consistent_at
    known = "never in step yet" if as_of is None else f"in step as of {datetime_at(as_of):%Y-%m-%d %H:%M} UTC"
    yield Finding("device", Health.GOOD, f"{identity.name} ({identity.kind} {identity.number}), {known}")
    yield Finding("waiting to be sent", Health.GOOD if waiting == 0 else Health.LOOK, f"{waiting:,}")
    if refused:
        yield Finding("refused", Health.BAD, f"{refused:,} kept; see the sync centre of the office")


def _recovery(home: Home, replica: Replica, key: bytes) -> Finding:
    with replica.read() as connection:
        public_key = shop_recovery_key(connection)
    if public_key is None:
        return Finding(
            "recovery",
            Health.LOOK,
            "the shop has no recovery key yet: without this machine's keys, what was not sent is lost "
            "(counterfoil-server recovery-key)",
        )
    if not is_wrapped(home.key_file, key, public_key):
        return Finding(
            "recovery",
            Health.LOOK,
            f"not wrapped to the shop's recovery key {key_name(public_key)} yet: open this home",
        )
    return Finding("recovery", Health.GOOD, f"opens with the shop's recovery key {key_name(public_key)}")


def _server(identity: DeviceIdentity, server: ClockPort, clock: Clock) -> Iterator[Finding]:
    try:
        there = server.server_time()
    except CounterfoilError as error:
        yield Finding("server", Health.BAD, f"{identity.server_url}: {error.message}")
        return
    yield Finding("server", Health.GOOD, f"{identity.server_url} answers")
    skew = round((clock.now() - there) / MICROSECONDS_PER_SECOND)
    if abs(skew) <= 2:
        yield Finding("clock", Health.GOOD, "agrees with the server's")
    else:
        health = Health.LOOK if abs(skew) <= SKEW_MAX_SECONDS else Health.BAD
        yield Finding("clock", health, f"{abs(skew):,} s {'ahead of' if skew > 0 else 'behind'} the server's; set it")
