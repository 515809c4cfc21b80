"""Bringing a device in step now: cycles until nothing waits and everything is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from desktop.replica import outbox
from desktop.replica.engine import Replica
from shared.errors import EnvironmentFailure

CYCLES_MAX = 20


class CycleOutcome(Protocol):
    """What one cycle did."""

    @property
    def sent(self) -> int:
        """Mutations the server has answered."""
        ...

    @property
    def received(self) -> Mapping[str, int]:
        """Entity → aggregates that were new, changed or gone."""
        ...

    @property
    def is_consistent(self) -> bool:
        """This device holds one moment of the server."""
        ...


class CyclePort(Protocol):
    """The sync engine, as far as this use case needs it."""

    def cycle(self) -> CycleOutcome:
        """Run one cycle.

        Raises:
            EnvironmentFailure: ``offline``, ``server_unreachable`` and others.
        """
        ...


@dataclass(frozen=True, slots=True)
class InStep:
    """The outcome: mutations sent, aggregates received, mutations refused and kept."""

    sent: int
    received: int
    refused: int


def synchronise(replica: Replica, sync: CyclePort) -> InStep:
    """Send and fetch until nothing waits.

    Raises:
        EnvironmentFailure: ``offline``, ``server_unreachable`` …; what was sent stays sent, the rest stays kept.
    """
    sent = received = 0
    for _ in range(CYCLES_MAX):
        report = sync.cycle()
        sent += report.sent
        received += sum(report.received.values())
        with replica.read() as connection:
            is_done = report.is_consistent and outbox.pending_count(connection) == 0
            refused = outbox.refused_count(connection)
        if is_done:
            return InStep(sent, received, refused)
    raise EnvironmentFailure(
        "server_failed", "The server does not finish what it is asked for. Try again later.", cycles=CYCLES_MAX
    )


def in_step_words(done: InStep) -> str:
    """How things stand now, in a sentence or two."""
    if not done.refused:
        return "Everything is in step."
    changes = "1 change" if done.refused == 1 else f"{done.refused:,} changes"
    return (
        f"The server refused {changes}; nothing of that is lost. Open the office's sync centre on this device: it says "
        "why, and lets you send it again or set it aside."
    )
