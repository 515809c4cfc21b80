"""The marker: a small file in the server's home, outside the database, that says how far the database had come.

A database restored from a copy of its files cannot know that it was; the marker, which no backup of the database takes
back in time with it, can.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import msgspec

from sync_server.db.file_lock import locked

MARKER_NAME = "epoch.json"


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the marker holds.

    Attributes:
        server_id: whose history this is; a mark of another server says nothing.
        epoch: the epoch that was served.
        tide: the sum of all scopes' positions: it only ever grows within a history.
        run_id: the run that wrote it.
        handed_over: the last commit of a planned switchover, as a run; None outside of one.
    """

    server_id: uuid.UUID
    epoch: int
    tide: int
    run_id: uuid.UUID
    handed_over: uuid.UUID | None = None

    def is_beyond(self, other: Mark) -> bool:
        """Whether this one is of the same server and further on."""
        return self.server_id == other.server_id and (self.epoch, self.tide) > (other.epoch, other.tide)


class EpochMarker:
    """The marker file of one home; several workers may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mark | None:
        """What it says; None where there is none, or where it cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Mark)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def write(self, mark: Mark) -> None:
        """Put a mark in place, whole or not at all, and for good; one that is further on stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._path.with_suffix(".lock")):
            standing = self.read()
            if standing is not None and standing.is_beyond(mark):
                return
            fresh = self._path.with_suffix(".new")
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(mark))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
