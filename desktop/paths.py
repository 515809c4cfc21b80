"""Where a device keeps its things: everything lies in one home folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import EnvironmentFailure

HOME_VARIABLE = "COUNTERFOIL_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """One device's folder. Several homes may live side by side on one machine."""

    folder: Path

    @property
    def replica(self) -> Path:
        """The encrypted replica."""
        return self.folder / "replica.db"

    @property
    def key_file(self) -> Path:
        """The replica's key, wrapped to the shop's recovery key; of no use to anybody else."""
        return self.folder / "replica.key"

    @property
    def lock(self) -> Path:
        """Held by the one program that works on this home."""
        return self.folder / "device.lock"

    @property
    def secrets(self) -> Path:
        """Keys, where the machine has no keychain; readable by its owner only."""
        return self.folder / "secrets.json"

    @property
    def logs(self) -> Path:
        """The log folder."""
        return self.folder / "logs"

    def make(self) -> None:
        """Create the folders, readable by their owner only.

        Raises:
            EnvironmentFailure: ``home_unusable``.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.logs.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise EnvironmentFailure(
                "home_unusable",
                f"The home folder cannot be used ({error.strerror}). Choose another with --home.",
                folder=str(self.folder),
            ) from error


def home_at(given: Path | None, environment: Mapping[str, str] = os.environ) -> Home:
    """The home that was named on the command line, else in ``COUNTERFOIL_HOME``, else the platform's usual place."""
    if given is not None:
        return Home(given.expanduser().absolute())
    named = environment.get(HOME_VARIABLE)
    return Home(Path(named).expanduser().absolute() if named else _usual_place(environment))


def _usual_place(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))) / "Counterfoil"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Counterfoil"
    return Path(environment.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "counterfoil"
