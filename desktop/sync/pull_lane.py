"""The pull lane: what is new is fetched page by page until this device holds one moment of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from desktop.replica import cursors, identity, outbox, sync_events
from desktop.replica.changes import Changes
from desktop.replica.cursors import ScopeCursor
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity
from desktop.sync.apply import Applied, Applier
from desktop.sync.bootstrap import Bootstrap
from desktop.sync.clock_offset import note_server_time
from desktop.sync.collector import collector_paused
from desktop.sync.migration_pull import MigrationPull
from desktop.sync.server_port import SyncServer
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import Cursor, PullAnswer, PullRequest


@dataclass(frozen=True, slots=True)
class _Standing:
    """What this device has when it asks, read in one go."""

    me: DeviceIdentity
    cursors: tuple[ScopeCursor, ...]
    waiting: int


class PullLane:
    """Fetches and applies for one replica; used by one thread at a time.

    Attributes:
        has_taken_back: the last run found that the server had forgotten something; it waits to be sent again.
    """

    def __init__(
        self,
        replica: Replica,
        server: SyncServer,
        on_page: Callable[[PullAnswer], None] = lambda _: None,
        schema: int = SCHEMA_VERSION,
    ) -> None:
        self._replica = replica
        self._server = server
        self._schema = schema
        self._applier = Applier(replica, schema)
        self._bootstrap = Bootstrap(replica, server, schema)
        self._migration = MigrationPull(replica, server, schema)
        self._on_page = on_page
        self.has_taken_back = False

    def run(self) -> Iterator[Applied]:
        """Fetch and apply pages; the next page is fetched while one is applied.

        Raises:
            EnvironmentFailure: the server or the line failed; what was applied until then stays applied.
        """
        standing = self._standing()
        started = self._bootstrap.at_start(standing.me, has_cursors=bool(standing.cursors))
        if started is not None:
            yield started
            standing = self._standing()
        request = self._request_of(standing)
        answer = self._server.pull(request)
        note_server_time(self._replica, answer.server_time, standing.me.clock_offset_us)
        self._take_back_forgotten(standing.me, answer)
        restarted = self._bootstrap.instead_of(answer)
        if restarted is not None:
            yield restarted
            standing = self._standing()
            request = self._request_of(standing)
            answer = self._server.pull(request)
        yield from self._pages(request, answer)
        filled = self._migration.run() if standing.me.schema_filled < self._schema else {}
        if filled:
            yield Applied(filled, is_consistent=True, changes=Changes({}, frozenset(filled)))

    def _pages(self, request: PullRequest, answer: PullAnswer) -> Iterator[Applied]:
        with ExitStack() as stack:
            fetching = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="fetch"))
            if request.epoch == 0:
                stack.enter_context(collector_paused())
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

    def _take_back_forgotten(self, me: DeviceIdentity, answer: PullAnswer) -> None:
        """Let wait again what the server once answered for and does not know any more.

        It was put back to before that, unnoticed: nobody else had seen what came of it, or they would have proved it.
        """
        known = me.outbox_base + answer.last_number
        with self._replica.read() as connection:
            self.has_taken_back = outbox.is_answered_beyond(connection, known)
        if self.has_taken_back:
            with self._replica.write(is_background=True) as unit:
                count = outbox.send_again_from(unit.connection, known + 1)
                sync_events.add(unit.connection, unit.clock.now(), "note", _told(count))

    def first_request(self) -> PullRequest:
        """What this device would ask now."""
        return self._request_of(self._standing())

    def _standing(self) -> _Standing:
        with self._replica.read() as connection:
            me = identity.identity_of(connection)
            known = tuple(cursors.cursors(connection).values())
            return _Standing(me, known, outbox.pending_count(connection))

    def _request_of(self, standing: _Standing) -> PullRequest:
        return PullRequest(
            schema=self._schema,
            epoch=standing.me.epoch,
            incarnation=standing.me.incarnation.bytes,
            cursors=[Cursor(each.scope, each.position, each.mark) for each in standing.cursors],
            device_time=self._replica.clock.now(),
            waiting=standing.waiting,
        )


def _told(count: int) -> str:
    return f"The server has forgotten {count:,} changes that it had accepted. They are sent again."


def _request_after(request: PullRequest, answer: PullAnswer) -> PullRequest:
    """What to ask once ``answer`` is applied."""
    at = {cursor.scope: cursor for cursor in request.cursors if cursor.scope in answer.scopes}
    at |= {page.scope: Cursor(page.scope, page.to_position, page.mark) for page in answer.pages}
    return PullRequest(
        schema=request.schema,
        epoch=answer.epoch,
        incarnation=request.incarnation,
        cursors=[at[scope] for scope in sorted(at)],
        waiting=request.waiting,
    )
