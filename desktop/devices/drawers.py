"""Cash drawers: one that only keeps a log, one that is not there, and one that is stuck (for tests and training)."""

from __future__ import annotations

import json
from pathlib import Path

from shared.clock import Clock, datetime_at
from shared.errors import EnvironmentFailure


class LoggedDrawer:
    """Writes a line of JSON (instant, reason) for each opening; every opening has a reason."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def open(self, reason: str) -> None:
        """Log the opening. Raises ``EnvironmentFailure`` ``drawer_failed``."""
        entry = {"at": datetime_at(self._clock.now()).isoformat(), "reason": reason}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry, ensure_ascii=False) + "\n")
        except OSError as error:
            raise EnvironmentFailure(
                "drawer_failed", "The drawer did not answer. Open it with its key.", reason=str(error)
            ) from error


class NoDrawer:
    """There is no drawer."""

    def open(self, reason: str) -> None:
        """Do nothing."""


class StuckDrawer:
    """Never opens."""

    def open(self, reason: str) -> None:
        """Fail. Raises ``EnvironmentFailure`` ``drawer_failed``."""
        raise EnvironmentFailure("drawer_failed", "The drawer did not answer. Open it with its key.", opened_for=reason)
