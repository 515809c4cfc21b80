"""Revocations last: a restore of the database does not let anybody in again.

They are kept in the lasting log of the home too (``db.lasting_log``). Every worker of every machine follows the
database into its own log once a second; and before it serves, and whenever the epoch has changed, it revokes again
whom the database has forgotten. A device that joined again after it was revoked stays let in.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import structlog

from shared.clock import Clock
from shared.ids import derived_id
from shared.sync.decision import EntryKind, EntryState
from sync_server.db.lasting_log import Deed, Lasting, LastingLog
from sync_server.db.sessions import Connection, Engine
from sync_server.devices import revocation_repository
from sync_server.devices.revocation_repository import Forgotten
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry

_log = structlog.get_logger(__name__)


class RevocationKeeper:
    """Keeps the log of one home and the database at one; used by one thread at a time."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._log = LastingLog(home)
        self._clock = clock
        self._known: frozenset[Lasting] = frozenset()
        self._epoch = 0

    def follow(self, engine: Engine, server_id: uuid.UUID, epoch: int) -> None:
        """Write into the log whom the database has revoked, and revoke again whom it has forgotten.

        Args:
            engine: the database.
            server_id: whose it is.
            epoch: its epoch; only at the first call and in a new epoch can it have forgotten anything.
        """
        if epoch != self._epoch:
            with engine.begin() as connection:
                restore(connection, self._log, server_id, self._clock.now())
            self._epoch = epoch
        with engine.connect() as connection:
            now_revoked = _lines(server_id, revocation_repository.revoked(connection))
        if now_revoked - self._known:
            self._log.append(now_revoked)
            self._known = now_revoked


def restore(connection: Connection, log: LastingLog, server_id: uuid.UUID, now: int) -> list[Forgotten]:
    """Revoke again whom the log knows as revoked and the database does not; gives which devices."""
    latest: dict[uuid.UUID, int] = {}
    for line in log.read().lines:
        if line.server_id == server_id and line.deed == Deed.REVOKED:
            latest[line.subject] = max(line.at, latest.get(line.subject, 0))
    forgotten = revocation_repository.revoke_again(connection, latest) if latest else []
    inbox.add_entries(connection, [_entry(device, latest[device.id], now) for device in forgotten])
    for device in forgotten:
        _log.warning("a device is revoked again: the database had forgotten it", device=str(device.id))
    return forgotten


def missing_in(connection: Connection, log: LastingLog, server_id: uuid.UUID) -> int:
    """How many revocations of the database are not in a home's log yet."""
    return len(_lines(server_id, revocation_repository.revoked(connection)) - log.read().lines)


def _lines(server_id: uuid.UUID, revoked: dict[uuid.UUID, int]) -> frozenset[Lasting]:
    return frozenset(Lasting(server_id, Deed.REVOKED.value, device_id, at) for device_id, at in revoked.items())


def _entry(device: Forgotten, revoked_at: int, now: int) -> Entry:
    return Entry(
        id=derived_id("revoked_again", device.id, str(revoked_at), str(now)),
        kind=EntryKind.RECOVERY,
        entity="device",
        entity_id=device.id,
        title=device.name,
        reason=(
            f"{device.name} was revoked before the restore, and the backup did not know. It is revoked again. If it "
            "was let in again since, make a code for it."
        ),
        created_at=now,
        state=EntryState.SETTLED,
        store_id=device.store_id,
    )
