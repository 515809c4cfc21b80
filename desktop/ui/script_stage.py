"""What a script plays on: the till, its line to the server, and its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop.usecases.ports import SyncPort
from desktop.usecases.support_bundle import Bundle
from desktop.usecases.till import Till
from shared.clock import Clock


class Refusal(Protocol):
    """Why the server did not take one mutation."""

    @property
    def code(self) -> str:
        """Stable name."""
        ...

    @property
    def message(self) -> str:
        """One sentence."""
        ...


class CycleFigures(Protocol):
    """What one sync cycle did."""

    @property
    def sent(self) -> int:
        """Mutations the server has answered."""
        ...

    @property
    def refused(self) -> Sequence[Refusal]:
        """What it did not take."""
        ...

    @property
    def received(self) -> Mapping[str, int]:
        """Aggregates that came down, by entity."""
        ...

    @property
    def is_consistent(self) -> bool:
        """Whether this replica now holds one moment of the server."""
        ...


class ScriptSync(SyncPort, Protocol):
    """Sync as a script drives it: nothing happens in the background."""

    def cycle(self) -> CycleFigures:
        """Send what waits and fetch what is new, in the caller's thread.

        Raises:
            EnvironmentFailure: ``offline``, ``server_unreachable`` and their kin.
        """
        ...


@dataclass(slots=True)
class Stage:
    """Everything a script's actions work on.

    Attributes:
        sync: None on a till that was never enrolled.
        support: gathers the support bundle; None where there is no home to gather from.
        is_replay: whether the clock and business dates may be set.
        is_over: set by ``quit``.
    """

    till: Till
    clock: Clock
    sync: ScriptSync | None = None
    support: Callable[[], Bundle] | None = None
    is_replay: bool = False
    is_over: bool = False
