"""One sync cycle: send what waits, then fetch what is new until this device holds one moment of the server.

The two lanes do not wait for each other's outcome: a mutation that the server refuses is noted and the next one goes
on, and what comes down is laid under the edits that are still on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from desktop.replica.changes import Changes, merge_changes
from desktop.replica.engine import Replica
from desktop.sync import revoked
from desktop.sync.apply import Applied
from desktop.sync.pull_lane import PullLane
from desktop.sync.push_lane import Pushed, PushLane
from desktop.sync.recovery import EPOCH_CHANGED, Recovery, guarded
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.wire import MutationResult, PullAnswer

ROUNDS_MAX = 6
"""A cycle ends after so many rounds, even if the server is restored again and again."""


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What one cycle did.

    Attributes:
        sent: mutations the server has answered.
        refused: what it said of those it refused.
        received: entity → aggregates that were new, changed or gone.
        is_consistent: this device now holds one moment of the server.
        changes: for screens.
        failure: why something still waits to be sent, where that did not keep anything from being fetched.
    """

    sent: int = 0
    refused: tuple[MutationResult, ...] = ()
    received: Mapping[str, int] = field(default_factory=dict)
    is_consistent: bool = False
    changes: Changes = field(default_factory=Changes)
    failure: EnvironmentFailure | None = None


class SyncCycle:
    """The two lanes between one replica and one server; used by one thread at a time."""

    def __init__(
        self,
        replica: Replica,
        server: SyncServer,
        on_page: Callable[[PullAnswer], None] = lambda _: None,
        schema: int = SCHEMA_VERSION,
    ) -> None:
        """``schema`` is the wire schema that is asked for; another than the program's own only in tests."""
        self._replica = replica
        self._server = server
        behind_guard = guarded(replica, server)
        self._push = PushLane(replica, behind_guard)
        self._pull = PullLane(replica, behind_guard, on_page, schema)
        self._recovery = Recovery(replica, server)

    def run(self, has_more_to_send: Callable[[], bool] = lambda: False) -> CycleReport:
        """Send, then fetch; after a restore of the server, until it has what this device has.

        ``has_more_to_send`` is asked after a push that sent something; where it says so, that goes before the fetching.

        Raises:
            EnvironmentFailure: the server or the line failed; what was done until then stays done. ``device_revoked``:
                this device has handed in what it never sent, and holds nothing of the shop any more.
        """
        done = _Done()
        try:
            self._run(done, has_more_to_send)
        except EnvironmentFailure as failure:
            if failure.code != revoked.REVOKED:
                raise
            raise revoked.leave(self._replica, self._server) from failure
        return done.report()

    def _run(self, done: _Done, has_more_to_send: Callable[[], bool]) -> None:
        for rounds_left in reversed(range(ROUNDS_MAX)):
            try:
                done.pushed.append(self._push.run())
                while done.pushed[-1].sent and done.pushed[-1].failure is None and has_more_to_send():
                    done.pushed.append(self._push.run())
                done.applied.extend(self._pull.run())
            except EnvironmentFailure as failure:
                if failure.code != EPOCH_CHANGED or not rounds_left:
                    raise
                self._recovery.reconcile()
            else:
                has_more = self._pull.has_taken_back or self._recovery.has_offers_waiting()
                if done.pushed[-1].failure is not None or not has_more:
                    return


@dataclass(slots=True)
class _Done:
    """What the rounds of one cycle did."""

    pushed: list[Pushed] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)

    def report(self) -> CycleReport:
        """All of it together."""
        received: dict[str, int] = {}
        for part in self.applied:
            for entity, count in part.rows.items():
                received[entity] = received.get(entity, 0) + count
        return CycleReport(
            sent=sum(part.sent for part in self.pushed),
            refused=tuple(result for part in self.pushed for result in part.refused),
            received=received,
            is_consistent=self.applied[-1].is_consistent,
            changes=merge_changes(part.changes for part in self.applied),
            failure=self.pushed[-1].failure,
        )
