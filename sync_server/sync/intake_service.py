"""Taking numbered mutations of a sender: each number once, in order, its effects and its number in one transaction.

The whole batch is one transaction. If something in it cannot be applied, it is done again with a savepoint for each
edit; if the database still refuses the new rows, the culprit is found by halving. What cannot be applied is refused:
its number moves on, it is kept as it came and waits in the inbox. Nothing after it is held up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from shared.errors import BugError, UserError
from shared.sync.wire import MutationResult, SentMutation
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection, Database, DBAPIError, is_retryable
from sync_server.errors import Conflicting
from sync_server.sync import apply_service, progress_repository
from sync_server.sync.apply_service import Results
from sync_server.sync.progress_repository import KnownMutation, Life, LoggedMutation
from sync_server.sync.refusals import (
    MutationRefused,
    is_of_the_surroundings,
    refusal_of,
    refused_result,
    storable_name,
)

_TRIES = 4
_PRUNED_LEEWAY_US = 24 * 3600 * MICROSECONDS_PER_SECOND
"""By how much a device's clock may be wrong where a number is recognised by the time its mutation was made."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where numbered mutations come from.

    Attributes:
        incarnation: the life of the device's numbering they are numbered in.
        acknowledged: the sender knows the answers to all numbers up to here.
        admit: locks the device in a transaction, checks that it may send, and says who it is.
        accept_gap: what to do when numbers are missing (the expected one, and the first that came): raises, or makes
            a note of it and returns.
    """

    database: Database
    device_id: uuid.UUID
    incarnation: uuid.UUID
    acknowledged: int
    admit: Callable[[Connection], PushContext]
    accept_gap: Callable[[Connection, PushContext, int, int], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of mutations, by number, and the highest number of the sender that is committed now."""

    results: Results
    last_number: int


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Mutations as the server knows them: how far the sender is, what it has had before, and what is new."""

    life: Life
    had: Results
    fresh: Sequence[SentMutation]

    def taken(self, fresh: Results) -> Taken:
        """With the results of what is new, once that is committed."""
        last_number = self.fresh[-1].number if self.fresh else self.life.last_number
        return Taken(self.had | fresh, last_number)


class _Unapplied(Exception):
    """Something in a batch cannot be applied; the cause says what."""


@dataclass(frozen=True, slots=True)
class _Portion:
    """Consecutive mutations to be applied in one transaction."""

    mutations: Sequence[SentMutation]
    is_careful: bool = False

    def smaller(self) -> list[_Portion]:
        """What to try instead, the first one last."""
        if not self.is_careful:
            return [_Portion(self.mutations, is_careful=True)]
        middle = len(self.mutations) // 2
        return [_Portion(self.mutations[middle:], is_careful=True), _Portion(self.mutations[:middle], is_careful=True)]


def take(sender: Sender, mutations: Sequence[SentMutation]) -> Taken:
    """Apply what is new; gives what became of every one of the mutations.

    Raises:
        Conflicting: ``push_fork`` when a number is known with another id or hash, and what ``sender`` raises.
        DBAPIError: the database is unwell; what was committed until then stays, and may be sent again.
    """
    results: Results = {}
    last_number = 0
    waiting = [_Portion(mutations)]
    while waiting:
        portion = waiting.pop()
        try:
            taken = _in_one_transaction(sender, portion)
        except _Unapplied as unapplied:
            cause = unapplied.__cause__
            assert isinstance(cause, Exception)
            if not portion.is_careful or len(portion.mutations) > 1:
                waiting += portion.smaller()
                continue
            taken = _refuse(sender, portion.mutations[0], refusal_of(cause))
        results |= taken.results
        last_number = max(last_number, taken.last_number)
    return Taken(results, last_number)


def _in_one_transaction(sender: Sender, portion: _Portion) -> Taken:
    """Apply a portion as one; a deadlock is tried again.

    Raises:
        _Unapplied: something in it cannot be applied; nothing of it was.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with sender.database.writing() as connection:
                context = sender.admit(connection)
                found = _sorted(connection, sender, context, portion.mutations)
                applied: Results = {}
                if found.fresh:
                    applied = _applied(connection, context, found.fresh, is_careful=portion.is_careful)
                    _log_mutations(connection, sender, context, found.fresh, applied)
                return found.taken(applied)
        except DBAPIError as error:
            if not tries_left or not is_retryable(error):
                raise
    raise BugError("unreachable", "The last try either answers or raises.")


def _applied(
    connection: Connection, context: PushContext, mutations: Sequence[SentMutation], *, is_careful: bool
) -> Results:
    """Apply what is new; tells what this very batch cannot do apart from what nobody could do now."""
    recognised = _recognised(connection, context, mutations)
    new = [sent for sent in mutations if sent.number not in recognised]
    try:
        return recognised | apply_service.apply_batch(connection, context, new, is_careful=is_careful)
    except Exception as error:
        if is_of_the_surroundings(error):
            raise
        raise _Unapplied from error


def _sorted(connection: Connection, sender: Sender, context: PushContext, mutations: Sequence[SentMutation]) -> _Sorted:
    """The results of what the server has had, and what is new.

    Raises:
        Conflicting: ``push_fork``, and what ``sender.accept_gap`` raises.
    """
    life = progress_repository.life(connection, sender.device_id, sender.incarnation)
    had = [sent for sent in mutations if sent.number <= life.last_number]
    fresh = [sent for sent in mutations if sent.number > life.last_number]
    if fresh and fresh[0].number != life.last_number + 1:
        sender.accept_gap(connection, context, life.last_number + 1, fresh[0].number)
    if not had:
        return _Sorted(life, {}, fresh)
    known = progress_repository.known(connection, sender.device_id, sender.incarnation, had[0].number, had[-1].number)
    return _Sorted(life, {sent.number: _had_before(sent, known.get(sent.number), life) for sent in had}, fresh)


def _had_before(sent: SentMutation, standing: KnownMutation | None, life: Life) -> MutationResult:
    """The result of a number the server has had.

    Where the log no longer holds it, it is acknowledged if it can be one of those that were pruned: what was made
    after they had come is something else under an old number.
    """
    if standing is not None and (standing.id.bytes, standing.hash) == (sent.id, sent.hash):
        return standing.result
    was_pruned = standing is None and sent.number <= life.pruned_number
    if was_pruned and sent.made_at <= life.pruned_received_at + _PRUNED_LEEWAY_US:
        return MutationResult(sent.number, "repeated")
    raise Conflicting(
        "push_fork",
        "This device was copied or restored: the server has something else under this number.",
        number=sent.number,
    )


def _recognised(connection: Connection, context: PushContext, mutations: Sequence[SentMutation]) -> Results:
    """Results of mutations that came before under another life of the device: they are not applied again."""
    ids = [uuid.UUID(bytes=sent.id) for sent in mutations]
    known = progress_repository.known_ids(connection, context.device_id, ids)
    results: Results = {}
    for sent in mutations:
        standing = known.get(uuid.UUID(bytes=sent.id))
        if standing is not None and standing.hash == sent.hash:
            earlier = standing.result
            status = "refused" if earlier.status == "refused" else "repeated"
            results[sent.number] = MutationResult(sent.number, status, earlier.code, earlier.message)
    return results


def _refuse(sender: Sender, sent: SentMutation, reason: UserError) -> Taken:
    """Move the number on, keep the mutation as it came, and tell the inbox."""
    with sender.database.writing() as connection:
        context = sender.admit(connection)
        found = _sorted(connection, sender, context, [sent])
        refusal: Results = {}
        if found.fresh:
            refusal = {sent.number: refused_result(sent, reason)}
            apply_service.report_refused(connection, context, [MutationRefused(sent, reason)])
            _log_mutations(connection, sender, context, found.fresh, refusal)
    return found.taken(refusal)


def _log_mutations(
    connection: Connection, sender: Sender, context: PushContext, sent: Sequence[SentMutation], results: Results
) -> None:
    logged = [
        LoggedMutation(
            number=each.number,
            id=uuid.UUID(bytes=each.id),
            name=storable_name(each.name),
            hash=each.hash,
            made_at=each.made_at,
            result=results[each.number],
            arguments=each.arguments if results[each.number].status == "refused" else None,
        )
        for each in sent
    ]
    progress_repository.log(
        connection, sender.device_id, sender.incarnation, logged, acknowledged=sender.acknowledged, now=context.now
    )
