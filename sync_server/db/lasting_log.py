"""The lasting log: what no restore may undo, kept in the server's home and so outside every backup of the database.

One JSON object a line, only ever appended: who was revoked today, who was erased one day. Each machine's home has one
of its own, and all of them follow the database, so that a restore on any of them finds what it needs. A line that was
torn by a crash is passed over; the database says it again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from sync_server.db.file_lock import locked

LASTING_NAME = "lasting.jsonl"


class Deed(StrEnum):
    """What was done for good."""

    REVOKED = "revoked"
    """A device may no longer sync."""


class Lasting(msgspec.Struct, frozen=True):
    """One line.

    Attributes:
        server_id: whose deed it was; a line of another server says nothing.
        deed: what was done; a later program may write others, which this one passes over.
        subject: to whom.
        at: when, the server's clock, UTC microseconds.
    """

    server_id: uuid.UUID
    deed: str
    subject: uuid.UUID
    at: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a log holds; ``damaged`` lines could not be read."""

    lines: frozenset[Lasting]
    damaged: int


class LastingLog:
    """The log of one home; several workers may share it."""

    def __init__(self, home: Path) -> None:
        self.path = home / LASTING_NAME

    def read(self) -> Remembered:
        """Everything in it; nothing where there is none yet."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return Remembered(frozenset(), 0)
        lines, damaged = set[Lasting](), 0
        for line in filter(None, raw.split(b"\n")):
            try:
                lines.add(msgspec.json.decode(line, type=Lasting))
            except (msgspec.DecodeError, UnicodeDecodeError):
                damaged += 1
        return Remembered(frozenset(lines), damaged)

    def append(self, lines: Iterable[Lasting]) -> int:
        """Add what is not in it yet, for good: it is on the disk when this returns. Gives how many were new."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_suffix(".lock")):
            fresh = sorted(set(lines) - self.read().lines, key=lambda line: (line.at, line.subject))
            if not fresh:
                return 0
            is_new = not self.path.exists()
            with self.path.open("ab+") as file:
                if file.tell() and not _ends_a_line(file.fileno(), file.tell()):
                    file.write(b"\n")
                file.writelines(msgspec.json.encode(line) + b"\n" for line in fresh)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _keep_name(self.path.parent)
            return len(fresh)


def _ends_a_line(descriptor: int, size: int) -> bool:
    """Whether the last byte is a line's end: a torn line must not swallow the next one."""
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _keep_name(folder: Path) -> None:
    """Make the name of a new file last through a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
