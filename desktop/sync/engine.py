"""Keeps a device in step by itself: one thread listens for pokes, one runs the cycles; both can be switched off.

Scripts and commands use the same object without its threads: ``cycle`` runs one cycle in the caller's thread.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop.log import logger
from desktop.replica import cursors, identity, outbox, resending, sync_events, sync_tally
from desktop.replica.changes import Changes
from desktop.replica.engine import Replica
from desktop.sync import schedule, verification
from desktop.sync.cycle import CycleReport, SyncCycle
from desktop.sync.events import SyncLog
from desktop.sync.server_port import SyncServer
from desktop.sync.snapshot_meter import SnapshotMeter, metered
from desktop.sync.status import ScopeStatus, SyncStatus
from desktop.sync.verification import VerifyReport
from desktop.sync.watched_server import Step, watched
from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.errors import CounterfoilError, EnvironmentFailure, UserError
from shared.sync.wire import Head, PullAnswer

if TYPE_CHECKING:
    from desktop.usecases.line_state import Download
    from desktop.usecases.look_up_customer import ChainAnswer

EVENTS_SHOWN_MAX = 60
JOIN_SECONDS = 5.0
CAUGHT_UP_ROWS = 2_000
"""After a cycle that brought so much, the kept sums are compared with the server's at once."""


@dataclass(frozen=True, slots=True)
class _Contact:
    """What the last attempts to reach the server showed; ``hold_up``: it was reached, and did not take everything."""

    is_online: bool = False
    since: int | None = None
    last_success_at: int | None = None
    failures: int = 0
    error: CounterfoilError | None = None
    hold_up: CounterfoilError | None = None
    retry_at: int | None = None


class SyncEngine:
    """Sync of one replica with one server.

    ``on_changes`` is told, from the sync thread, what came down; ``on_page`` after each applied page; ``on_download``,
    from the thread that fetches it, how far a file to start from is.
    """

    def __init__(
        self,
        replica: Replica,
        server: SyncServer,
        clock: Clock,
        *,
        on_changes: Callable[[Changes], None] = lambda _: None,
        on_page: Callable[[PullAnswer], None] = lambda _: None,
        on_download: Callable[[Download], None] = lambda _: None,
    ) -> None:
        self._replica = replica
        self._server = server
        self._clock = clock
        self._on_changes = on_changes
        self._files = SnapshotMeter(server, on_download)
        self._cycle = SyncCycle(replica, metered(self._files), on_page)
        self._log = SyncLog(replica)
        self._contact = _Contact()
        self._heads: dict[str, int] = {}
        self._pending: int | None = None
        self._cycle_lock = threading.RLock()
        self._verify_not_before = 0
        self._wanted = threading.Event()
        self._made = threading.Event()
        self._connected = threading.Event()
        self._stopping = threading.Event()
        self._is_switched_off = False
        self._threads: list[threading.Thread] = []
        replica.on_mutations(self._mutation_made)

    def cycle(self) -> CycleReport:
        """Run one whole cycle now, in this thread.

        Raises:
            EnvironmentFailure: ``offline`` while switched off; otherwise why the server could not be used.
        """
        return self._one_cycle(lambda: False)

    def _one_cycle(self, has_more_to_send: Callable[[], bool]) -> CycleReport:
        with self._cycle_lock:
            if self._is_switched_off:
                raise EnvironmentFailure("offline", "This device is switched offline. Go online first.")
            try:
                report = self._cycle.run(has_more_to_send)
            except (EnvironmentFailure, UserError) as error:
                self._note_failure(error)
                raise
            finally:
                self._pending = None
            if report.changes:
                self._on_changes(report.changes)  # Screens first: somebody may be waiting for it.
            self._note_success(report)
            mended = self._verify_if_due(report)
        if mended:
            self._on_changes(mended)
        if report.failure is not None:
            raise report.failure
        return report

    def verify(
        self,
        *,
        is_deep: bool = False,
        is_repairing: bool = True,
        on_step: Step = lambda _scope, _rows: None,
        cancelled: threading.Event | None = None,
    ) -> VerifyReport:
        """Compare everything here with the server now, in this thread; nothing is sent or fetched meanwhile.

        Args:
            is_deep: compare the content of every row, not only which versions stand.
            is_repairing: fetch what differs again.
            on_step: told what is compared.
            cancelled: set from any thread to stop.

        Raises:
            UserError: ``verify_cancelled``.
            EnvironmentFailure: ``offline`` while switched off; otherwise why the server could not be used.
        """
        server = watched(self._server, on_step, cancelled or threading.Event())
        with self._cycle_lock:
            report = verification.verify_now(
                self._replica, self.cycle, server, is_deep=is_deep, is_repairing=is_repairing
            )
            self._keep(report)
        if report.changes:
            self._on_changes(report.changes)
        return report

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        """Ask the server for one customer of the chain, in this thread, beside whatever cycle is under way.

        Raises:
            EnvironmentFailure: ``offline`` while switched off; otherwise why the server could not be used.
        """
        if self._is_switched_off:
            raise EnvironmentFailure("offline", "This device is switched offline. Go online first.")
        return self._server.look_up_customer(by, given)

    def start(self) -> None:
        """Start the two threads."""
        assert not self._threads
        self._stopping.clear()
        self._files.hold(is_held=self._is_switched_off)
        for name, work in (("sync-cycle", self._run_cycles), ("sync-listener", self._run_listener)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End them and let go of the server for good; a cycle under way is finished first."""
        self._stopping.set()
        self._files.hold(is_held=True)
        self._wanted.set()
        self._connected.set()
        self._server.interrupt()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        self._threads.clear()
        self._server.close()

    def go_offline(self) -> None:
        """Stop talking to the server until ``go_online``."""
        if not self._is_switched_off:
            self._is_switched_off = True
            self._files.hold(is_held=True)
            self._contact = replace(self._contact, is_online=False, since=self._clock.now())
            self._server.interrupt()

    def go_online(self) -> None:
        """Talk to the server again; what waits is sent at once."""
        self._is_switched_off = False
        self._files.hold(is_held=False)
        self._contact = replace(self._contact, failures=0, retry_at=None)
        self._wanted.set()
        self._connected.set()

    def skip_snapshots(self) -> None:
        """No files to start from any more, not even the one that is coming: the rows come by pages."""
        self._files.skip()

    def wake(self) -> None:
        """Run a cycle now rather than when it is due."""
        self._wanted.set()

    def status(self) -> SyncStatus:
        """What is true now; cheap, never waits for the network."""
        contact = self._contact
        with self._replica.read() as connection:
            if self._pending is None:
                self._pending = outbox.pending_count(connection)
            refused = outbox.refused_count(connection)
            handed_in = outbox.quarantined_count(connection)
            me = identity.identity_of(connection)
            is_recovering = me.epoch != 0 and resending.known_epoch(connection) != me.epoch
        return SyncStatus(
            is_online=contact.is_online,
            is_switched_off=self._is_switched_off,
            since=contact.since,
            pending=self._pending,
            refused=refused,
            last_success_at=contact.last_success_at,
            catalogue_as_of=me.consistent_at,
            last_error="" if contact.error is None else contact.error.message,
            last_error_code="" if contact.error is None else contact.error.code,
            hold_up="" if contact.hold_up is None else contact.hold_up.message,
            retry_at=contact.retry_at,
            is_filling=not me.is_indexed or me.consistent_at is None,
            is_recovering=is_recovering,
            handed_in=handed_in,
            clock_offset_us=me.clock_offset_us,
            download=self._files.download,
        )

    def details(self) -> SyncStatus:
        """``status`` with scopes and recent events, for the sync centre."""
        with self._replica.read() as connection:
            known = cursors.cursors(connection).values()
            events = sync_events.recent(connection, EVENTS_SHOWN_MAX)
        scopes = tuple(ScopeStatus(each.scope, each.position, self._heads.get(each.scope, 0)) for each in known)
        return replace(self.status(), scopes=scopes, events=tuple(events))

    def _mutation_made(self) -> None:
        self._pending = None
        self._made.set()
        if self._contact.failures == 0:
            self._wanted.set()

    def _run_cycles(self) -> None:
        while not self._stopping.is_set():
            self._wanted.clear()
            if not self._is_switched_off:
                self._try_cycle()
            pause = self._pause_seconds()
            if self._contact.failures:
                retry_at = self._clock.now() + round(pause * MICROSECONDS_PER_SECOND)
                self._contact = replace(self._contact, retry_at=retry_at)
            self._wanted.wait(pause)

    def _try_cycle(self) -> None:
        waits_left = schedule.ECHO_WAITS_MAX

        def has_more_to_send() -> bool:
            nonlocal waits_left
            waits_left -= 1
            is_made = waits_left >= 0 and self._made.wait(schedule.ECHO_SECONDS)
            self._made.clear()
            return is_made

        self._made.clear()
        try:
            self._one_cycle(has_more_to_send)
        except EnvironmentFailure as failure:
            logger("sync").info("cycle failed: %s", failure)
        except CounterfoilError:
            logger("sync").exception("cycle broke off")

    def _pause_seconds(self) -> float:
        contact = self._contact
        if not contact.failures:
            return schedule.POLL_SECONDS
        why = contact.error or contact.hold_up
        asked = why.data.get("retry_after_seconds", 0) if why else 0
        return schedule.retry_delay_seconds(
            contact.failures, float(asked) if isinstance(asked, int) else 0.0, random.random
        )

    def _run_listener(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._connected.clear()
            if not self._is_switched_off:
                failures = 0 if self._listen() else failures
            failures += 1
            self._connected.wait(schedule.retry_delay_seconds(failures, 0, random.random))

    def _listen(self) -> bool:
        """Listen until the line breaks or nobody wants it any more; whether anything was heard."""
        has_heard = False
        try:
            with closing(self._server.heads()) as told:
                for heads in told:
                    has_heard = True
                    self._look_at(heads)
                    if self._stopping.is_set() or self._is_switched_off:
                        break
        except EnvironmentFailure as failure:
            logger("sync").info("listening failed: %s", failure)
        return has_heard

    def _look_at(self, heads: list[Head]) -> None:
        self._heads = {head.scope: head.position for head in heads}
        with self._replica.read() as connection:
            known = cursors.cursors(connection)
        if any(head.scope not in known or known[head.scope].position < head.position for head in heads):
            self._wanted.set()
        if self._contact.failures:
            self._wanted.set()

    def _verify_if_due(self, report: CycleReport) -> Changes:
        """After a consistent cycle, where it is time; it never fails the cycle. Gives what it put right."""
        now = self._clock.now()
        if not report.is_consistent or now < self._verify_not_before:
            return Changes()
        try:
            found = verification.verify_if_due(
                self._replica, self._server, has_caught_up=sum(report.received.values()) >= CAUGHT_UP_ROWS
            )
        except CounterfoilError as error:
            self._verify_not_before = now + schedule.VERIFY_AGAIN_US
            logger("sync").info("verification failed: %s", error)
            return Changes()
        if found is None:
            return Changes()
        self._keep(found)
        return found.changes

    def _keep(self, report: VerifyReport) -> None:
        """Keep what a verification found, for the sync centre."""
        now = self._clock.now()
        found = sync_tally.LastVerification(
            at=now,
            rows=report.rows,
            differed=len(report.differences),
            repaired=len(report.repaired),
            is_whole=all(scope.is_compared for scope in report.scopes),
        )
        with self._replica.write(is_background=True) as unit:
            sync_tally.note_verification(unit.connection, found)

    def _note_success(self, report: CycleReport) -> None:
        """The server was reached, whether or not it took everything."""
        before, now = self._contact, self._clock.now()
        since = before.since if before.is_online else now
        held_up = report.failure
        self._contact = _Contact(
            is_online=True,
            since=since,
            last_success_at=now if held_up is None else before.last_success_at,
            failures=0 if held_up is None else before.failures + 1,
            hold_up=held_up,
        )
        if report.sent:
            self._log.note("sent", f"Sent {report.sent:,}.")
        for result in report.refused:
            self._log.note("refused", result.message or result.code)
        if report.received:
            self._log.note_received(report.received)
        if held_up is not None and (before.hold_up is None or before.hold_up.code != held_up.code):
            self._log.note("failed", held_up.message)

    def _note_failure(self, error: CounterfoilError) -> None:
        before, now = self._contact, self._clock.now()
        since = now if before.is_online or before.since is None else before.since
        self._contact = replace(before, is_online=False, since=since, failures=before.failures + 1, error=error)
        if before.error is None or before.error.code != error.code:
            self._log.note("failed", error.message)
