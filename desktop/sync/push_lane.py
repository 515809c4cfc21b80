"""The push lane: what waits in the outbox is sent in order, and what the server says of it is noted.

One thread at a time sends: two senders of one queue would send everything twice. Nothing leaves the queue but by an
answer that was read to its end; a failure of any kind leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import structs

from desktop.replica import damaged, identity, outbox, sync_events
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity
from desktop.sync import fork
from desktop.sync.fork import Succession
from desktop.sync.questions import question
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import MutationResult, PushAnswer, PushRequest, SentMutation

PUSH_MAX_MUTATIONS = 500
PUSH_MAX_BYTES = 1024 * 1024

PUSH_MIN_BYTES = 16 * 1024

_TOO_LARGE_STATUS = 413
_TOO_LARGE = frozenset({"push_too_large", "body_too_large"})
_LESS_AT_A_TIME = frozenset({"server_unreachable", "server_failed", "database_unavailable"})
"""After these a smaller batch may get through: a weak line, or a server that takes too long over one."""
_OF_THE_PUSH_ALONE = frozenset(
    {"server_failed", "push_gap", "push_fork", "push_malformed", "push_too_large", "body_too_large"}
)
"""What goes wrong with a push says nothing about a pull: that one goes on."""
_TELLS_NOTHING = frozenset({"program_too_old", "server_too_old"})
"""The server takes what a program of this age sends, and answers none of its questions."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What the lane did.

    Attributes:
        sent: mutations the server has answered.
        refused: what it said of those it refused.
        failure: why something still waits although the server can be reached; None when all is sent.
    """

    sent: int = 0
    refused: tuple[MutationResult, ...] = ()
    failure: EnvironmentFailure | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is sent at once, and by whom."""

    me: DeviceIdentity
    mutations: list[SentMutation]
    pending: int


class PushLane:
    """Sends one replica's outbox to one server; used by one thread at a time."""

    def __init__(self, replica: Replica, server: SyncServer) -> None:
        self._replica = replica
        self._server = server
        self._count_max = PUSH_MAX_MUTATIONS
        self._bytes_max = PUSH_MAX_BYTES
        self._resumes = False

    def run(self) -> Pushed:
        """Send until nothing waits, or until a push fails for a reason that a pull does not share.

        Raises:
            EnvironmentFailure: the server or the line failed; what was answered until then stays answered.
        """
        done, is_mended = Pushed(), False
        while True:
            batch = self._next_batch()
            if not batch.mutations:
                return done
            try:
                part = self._send(batch)
            except EnvironmentFailure as failure:
                if not is_mended and self._mend(batch.me, failure):
                    is_mended = True
                elif not self._take_less(failure):
                    if failure.code not in _OF_THE_PUSH_ALONE:
                        raise
                    return replace(done, failure=failure)
            else:
                is_mended = False
                done = Pushed(done.sent + part.sent, (*done.refused, *part.refused))

    def _next_batch(self) -> _Batch:
        waiting = next_intact(self._replica, count_max=self._count_max, bytes_max=self._bytes_max)
        with self._replica.read() as connection:
            me = identity.identity_of(connection)
            return _Batch(me, waiting, outbox.pending_count(connection) if waiting else 0)

    def _send(self, batch: _Batch) -> Pushed:
        """Send a batch and note the answer."""
        succession = fork.succession_of(self._replica)
        request = self._request(batch, succession)
        answer = self._server.push(request)
        settled = self._note(batch, answer, succession)
        self._resumes = False
        self._count_max = min(PUSH_MAX_MUTATIONS, self._count_max * 2)
        self._bytes_max = min(PUSH_MAX_BYTES, self._bytes_max * 2)
        return settled

    def _note(self, batch: _Batch, answer: PushAnswer, succession: Succession) -> Pushed:
        base = batch.me.outbox_base
        # A copy of this device may have gone further under our numbers: only what was sent can have been answered.
        last_number = min(base + answer.last_number, batch.mutations[-1].number)
        answered = [mutation for mutation in batch.mutations if mutation.number <= last_number]
        with self._replica.write(is_background=True) as unit:
            now = unit.clock.now()
            refused = outbox.settle_answers(
                unit.connection,
                last_number=last_number,
                results=[_with_base(result, base) for result in answer.results],
                answered_at=now,
            )
            fork.confirm_succession(unit.connection, succession)
            identity.change_identity(unit.connection, clock_offset_us=answer.server_time - now)
        if not answered:
            raise EnvironmentFailure("server_failed", "The server took nothing of what was sent. Try again later.")
        return Pushed(len(answered), tuple(refused))

    def _request(self, batch: _Batch, succession: Succession) -> PushRequest:
        me = batch.me
        return PushRequest(
            schema=SCHEMA_VERSION,
            incarnation=me.incarnation.bytes,
            device_time=self._replica.clock.now(),
            mutations=numbered_for_wire(batch.mutations, me),
            epoch=me.epoch,
            succession=succession.succession,
            successor=succession.successor,
            resume=self._resumes,
            waiting=batch.pending,
        )

    def _mend(self, me: DeviceIdentity, failure: EnvironmentFailure) -> bool:
        """Put right what the server found wrong with our numbers; whether to try again."""
        expected = failure.data.get("expected")
        if failure.code == "push_gap" and isinstance(expected, int):
            return self._go_back_to(me.outbox_base + expected)
        if failure.code == "push_fork":
            known = self._known_there(me)
            with self._replica.write(is_background=True) as unit:
                if known is not None:
                    outbox.send_again_from(unit.connection, known + 1)
                identity.start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
            return True
        return False

    def _known_there(self, me: DeviceIdentity) -> int | None:
        """How far the server knows this life, before it ends: less than it once answered, where it forgot.

        None where the server tells programs like this one nothing any more.

        Raises:
            EnvironmentFailure: ``epoch_changed`` where it noticed by now that it was restored: then nothing was copied;
                or the server or the line failed.
        """
        try:
            return me.outbox_base + self._server.pull(question(me)).last_number
        except EnvironmentFailure as failure:
            if failure.code in _TELLS_NOTHING:
                return None
            raise

    def _go_back_to(self, number: int) -> bool:
        """The server has lost what came from a number on: send it again, or go on beyond what is no longer kept."""
        with self._replica.write(is_background=True) as unit:
            again = outbox.send_again_from(unit.connection, number)
            has_lost = outbox.first_waiting(unit.connection) > number
        may_help = again > 0 or (has_lost and not self._resumes)
        self._resumes = has_lost
        return may_help

    def _take_less(self, failure: EnvironmentFailure) -> bool:
        """Send less at a time from now on; whether to try again at once, because that was the trouble."""
        is_too_large = failure.code in _TOO_LARGE or failure.data.get("status") == _TOO_LARGE_STATUS
        if not is_too_large and failure.code not in _LESS_AT_A_TIME:
            return False
        was = (self._count_max, self._bytes_max)
        self._count_max = max(1, self._count_max // 2)
        self._bytes_max = max(PUSH_MIN_BYTES, self._bytes_max // 2)
        return is_too_large and was != (self._count_max, self._bytes_max)


def next_intact(replica: Replica, *, count_max: int, bytes_max: int) -> list[SentMutation]:
    """What is to be sent next, none of it damaged: see ``desktop.replica.damaged``."""
    with replica.read() as connection:
        waiting = outbox.waiting(connection, count_max=count_max, bytes_max=bytes_max)
    spoilt = [sent for sent in waiting if not damaged.is_intact(sent)]
    if not spoilt:
        return waiting
    with replica.write(is_background=True) as unit:
        marked = damaged.mend(unit.connection, spoilt)
        sync_events.add(unit.connection, unit.clock.now(), "note", _told_of_damage(len(spoilt) - marked, marked))
        return outbox.waiting(unit.connection, count_max=count_max, bytes_max=bytes_max)


def _told_of_damage(mended: int, marked: int) -> str:
    words = []
    if mended:
        words.append(f"{mended:,} waiting changes were damaged here and were written again from what they did.")
    if marked:
        words.append(f"{marked:,} waiting changes were damaged here and cannot be sent: somebody has to look at them.")
    return " ".join(words)


def numbered_for_wire(mutations: Iterable[SentMutation], me: DeviceIdentity) -> list[SentMutation]:
    """Mutations of the outbox under the numbers the server knows them by."""
    return [structs.replace(mutation, number=mutation.number - me.outbox_base) for mutation in mutations]


def _with_base(result: MutationResult, base: int) -> MutationResult:
    return MutationResult(result.number + base, result.status, result.code, result.message)
