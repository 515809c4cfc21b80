"""One sync cycle: send what waits, then fetch what is new until this device holds one moment of the server.

The two lanes do not wait for each other's outcome: a mutation that the server refuses is noted and the next one goes
on, and what comes down is laid under the edits that are still on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from desktop.replica import cursors, identity, outbox
from desktop.replica.changes import Changes, merge_changes
from desktop.replica.engine import Replica
from desktop.sync.apply import Applied, Applier
from desktop.sync.collector import collector_paused
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import Cursor, MutationResult, PullAnswer, PullRequest, PushRequest, SentMutation

PUSH_MAX_MUTATIONS = 500
PUSH_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one cycle did.

    Attributes:
        sent: mutations the server has answered.
        refused: what it said of those it refused.
        received: entity → aggregates that were new, changed or gone.
        is_consistent: this device now holds one moment of the server.
        changes: for screens.
    """

    sent: int = 0
    refused: tuple[MutationResult, ...] = ()
    received: Mapping[str, int] = field(default_factory=dict)
    is_consistent: bool = False
    changes: Changes = field(default_factory=Changes)


class SyncCycle:
    """The two lanes between one replica and one server; used by one thread at a time."""

    def __init__(
        self, replica: Replica, server: SyncServer, on_page: Callable[[PullAnswer], None] = lambda _: None
    ) -> None:
        self._replica = replica
        self._server = server
        self._applier = Applier(replica)
        self._on_page = on_page

    def run(self) -> CycleReport:
        """Send, then fetch.

        Raises:
            EnvironmentFailure: the server or the line failed; what was done until then stays done.
        """
        sent, refused = self._push()
        applied = list(self._pull())
        received: dict[str, int] = {}
        for part in applied:
            for entity, count in part.rows.items():
                received[entity] = received.get(entity, 0) + count
        return CycleReport(
            sent=sent,
            refused=tuple(refused),
            received=received,
            is_consistent=applied[-1].is_consistent,
            changes=merge_changes(part.changes for part in applied),
        )

    def _push(self) -> tuple[int, list[MutationResult]]:
        sent, refused, is_mended = 0, list[MutationResult](), False
        while True:
            me, batch = self._next_batch()
            if not batch:
                return sent, refused
            try:
                answer = self._server.push(_push_request(me, batch, self._replica.clock.now()))
            except EnvironmentFailure as failure:
                if is_mended or not self._mend(me, failure):
                    raise
                is_mended = True
                continue
            with self._replica.write(is_background=True) as unit:
                results = [_with_base(result, me.outbox_base) for result in answer.results]
                last_number = me.outbox_base + answer.last_number
                now = unit.clock.now()
                refused += outbox.settle_answers(
                    unit.connection, last_number=last_number, results=results, answered_at=now
                )
                identity.change_identity(unit.connection, clock_offset_us=answer.server_time - now)
            answered = [mutation for mutation in batch if mutation.number <= last_number]
            sent += len(answered)
            if not answered:
                raise EnvironmentFailure("server_failed", "The server took nothing of what was sent. Try again later.")

    def _next_batch(self) -> tuple[identity.DeviceIdentity, list[SentMutation]]:
        with self._replica.read() as connection:
            me = identity.identity_of(connection)
            return me, outbox.waiting(connection, count_max=PUSH_MAX_MUTATIONS, bytes_max=PUSH_MAX_BYTES)

    def _mend(self, me: identity.DeviceIdentity, failure: EnvironmentFailure) -> bool:
        """Put right what the server found wrong with our numbers; whether to try again."""
        expected = failure.data.get("expected")
        with self._replica.write(is_background=True) as unit:
            if failure.code == "push_gap" and isinstance(expected, int):
                return outbox.send_again_from(unit.connection, me.outbox_base + expected) > 0
            if failure.code == "push_fork":
                identity.start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
                return True
        return False

    def _pull(self) -> Iterator[Applied]:
        """Fetch and apply pages; the next page is fetched while one is applied."""
        with ExitStack() as stack:
            fetching = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="fetch"))
            request = self._first_request()
            if request.epoch == 0:
                stack.enter_context(collector_paused())
            answer = self._server.pull(request)
            while True:
                request = _request_after(request, answer)
                has_more = any(page.more for page in answer.pages)
                following = fetching.submit(self._server.pull, request) if has_more else None
                applied = self._applier.apply(answer)
                self._on_page(answer)
                yield applied
                if following is None:
                    return
                answer = following.result()

    def _first_request(self) -> PullRequest:
        with self._replica.read() as connection:
            me = identity.identity_of(connection)
            known = cursors.cursors(connection).values()
        return PullRequest(
            schema=SCHEMA_VERSION,
            epoch=me.epoch,
            incarnation=me.incarnation.bytes,
            cursors=[Cursor(each.scope, each.position, each.mark) for each in known],
        )


def _push_request(me: identity.DeviceIdentity, batch: list[SentMutation], now: int) -> PushRequest:
    mutations = [
        SentMutation(
            number=mutation.number - me.outbox_base,
            id=mutation.id,
            name=mutation.name,
            version=mutation.version,
            arguments=mutation.arguments,
            hash=mutation.hash,
            made_at=mutation.made_at,
        )
        for mutation in batch
    ]
    return PushRequest(schema=SCHEMA_VERSION, incarnation=me.incarnation.bytes, device_time=now, mutations=mutations)


def _with_base(result: MutationResult, base: int) -> MutationResult:
    return MutationResult(result.number + base, result.status, result.code, result.message)


def _request_after(request: PullRequest, answer: PullAnswer) -> PullRequest:
    """What to ask once ``answer`` is applied."""
    at = {cursor.scope: cursor for cursor in request.cursors if cursor.scope in answer.scopes}
    at |= {page.scope: Cursor(page.scope, page.to_position, page.mark) for page in answer.pages}
    return PullRequest(
        schema=request.schema,
        epoch=answer.epoch,
        incarnation=request.incarnation,
        cursors=[at[scope] for scope in sorted(at)],
    )
