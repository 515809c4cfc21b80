"""The outbox of a revoked device: taken and kept, without effect until an operator applies or discards it.

A device may be revoked while it still holds sales that nobody else knows of. They are not thrown away, and they are
not believed either: somebody looks at them first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shared.errors import UserError
from shared.ids import derived_id
from shared.limits import QUARANTINE_MAX_BYTES, QUARANTINE_MAX_MUTATIONS
from shared.sync.decision import EntryKind, Take
from shared.sync.wire import MutationResult, PushAnswer, PushRequest, SentMutation
from sync_server.auth import service as auth
from sync_server.auth.service import KnownDevice
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection, Database
from sync_server.errors import Conflicting, TooLarge
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.sync import intake_service, progress_repository, quarantine_repository
from sync_server.sync.intake_service import Sender
from sync_server.sync.push_service import check_request
from sync_server.sync.quarantine_repository import HandedIn, Quarantined
from sync_server.sync.refusals import storable, storable_name

__all__ = ["Applied", "HandedIn"]

STATUS = "quarantined"
_APPLIED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """How many mutations took effect, and what was refused: (name, why)."""

    applied: int = 0
    refused: tuple[tuple[str, str], ...] = ()


def hand_in(database: Database, assertion: str, request: PushRequest) -> PushAnswer:
    """Keep what a revoked device never sent; what it sent before is told as ``repeated``, the rest ``quarantined``.

    Handing in the same again changes nothing, so an answer that is lost costs nothing. Where nothing is handed in, the
    answer tells how far this life of the device is known: what it had sent above that, a restore has lost.

    Raises:
        Unauthorised: see ``auth.service.revoked_device``.
        Malformed: ``push_malformed``.
        TooLarge: ``push_too_large``, or ``quarantine_full`` when the device has handed in more than is kept of one.
    """
    check_request(request)
    incarnation = uuid.UUID(bytes=request.incarnation)
    with database.writing() as connection:
        device = auth.revoked_device(connection, database.identity, database.clock, assertion)
        progress_repository.lock_device(connection, device.id)
        ids = [uuid.UUID(bytes=sent.id) for sent in request.mutations]
        known = progress_repository.known_ids(connection, device.id, ids)
        fresh = [_storable(sent) for sent in request.mutations if uuid.UUID(bytes=sent.id) not in known]
        _require_room(connection, device, fresh)
        now = database.clock.now()
        new = quarantine_repository.keep(connection, device.id, incarnation, fresh, now=now)
        last_number = (
            request.mutations[-1].number
            if request.mutations
            else progress_repository.life(connection, device.id, incarnation).last_number
        )
        if new:
            inbox.add_entries(connection, [_entry(device, [sent for sent in fresh if sent.id in new], now)])
    results = [_result(sent, is_known=uuid.UUID(bytes=sent.id) in known) for sent in request.mutations]
    return PushAnswer(last_number, results, now)


def handed_in(connection: Connection) -> list[HandedIn]:
    """What every device has in quarantine."""
    return quarantine_repository.summary(connection)


def apply(database: Database, device_id: uuid.UUID) -> Applied:
    """Let everything that waits of a device take effect, as if it had been pushed; once, however often it is asked.

    What cannot be applied is refused and goes to the inbox like any other.

    Raises:
        UserError: ``quarantine_empty``.
    """
    done = Applied()
    while True:
        with database.reading() as connection:
            device = auth.find_device(connection, device_id)
            waiting = quarantine_repository.waiting(connection, device_id, _APPLIED_AT_ONCE)
        if device is None or not waiting:
            break
        part = _apply(database, device, waiting)
        done = Applied(done.applied + part.applied, (*done.refused, *part.refused))
    if done == Applied():
        raise _empty(device_id)
    return done


def discard(database: Database, device_id: uuid.UUID, reason: str) -> int:
    """Decide that what waits of a device will never take effect; it is kept, with the reason. Gives how many.

    Raises:
        UserError: ``quarantine_empty``.
    """
    discarded = 0
    with database.writing() as connection:
        progress_repository.lock_device(connection, device_id)
        now = database.clock.now()
        while waiting := quarantine_repository.waiting(connection, device_id, _APPLIED_AT_ONCE):
            outcomes = [(each.id, MutationResult(each.number, "", "", storable(reason))) for each in waiting]
            quarantine_repository.decide(connection, device_id, "discarded", outcomes, now=now)
            _close_entries(connection, waiting, Take.THEIRS, now)
            discarded += len(waiting)
    if not discarded:
        raise _empty(device_id)
    return discarded


def _apply(database: Database, device: KnownDevice, waiting: list[Quarantined]) -> Applied:
    """Apply some: they get numbers of their own, in a life that stands for the quarantine of the device."""
    life = _life_of(device)
    with database.reading() as connection:
        last = progress_repository.life(connection, device.id, life).last_number
    numbered = [each.as_sent(last + at) for at, each in enumerate(waiting, 1)]
    sender = Sender(database, device.id, life, last, _admit(database, device), _no_gap)
    results = intake_service.take(sender, numbered).results
    outcomes = [(each.id, results[last + at]) for at, each in enumerate(waiting, 1)]
    with database.writing() as connection:
        now = database.clock.now()
        quarantine_repository.decide(connection, device.id, "applied", outcomes, now=now)
        _close_entries(connection, waiting, Take.MINE, now)
    refused = [
        (each.name, result.message)
        for each, (_, result) in zip(waiting, outcomes, strict=True)
        if result.status == "refused"
    ]
    return Applied(len(waiting) - len(refused), tuple(refused))


def _admit(database: Database, device: KnownDevice) -> Callable[[Connection], PushContext]:
    clock, life = database.clock, _life_of(device)

    def admit(connection: Connection) -> PushContext:
        progress_repository.lock_device(connection, device.id)
        return PushContext(device.id, device.store_id, device.name, clock.now(), database.ids, clock, incarnation=life)

    return admit


def _life_of(device: KnownDevice) -> uuid.UUID:
    """What stands for a device's quarantine: its numbers count in it, and what is merged has come from there."""
    return derived_id("quarantine", device.id)


def _no_gap(connection: Connection, context: PushContext, expected: int, found: int) -> None:
    del connection, context, found
    raise Conflicting("quarantine_busy", "Somebody else is applying the same. Look again.", expected=expected)


def _storable(sent: SentMutation) -> SentMutation:
    return msgspec.structs.replace(sent, name=storable_name(sent.name))


def _require_room(connection: Connection, device: KnownDevice, fresh: list[SentMutation]) -> None:
    count, size = quarantine_repository.held(connection, device.id)
    count, size = count + len(fresh), size + sum(len(sent.arguments) for sent in fresh)
    if count > QUARANTINE_MAX_MUTATIONS or size > QUARANTINE_MAX_BYTES:
        raise TooLarge(
            "quarantine_full",
            "This device has handed in more than is kept of one. An operator has to look at that first.",
            mutations=count,
            bytes=size,
        )


def _result(sent: SentMutation, *, is_known: bool) -> MutationResult:
    if is_known:
        return MutationResult(sent.number, "repeated")
    return MutationResult(sent.number, STATUS, "device_revoked", "It waits until somebody has looked at it.")


def _entry(device: KnownDevice, sent: list[SentMutation], now: int) -> Entry:
    changes = "1 change" if len(sent) == 1 else f"{len(sent):,} changes"
    return Entry(
        id=_entry_id(device.id, sent[0].id),
        kind=EntryKind.QUARANTINE,
        entity="device",
        entity_id=device.id,
        title=device.name,
        reason=(
            f"This device was revoked and then handed in {changes} that this server does not have. They have no effect "
            "until an operator applies or discards them: counterfoil-server quarantine list"
        ),
        created_at=now,
        store_id=device.store_id,
        mine={"mutations": len(sent), "first": sent[0].number, "last": sent[-1].number},
        mine_by=device.name,
        mine_at=max(each.made_at for each in sent),
        stands="theirs",
    )


def _close_entries(connection: Connection, decided: list[Quarantined], take: Take, now: int) -> None:
    """An entry is named after the first mutation of what was handed in at once."""
    entries = [_entry_id(each.device_id, each.id.bytes) for each in decided]
    inbox.close_entries(connection, entries, take, now=now)


def _entry_id(device_id: uuid.UUID, mutation_id: bytes) -> uuid.UUID:
    return derived_id("quarantine", device_id, uuid.UUID(bytes=mutation_id))


def _empty(device_id: uuid.UUID) -> UserError:
    return UserError(
        "quarantine_empty",
        "Nothing of this device waits in quarantine. See: counterfoil-server quarantine list",
        device=str(device_id),
    )
