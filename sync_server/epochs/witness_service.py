"""Witnesses: what devices know of the server's history, in the server's own signed words.

The marker in the home tells a database that went back in time; where the home is gone too, or went back with it, only
devices can tell. Each answer to a pull carries a **witness**: the epoch, its random name and the tide, under a
signature made with the server's secret. A device shows the last one with each push and pull. A database that is behind
what it once signed is older than what devices know, and begins a new epoch above both.

A database that lost something and has grown beyond it since is behind no more. But it had not come as far *at the
witness's time*, as its own stamps tell: that is looked at where something else is wrong already (``examine_closely``).

Nothing else that a device says of epochs is believed: whoever cannot sign cannot move the epoch, however high a number
it names. The secret is in every backup of the database, so that a restored server knows its own word again.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import structlog

from shared.errors import EnvironmentFailure
from shared.ids import derived_id
from shared.sync.decision import EntryKind
from sync_server.auth.service import KnownDevice
from sync_server.db.epoch import Standing, Tide, standing_epoch
from sync_server.db.identity import ServerIdentity
from sync_server.db.sessions import Connection, Database
from sync_server.db.standby import is_standby
from sync_server.epochs import repository
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry

WITNESS_BYTES = 72
UNPROVEN = "epoch"
"""What the inbox entry of a device that could not prove what it says names as its field."""

_BODY = struct.Struct(">Q16sQQ")
_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Witness:
    """How far a history had come.

    Attributes:
        epoch: its number.
        name: of the epoch; see ``db.epoch.Standing``.
        tide: the sum of all scopes' positions: it only ever grows within a history.
        at: when it was seen there, the database's clock, UTC microseconds, and no stamp it counts is younger.
    """

    epoch: int
    name: bytes
    tide: int
    at: int

    def is_beyond(self, other: Witness) -> bool:
        """Whether a database that stands at ``other`` lacks what this one saw: it is older, or of another history."""
        if self.epoch != other.epoch:
            return self.epoch > other.epoch
        return self.name != other.name or self.tide > other.tide

    def is_same_place(self, other: Witness | None) -> bool:
        """Whether both saw a history that had come equally far."""
        return other is not None and (self.epoch, self.name, self.tide) == (other.epoch, other.name, other.tide)


class HistoryLost(EnvironmentFailure):
    """A device has proved that this database is older than what was served. ``heeding`` deals with it.

    Attributes:
        witness: what it showed.
    """

    def __init__(self, witness: Witness) -> None:
        super().__init__(
            "history_changed",
            "The database is older than what devices know. The server is putting itself right; try again in a moment.",
            retry_after_seconds=1,
        )
        self.witness = witness


def reached(standing: Standing, tide: Tide) -> Witness:
    """What a transaction sees."""
    return Witness(standing.epoch, standing.name, tide.height, max(standing.at, tide.at))


def signed(identity: ServerIdentity, witness: Witness) -> bytes:
    """A witness as it travels; empty where its epoch has no name yet."""
    if not witness.name:
        return b""
    body = _BODY.pack(witness.epoch, witness.name, witness.tide, witness.at)
    return body + _signature(identity, body)


def shown(raw: bytes) -> Witness | None:
    """What bytes say, whoever made them; None where they are no witness."""
    return Witness(*_BODY.unpack_from(raw)) if len(raw) == WITNESS_BYTES else None


def agrees(raw: bytes, standing: Standing) -> bool:
    """Whether whoever shows ``raw`` knows of no other epoch; whoever shows nothing agrees with everything."""
    witness = shown(raw)
    return witness is None or (witness.epoch, witness.name) == (standing.epoch, standing.name)


def examine(connection: Connection, identity: ServerIdentity, raw: bytes, standing: Witness) -> None:
    """Pass unless ``raw`` proves that the database has lost something it stood at once.

    Raises:
        HistoryLost: it does.
        EnvironmentFailure: ``not_yet`` on a standby, which may only be behind.
    """
    witness = shown(raw)
    if witness is not None and standing.name and witness.is_beyond(standing) and _is_signed(identity, raw):
        _refuse(connection, witness)


def examine_closely(connection: Connection, identity: ServerIdentity, raw: bytes, standing: Standing) -> None:
    """The same where something else speaks for it: also prove it by what the database had at the witness's time.

    Raises:
        HistoryLost, EnvironmentFailure: as ``examine``.
    """
    witness = shown(raw)
    if witness is None or not standing.name or not _is_signed(identity, raw):
        return
    if _is_lost(connection, witness, reached(standing, repository.tide(connection))):
        _refuse(connection, witness)


def not_yet() -> EnvironmentFailure:
    """What a standby says that is behind what a device has seen elsewhere."""
    return EnvironmentFailure(
        "not_yet", "This server follows another one and is a moment behind. Ask again.", retry_after_seconds=1
    )


def heeding(database: Database, device: Callable[[Connection], KnownDevice], ask: Callable[[], _Answer]) -> _Answer:
    """What ``ask`` gives; where a device proves that history was lost, asked once more in the epoch that then begins.

    Args:
        database: where.
        device: finds the device that asks.
        ask: answers in transactions of its own.

    Raises:
        whatever ``ask`` raises.
    """
    try:
        return ask()
    except HistoryLost as lost:
        with database.writing() as connection:
            _begin_epoch_above(connection, database, lost.witness, device(connection))
        return ask()


def note_unproven(database: Database, device: KnownDevice, epoch: int) -> None:
    """Tell somebody, once for each device, that it knows an epoch above the standing one and cannot prove it."""
    entry = Entry(
        id=derived_id("unproven_epoch", device.id),
        kind=EntryKind.RECOVERY,
        entity="device",
        entity_id=device.id,
        field=UNPROVEN,
        title=device.name,
        reason=(
            f"{device.name} says that this server was in epoch {epoch:,} before, and cannot prove it. If the database "
            f"is an older one, run: counterfoil-server new-epoch --above {epoch} --reason … If it is not, look at the "
            "device."
        ),
        created_at=database.clock.now(),
        store_id=device.store_id,
        mine=epoch,
        mine_by=device.name,
    )
    with database.writing() as connection:
        if is_standby(connection):
            return
        if inbox.add_entries(connection, [entry]):
            _log.warning("a device knows a later epoch and cannot prove it", device=str(device.id), epoch=epoch)


def count_unproven(connection: Connection) -> int:
    """How many devices know a later epoch, cannot prove it, and are still to be looked at."""
    return inbox.count_open(connection, EntryKind.RECOVERY, UNPROVEN)


def _begin_epoch_above(connection: Connection, database: Database, witness: Witness, device: KnownDevice) -> None:
    """Declare an epoch above what a device proved, unless somebody else has by now."""
    repository.lock(connection)
    found, standing = repository.look(connection, []), standing_epoch(connection)
    here = reached(standing, repository.tide(connection))
    if not _is_lost(connection, witness, here):
        return
    epoch, now = max(found.epoch, witness.epoch) + 1, database.clock.now()
    why = f"{device.name} proved that the database is older than what was served: {_told(witness, here)}."
    repository.overtake(connection, found.epoch, witness.at)
    repository.note(connection, found, epoch)
    repository.log(connection, found, epoch, why=why, at=now)
    entry = Entry(
        id=derived_id("witnessed_epoch", database.identity.server_id, str(epoch)),
        kind=EntryKind.RECOVERY,
        entity="device",
        entity_id=device.id,
        title=f"Epoch {epoch}",
        reason=(
            f"{why} Devices now send what it has lost. What was changed here meanwhile stays, and where a device has "
            "something else, that is in the inbox too."
        ),
        created_at=now,
        mine=witness.epoch,
        mine_by=device.name,
    )
    inbox.add_entries(connection, [entry])
    _log.warning("a new epoch was declared", epoch=epoch, why=why)


def _is_lost(connection: Connection, witness: Witness, here: Witness) -> bool:
    """Whether a witness's history is not the one that the transaction sees: as it stands, or as it was then."""
    if here.epoch > witness.epoch:
        return False
    return witness.is_beyond(here) or repository.tide_at(connection, witness.at) < witness.tide


def _refuse(connection: Connection, witness: Witness) -> NoReturn:
    if is_standby(connection):
        raise not_yet()
    raise HistoryLost(witness)


def _told(witness: Witness, here: Witness) -> str:
    if witness.is_beyond(here):
        there = f"and was at epoch {witness.epoch} with {witness.tide:,}"
        return f"it is at epoch {here.epoch} with {here.tide:,} changes {there}"
    return f"of the {witness.tide:,} changes that there were in epoch {here.epoch}, it does not know the last ones"


def _is_signed(identity: ServerIdentity, raw: bytes) -> bool:
    return hmac.compare_digest(raw[_BODY.size :], _signature(identity, raw[: _BODY.size]))


def _signature(identity: ServerIdentity, body: bytes) -> bytes:
    return hmac.digest(identity.secret, b"counterfoil witness\0" + identity.server_id.bytes + body, hashlib.sha256)
