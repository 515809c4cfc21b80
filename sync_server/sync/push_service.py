"""A device's push: whether it may be taken as it is, then each mutation once (``intake_service``), then the answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shared.limits import PUSH_MAX_BYTES, PUSH_MAX_MUTATIONS
from shared.sync.operations import arguments_hash
from shared.sync.wire import PushAnswer, PushRequest, SentMutation
from sync_server.auth import service as auth
from sync_server.db.context import PushContext
from sync_server.db.epoch import Standing, require_epoch, standing_epoch
from sync_server.db.sessions import Connection, Database
from sync_server.devices import service as devices
from sync_server.epochs import window_service as recovery_windows
from sync_server.epochs import witness_service as witnesses
from sync_server.errors import Conflicting, Malformed, TooLarge
from sync_server.sync import intake_service, progress_repository
from sync_server.sync.intake_service import Sender

_ID_BYTES = 16
_INSTANT_MAX_US = 2**62


@dataclass(frozen=True, slots=True)
class _Push:
    """One request on its way through."""

    database: Database
    device_id: uuid.UUID
    request: PushRequest

    @property
    def incarnation(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.request.incarnation)

    def admit(self, connection: Connection) -> PushContext:
        """Lock the device for this transaction and check that it may push."""
        progress_repository.lock_device(connection, self.device_id)
        device = auth.require_device(connection, self.device_id)
        request, clock = self.request, self.database.clock
        standing = standing_epoch(connection)
        if not witnesses.agrees(request.witness, standing):
            self._examine(connection, standing)
        require_epoch(standing, request.epoch)
        try:
            devices.advance_succession(
                connection, self.device_id, self.incarnation, request.succession, request.successor
            )
        except Conflicting:
            self._examine(connection, standing)  # A database that went back in time accuses nobody.
            raise
        now = clock.now()
        ahead = request.device_time - now if request.device_time else 0
        store, name, ids = device.store_id, device.name, self.database.ids
        return PushContext(device.id, store, name, now, ids, clock, ahead, self.incarnation)

    def accept_gap(self, connection: Connection, context: PushContext, expected: int, found: int) -> None:
        """Numbers are missing: the device has them and sends them, unless a restore took them and nobody has them."""
        self._examine(connection, standing_epoch(connection))
        may_resume = self.request.resume and recovery_windows.accept_missing(
            connection, context, self.incarnation, first=expected, last=found - 1
        )
        if not may_resume:
            raise Conflicting(
                "push_gap", "Some mutations are missing. Send them from the expected one.", expected=expected
            )

    def _examine(self, connection: Connection, standing: Standing) -> None:
        """Whether it is the server that forgot. Raises ``HistoryLost`` where the device proves it."""
        witnesses.examine_closely(connection, self.database.identity, self.request.witness, standing)


def push(database: Database, device_id: uuid.UUID, request: PushRequest) -> PushAnswer:
    """Apply what is new in a request and answer for everything in it.

    Raises:
        Malformed: ``push_malformed``.
        TooLarge: ``push_too_large``.
        Unauthorised: ``device_revoked``.
        Conflicting: ``epoch_changed`` with ``epoch``, ``push_gap`` with ``expected``, or ``push_fork`` when a number
            is known with another id or hash, or when the succession was handed on to another copy.
    """
    check_request(request)
    pushed = _Push(database, device_id, request)
    mutations = request.mutations
    acknowledged = mutations[0].number - 1 if mutations else 0
    sender = Sender(database, device_id, pushed.incarnation, acknowledged, pushed.admit, pushed.accept_gap)
    find = partial(auth.require_device, device_id=device_id)
    taken = witnesses.heeding(database, find, lambda: intake_service.take(sender, mutations))
    results = [taken.results[mutation.number] for mutation in mutations]
    return PushAnswer(taken.last_number, results, database.clock.now())


def check_request(request: PushRequest) -> None:
    """Pass if a request is as the protocol says, whatever its mutations mean.

    Raises:
        Malformed: ``push_malformed``.
        TooLarge: ``push_too_large``.
    """
    mutations = request.mutations
    if len(request.incarnation) != _ID_BYTES or len(mutations) > PUSH_MAX_MUTATIONS:
        raise Malformed("push_malformed", f"At most {PUSH_MAX_MUTATIONS} mutations of one incarnation at a time.")
    size = sum(len(sent.arguments) for sent in mutations)
    if size > PUSH_MAX_BYTES and len(mutations) > 1:
        raise TooLarge(
            "push_too_large",
            f"At most {PUSH_MAX_BYTES // 1024**2} MiB of mutations at a time. Send fewer of them.",
            bytes=size,
            at_most=PUSH_MAX_BYTES,
        )
    _check_mutations(mutations)


def _check_mutations(mutations: Sequence[SentMutation]) -> None:
    for at, sent in enumerate(mutations):
        if sent.number != mutations[0].number + at or sent.number < 1 or len(sent.id) != _ID_BYTES:
            raise Malformed("push_malformed", "Mutations are numbered one after the other, from 1.", number=sent.number)
        if arguments_hash(sent.name, sent.version, sent.arguments) != sent.hash:
            raise Malformed("push_malformed", "A mutation was damaged on the way. Send it again.", number=sent.number)
        if abs(sent.made_at) > _INSTANT_MAX_US or sent.number > _INSTANT_MAX_US:
            raise Malformed("push_malformed", "An instant or a number is beyond all bounds.", number=sent.number)
