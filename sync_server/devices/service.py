"""Devices as other nouns and the operator see them: the list, revocation, and the secret each hands on with its pushes.

How they join is in ``joining_service``, what they tell of themselves in ``seen_service``.
"""

from __future__ import annotations

import uuid

from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.errors import UserError
from sync_server.db.sessions import Connection
from sync_server.devices import repository, seen_repository
from sync_server.devices.seen_repository import ListedDevice
from sync_server.errors import Conflicting

__all__ = ["ListedDevice"]

SKEW_MAX_US = 300 * MICROSECONDS_PER_SECOND
"""Beyond five minutes a device's clock is worth a word: what it does is ordered by the server, its receipts are not."""


def list_devices(connection: Connection) -> list[ListedDevice]:
    """Every device, by store, kind and number."""
    return seen_repository.devices(connection)


def skewed_devices(connection: Connection) -> int:
    """How many devices that may sync have a clock that is more than five minutes off."""
    return seen_repository.skewed(connection, SKEW_MAX_US)


def revoke(connection: Connection, clock: Clock, device_id: uuid.UUID) -> None:
    """Stop a device from syncing, from its next call on; one that is revoked stays so.

    Raises:
        UserError: ``device_unknown``.
    """
    if not repository.revoke(connection, device_id, clock.now()) and repository.device(connection, device_id) is None:
        raise UserError("device_unknown", "There is no such device.", device=str(device_id))


def advance_succession(
    connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, succession: bytes, successor: bytes
) -> None:
    """Hand on the secret of one life of a device, in the transaction that takes its push.

    A push that is sent again because its answer was lost shows the same pair and passes. Two copies of one device show
    different successors for one secret: the second of them is told. A life never heard of, and the first push after
    the server was restored, begin a succession.

    Args:
        connection: the transaction of the push; the device's row is locked in it.
        device_id: who pushes.
        incarnation: which life of its numbering.
        succession: the secret the server last confirmed; empty at the beginning.
        successor: the next one; empty where the caller keeps none (then nothing is checked).

    Raises:
        Conflicting: ``push_fork``.
    """
    if successor and not repository.hand_on(connection, device_id, incarnation, succession, successor):
        raise Conflicting(
            "push_fork", "This device was copied or restored: another copy of it has gone on in the meantime."
        )
