"""One sync cycle: send what waits, then fetch what is new until this device holds one moment of the server.

The two lanes do not wait for each other's outcome: a mutation that the server refuses is noted and the next one goes
on, and what comes down is laid under the edits that are still on their way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from desktop.replica.changes import Changes, merge_changes
from desktop.replica.engine import Replica
from desktop.sync.pull_lane import PullLane
from desktop.sync.push_lane import PushLane
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.sync.wire import MutationResult, PullAnswer


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
        self, replica: Replica, server: SyncServer, on_page: Callable[[PullAnswer], None] = lambda _: None
    ) -> None:
        self._push = PushLane(replica, server)
        self._pull = PullLane(replica, server, on_page)

    def run(self) -> CycleReport:
        """Send, then fetch.

        Raises:
            EnvironmentFailure: the server or the line failed; what was done until then stays done.
        """
        pushed = self._push.run()
        applied = list(self._pull.run())
        received: dict[str, int] = {}
        for part in applied:
            for entity, count in part.rows.items():
                received[entity] = received.get(entity, 0) + count
        return CycleReport(
            sent=pushed.sent,
            refused=pushed.refused,
            received=received,
            is_consistent=applied[-1].is_consistent,
            changes=merge_changes(part.changes for part in applied),
            failure=pushed.failure,
        )
