"""Taking a device's mutations: each number once, in order, its effects and its number in one transaction.

The whole batch is one transaction. If something in it cannot be applied, the rest is applied without it: what is named
is left out, what is not is found by halving. That one is refused, its number moves on, it is kept as it came and waits
in the inbox. Nothing after it is held up.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from shared.errors import BugError, EnvironmentFailure, UserError
from shared.limits import PUSH_MAX_MUTATIONS
from shared.sync.operations import arguments_hash
from shared.sync.wire import MutationResult, PushAnswer, PushRequest, SentMutation
from sync_server.auth import service as auth
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection, Database, DBAPIError, is_retryable, is_unwell
from sync_server.errors import Conflicting, Malformed
from sync_server.sync import apply_service, progress_repository
from sync_server.sync.apply_service import MutationRefused, Results
from sync_server.sync.progress_repository import LoggedMutation

_ID_BYTES = 16
_TRIES = 4
_log = structlog.get_logger(__name__)


class _Unapplied(Exception):
    """Something in a batch cannot be applied; the cause says what."""


@dataclass(frozen=True, slots=True)
class _Push:
    """One request on its way through."""

    database: Database
    device_id: uuid.UUID
    incarnation: uuid.UUID

    def context(self, connection: Connection) -> PushContext:
        """Lock the device for this transaction and say who pushes."""
        progress_repository.lock_device(connection, self.device_id)
        device = auth.require_device(connection, self.device_id)
        clock, ids = self.database.clock, self.database.ids
        return PushContext(device.id, device.store_id, device.name, clock.now(), ids, clock)


def push(database: Database, device_id: uuid.UUID, request: PushRequest) -> PushAnswer:
    """Apply what is new in a request and answer for everything in it.

    Raises:
        Malformed: ``push_malformed``.
        Unauthorised: ``device_revoked``.
        Conflicting: ``push_gap`` with ``expected``, or ``push_fork`` when a number is known with another id or hash.
    """
    _check_request(request)
    incarnation = uuid.UUID(bytes=request.incarnation)
    results: Results = {}
    _apply(_Push(database, device_id, incarnation), request.mutations, results)
    with database.reading() as connection:
        last_number = progress_repository.last_number(connection, device_id, incarnation)
    told = [results[mutation.number] for mutation in request.mutations if mutation.number in results]
    return PushAnswer(last_number, told, database.clock.now())


def _check_request(request: PushRequest) -> None:
    mutations = request.mutations
    if len(request.incarnation) != _ID_BYTES or len(mutations) > PUSH_MAX_MUTATIONS:
        raise Malformed("push_malformed", f"At most {PUSH_MAX_MUTATIONS} mutations of one incarnation at a time.")
    for at, sent in enumerate(mutations):
        if sent.number != mutations[0].number + at or sent.number < 1 or len(sent.id) != _ID_BYTES:
            raise Malformed("push_malformed", "Mutations are numbered one after the other, from 1.", number=sent.number)
        if arguments_hash(sent.name, sent.version, sent.arguments) != sent.hash:
            raise Malformed("push_malformed", "A mutation was damaged on the way. Send it again.", number=sent.number)


def _apply(pushed: _Push, mutations: Sequence[SentMutation], results: Results) -> None:
    """Apply some mutations; one that cannot be is refused, and found by halving where the database did not name it."""
    try:
        results |= _in_one_transaction(pushed, mutations)
    except _Unapplied as unapplied:
        cause = unapplied.__cause__
        if isinstance(cause, MutationRefused):
            at = mutations.index(cause.sent)
            _apply_each(pushed, (mutations[:at], mutations[at + 1 :]), results, refused=(cause.sent, cause.error))
        elif len(mutations) > 1:
            middle = len(mutations) // 2
            _apply_each(pushed, (mutations[:middle], mutations[middle:]), results)
        else:
            _refuse(pushed, mutations[0], _as_user_error(cause), results)


def _apply_each(
    pushed: _Push,
    parts: tuple[Sequence[SentMutation], Sequence[SentMutation]],
    results: Results,
    refused: tuple[SentMutation, UserError] | None = None,
) -> None:
    """Apply two parts in order, refusing the mutation between them."""
    before, after = parts
    if before:
        _apply(pushed, before, results)
    if refused is not None:
        _refuse(pushed, *refused, results)
    if after:
        _apply(pushed, after, results)


def _in_one_transaction(pushed: _Push, mutations: Sequence[SentMutation]) -> Results:
    """Apply a batch as one; a deadlock is tried again.

    Raises:
        _Unapplied: something in it cannot be applied; nothing of it was.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with pushed.database.writing() as connection:
                context = pushed.context(connection)
                results, fresh = _settled_and_fresh(connection, pushed, mutations)
                if fresh:
                    applied = _applied(connection, context, fresh)
                    _log_mutations(connection, pushed, context, fresh, applied)
                    results |= applied
                return results
        except DBAPIError as error:
            if not tries_left or not is_retryable(error):
                raise
    raise BugError("unreachable", "The last try either answers or raises.")


def _applied(connection: Connection, context: PushContext, fresh: Sequence[SentMutation]) -> Results:
    """Apply what is new; tells what this very batch cannot do apart from what nobody could do now."""
    try:
        return apply_service.apply_batch(connection, context, fresh)
    except EnvironmentFailure:
        raise
    except DBAPIError as error:
        if is_unwell(error):
            raise
        raise _Unapplied from error
    except Exception as error:
        # A bug of ours in one mutation must not hold up the till's other mutations: it is refused and reported.
        raise _Unapplied from error


def _settled_and_fresh(
    connection: Connection, pushed: _Push, mutations: Sequence[SentMutation]
) -> tuple[Results, Sequence[SentMutation]]:
    """The results of what the server has had, and what is new.

    Raises:
        Conflicting: ``push_gap`` or ``push_fork``.
    """
    last = progress_repository.last_number(connection, pushed.device_id, pushed.incarnation)
    had = [sent for sent in mutations if sent.number <= last]
    fresh = [sent for sent in mutations if sent.number > last]
    if fresh and fresh[0].number != last + 1:
        raise Conflicting("push_gap", "Some mutations are missing. Send them from the expected one.", expected=last + 1)
    if not had:
        return {}, fresh
    known = progress_repository.known(connection, pushed.device_id, pushed.incarnation, had[0].number, had[-1].number)
    for sent in had:
        standing = known.get(sent.number)
        if standing is None or (standing.id.bytes, standing.hash) != (sent.id, sent.hash):
            raise Conflicting(
                "push_fork",
                "This device was copied or restored: the server has something else under this number.",
                number=sent.number,
            )
    return {number: each.result for number, each in known.items()}, fresh


def _refuse(pushed: _Push, sent: SentMutation, reason: UserError, results: Results) -> None:
    """Move the number on, keep the mutation as it came, and tell the inbox."""
    with pushed.database.writing() as connection:
        context = pushed.context(connection)
        settled, fresh = _settled_and_fresh(connection, pushed, [sent])
        results |= settled
        if fresh:
            refusal = {sent.number: MutationResult(sent.number, "refused", reason.code, reason.message)}
            apply_service.report_refused(connection, context, sent, reason)
            _log_mutations(connection, pushed, context, fresh, refusal)
            results |= refusal


def _log_mutations(
    connection: Connection, pushed: _Push, context: PushContext, sent: Sequence[SentMutation], results: Results
) -> None:
    logged = [
        LoggedMutation(
            number=each.number,
            id=uuid.UUID(bytes=each.id),
            name=each.name,
            hash=each.hash,
            made_at=each.made_at,
            result=results[each.number],
            arguments=each.arguments if results[each.number].status == "refused" else None,
        )
        for each in sent
    ]
    progress_repository.log(connection, pushed.device_id, pushed.incarnation, logged, context.now)


def _as_user_error(cause: BaseException | None) -> UserError:
    """Why a single mutation is refused."""
    if isinstance(cause, UserError):
        return cause
    if isinstance(cause, DBAPIError):
        return UserError("data_refused", f"The database refused the values: {str(cause.orig).splitlines()[0]}")
    _log.error("mutation refused for a bug", exc_info=cause)
    return UserError("server_bug", "The server has a bug with this. It is kept and can be applied after an update.")
