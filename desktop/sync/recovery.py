"""Coming to terms with a server that was restored or failed over: a new epoch.

What this device knows beyond the server is sent again or offered, and nothing that is shown is lost on the way:

1. ``Recovery.reconcile``: ask which of our mutations the server has, put the others back into the queue;
2. every scope is filled anew by pages while its rows stay in use (``pulled.restart_scope``);
3. at the consistent point ``GivingBack`` offers what did not come again, before it would be swept;
4. the next push carries the offers, and the next pull brings what the server made of them.

Each step is on the disk before the next begins, so that a crash anywhere goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import cast

import msgspec

from desktop.replica import cursors, held_back, offers, pulled, resending, sync_events
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, change_identity, identity_of
from desktop.replica.rows import aggregate_of
from desktop.replica.unit_of_work import UnitOfWork
from desktop.sync.questions import question
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.sync.wire import PullAnswer, PullRequest, PushAnswer, PushRequest, SentMutation

EPOCH_CHANGED = "epoch_changed"
SERVER_OLDER = "server_older"
_FIRST: offers.Member = ("", b"", 0)

Step = Callable[[UnitOfWork], None]
Note = Callable[[str, Sequence[bytes]], None]


class EpochGuard:
    """Stands before the server: what belongs to another epoch reaches neither lane.

    Everything but ``push`` and ``pull`` goes through as it is.
    """

    def __init__(self, replica: Replica, server: SyncServer) -> None:
        self._replica = replica
        self._server = server

    def __getattr__(self, name: str) -> object:
        """Whatever else the server can do."""
        return getattr(self._server, name)

    def push(self, request: PushRequest) -> PushAnswer:
        """Send mutations, under the epoch this device has come to terms with."""
        with self._replica.read() as connection:
            epoch, witness = resending.known_epoch(connection), resending.witness(connection)
            base = identity_of(connection).outbox_base
            numbers = [base + sent.number for sent in request.mutations]
            refused = resending.refused_before(connection, numbers)
        mutations = [_kept_refused(sent, refused.get(base + sent.number)) for sent in request.mutations]
        return self._server.push(msgspec.structs.replace(request, epoch=epoch, mutations=mutations, witness=witness))

    def pull(self, request: PullRequest) -> PullAnswer:
        """Fetch what is new.

        Raises:
            EnvironmentFailure: ``epoch_changed`` for an answer from a history this device does not know yet,
                ``server_older`` for one that does not know this device's.
        """
        with self._replica.read() as connection:
            epoch, witness = resending.known_epoch(connection), resending.witness(connection)
        answer = self._server.pull(msgspec.structs.replace(request, witness=witness))
        _require_not_older(answer, epoch)
        if epoch not in (0, answer.epoch):
            raise EnvironmentFailure(
                EPOCH_CHANGED, "The server was restored. This device compares what it has.", epoch=answer.epoch
            )
        return answer


class Recovery:
    """Brings one replica to terms with the epoch of one server; used by one thread at a time."""

    def __init__(self, replica: Replica, server: SyncServer) -> None:
        self._replica = replica
        self._server = server

    def reconcile(self) -> None:
        """Ask what the server has of this device's mutations, and put the others back into the queue.

        Raises:
            EnvironmentFailure: the server or the line failed; it is asked again next time. ``server_older``.
        """
        me = self._count_from_what_is_kept()
        with self._replica.read() as connection:
            epoch, witness = resending.known_epoch(connection), resending.witness(connection)
        answer = self._server.pull(question(me, witness))
        _require_not_older(answer, epoch)
        last, projected = me.outbox_base + answer.last_number, me.outbox_base + answer.projected_number
        self._prepare(last, projected)
        with self._replica.read() as connection:
            is_kept_whole = resending.first_kept(connection, last) == last + 1
        if not is_kept_whole:
            self._offer_own_movements()
        with self._replica.write(is_background=True) as unit:
            count = resending.take_up(unit.connection, answer.epoch, last=last, projected=projected)
            sync_events.add(unit.connection, unit.clock.now(), "note", _told(count))

    def _count_from_what_is_kept(self) -> DeviceIdentity:
        """Who this device is, once everything it keeps can be sent again.

        What was accepted in an earlier life lies below the present count, where no number of the wire reaches. The
        count begins anew before it; what the server has of it, it knows by the identifiers. Receipts go on in their
        series: it is no copy that counts here.
        """
        with self._replica.write(is_background=True) as unit:
            me = identity_of(unit.connection)
            first = resending.first_kept(unit.connection, 0)
            if first > me.outbox_base:
                return me
            change_identity(
                unit.connection, incarnation=unit.ids.new(), outbox_base=first - 1, succession=b"", successor=b""
            )
            return identity_of(unit.connection)

    def has_offers_waiting(self) -> bool:
        """Whether something that was offered has not been sent yet."""
        with self._replica.read() as connection:
            sql = "SELECT 1 FROM outbox WHERE state = 'waiting' AND name LIKE '%.offer' LIMIT 1"
            return connection.exec_driver_sql(sql).first() is not None

    def _prepare(self, last: int, projected: int) -> None:
        with self._replica.write(is_background=True) as unit:
            resending.begin(unit.connection)
        after: int | None = min(last, projected)
        while after is not None:
            with self._replica.write(is_background=True) as unit:
                after = resending.prepare(unit.connection, after, last=last, projected=projected)

    def _offer_own_movements(self) -> None:
        """Mutations that the server lost are no longer kept: what they moved by hand is still here."""
        after: bytes | None = b""
        while after is not None:
            with self._replica.write(is_background=True) as unit:
                found = resending.own_movements(unit.connection, after, offers.OFFERED_AT_ONCE)
                for _, payload in found:
                    offers.offer(unit, aggregate_of("stock_movement"), payload, 1)
            after = found[-1][0] if found else None


class GivingBack:
    """The last steps before a consistent point is reached: settle, and offer what the server lost before it is swept.

    Args:
        me: this device when the answer began to be applied.
        epoch: of the answer.
        settled: own mutations (outbox numbers) up to it are settled at this point.
        note: told which aggregates were written or erased.
    """

    def __init__(self, me: DeviceIdentity, epoch: int, settled: int, note: Note) -> None:
        self._me = me
        self._epoch = epoch
        self._settled = settled
        self._note = note
        self._aside: list[cursors.ScopeCursor] = []
        self._after = _FIRST
        self._has_more = True

    def steps(self) -> Iterator[Step]:
        """Short pieces of work, each in the transaction it is given."""
        yield self._find
        if not self._aside and not self._has_more:
            return
        for cursor in self._aside:
            self._after, self._has_more = _FIRST, True
            while self._has_more:
                yield partial(self._give_back, cursor)
        self._has_more = True
        while self._has_more:
            yield self._offer_held_back

    def _find(self, unit: UnitOfWork) -> None:
        self._aside = cursors.cursors_set_aside(unit.connection)
        self._has_more = bool(held_back.next_held_back(unit.connection, 1))

    def _give_back(self, cursor: cursors.ScopeCursor, unit: UnitOfWork) -> None:
        members = offers.next_members(unit.connection, cursor, self._after)
        self._has_more = bool(members)
        if members:
            self._after = members[-1]
            erased = offers.give_back(unit, cursor, members, epoch=self._epoch, settled=self._settled)
            for entity, ids in erased.items():
                self._note(entity, ids)

    def _offer_held_back(self, unit: UnitOfWork) -> None:
        self._has_more = offers.offer_held_back(unit) > 0


def leave_scope(
    unit: UnitOfWork, cursor: cursors.ScopeCursor, me: DeviceIdentity, epoch: int
) -> dict[str, list[bytes]]:
    """A scope is not granted any more: erase it; gives what was erased.

    A restored server does not know the scopes that came into being since its backup: what they hold is not erased but
    set aside, and given back at the consistent point.
    """
    if me.epoch not in (0, epoch):
        cursors.set_aside(unit.connection, cursor)
        return {}
    return pulled.erase_scope(unit.connection, cursor, me.settled_number)


def guarded(replica: Replica, server: SyncServer) -> SyncServer:
    """The server behind an ``EpochGuard``."""
    return cast("SyncServer", EpochGuard(replica, server))


def _require_not_older(answer: PullAnswer, known_epoch: int) -> None:
    """A server in an earlier epoch than this device knows was not convinced by its witness: nothing is given up for it.

    Raises:
        EnvironmentFailure: ``server_older``.
    """
    if answer.epoch < known_epoch:
        raise EnvironmentFailure(
            SERVER_OLDER,
            f"The server was put back to before what this device knows (epoch {answer.epoch}, here {known_epoch}). "
            "Sell on; whoever looks after the server has to say that it was (counterfoil-server new-epoch).",
            epoch=answer.epoch,
            known_epoch=known_epoch,
        )


def _kept_refused(sent: SentMutation, refusal: tuple[str, str] | None) -> SentMutation:
    if refusal is None:
        return sent
    return msgspec.structs.replace(sent, refused=refusal[0], reason=refusal[1])


def _told(count: int) -> str:
    again = f"{count:,} changes are sent again, and what" if count else "What"
    return f"The server was restored from a backup or failed over. {again} it has lost is given back to it."
