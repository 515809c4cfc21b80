"""How the line to the server stands, as every face says it: one state, and the facts behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from desktop.usecases.ports import SyncPort
from shared.clock import MICROSECONDS_PER_SECOND

SKEW_MAX_US = 300 * MICROSECONDS_PER_SECOND
"""A clock that is further off than this is worth a sentence."""


class LineState(StrEnum):
    """What is true of the line; the first that fits, from the bottom up."""

    ONLINE = "online"
    OFFLINE = "offline"
    FILLING = "filling"
    """The shop has not come down for the first time yet."""
    RECOVERING = "recovering"
    """The server was restored, and this device compares what it has with it."""
    BUSY = "busy"
    """The server asked to be left alone for a while."""
    SWITCHED_OFF = "switched_off"
    """Somebody took the device offline on purpose."""
    REVOKED = "revoked"
    """The device may not sync any more."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to start from that is coming: what is in it, and how many of its bytes are here."""

    what: str
    received: int
    size: int

    @property
    def per_mille(self) -> int:
        """How far it is."""
        return 1_000 if not self.size else min(1_000 * self.received // self.size, 1_000)


@runtime_checkable
class FullStatus(Protocol):
    """What the sync engine says beyond ``ports.SyncStatusView``; instants are UTC microseconds."""

    @property
    def state(self) -> LineState:
        """How the line stands."""
        ...

    @property
    def refused(self) -> int:
        """Mutations the server refused and nobody has seen to."""
        ...

    @property
    def last_error(self) -> str:
        """Why the last attempt failed, one sentence; empty after one that went well."""
        ...

    @property
    def hold_up(self) -> str:
        """Why something still waits although the server can be reached; empty where nothing does."""
        ...

    @property
    def retry_at(self) -> int | None:
        """When it is tried again by itself; None where nothing failed."""
        ...

    @property
    def handed_in(self) -> int:
        """Changes of a revoked device that lie in the server's quarantine."""
        ...

    @property
    def clock_offset_us(self) -> int:
        """The server's clock less this device's, microseconds."""
        ...

    @property
    def download(self) -> Download | None:
        """The file to start from that is coming; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class LineFacts:
    """How the line stands; attributes as in ``FullStatus`` and ``ports.SyncStatusView``."""

    state: LineState = LineState.OFFLINE
    since: int | None = None
    last_error: str = ""
    hold_up: str = ""
    retry_at: int | None = None
    handed_in: int = 0
    clock_offset_us: int = 0
    download: Download | None = None

    @property
    def is_online(self) -> bool:
        """Whether the last contact went well."""
        return self.state in {LineState.ONLINE, LineState.RECOVERING}

    @property
    def is_clock_wrong(self) -> bool:
        """Whether this device's clock is more than five minutes off."""
        return abs(self.clock_offset_us) > SKEW_MAX_US


def line_facts(sync: SyncPort | None) -> LineFacts:
    """How the line stands; offline since ever where there is none."""
    if sync is None:
        return LineFacts()
    status = sync.status()
    if not isinstance(status, FullStatus):
        return LineFacts(LineState.ONLINE if status.is_online else LineState.OFFLINE, status.since)
    return LineFacts(
        state=status.state,
        since=status.since,
        last_error=status.last_error,
        hold_up=status.hold_up,
        retry_at=status.retry_at,
        handed_in=status.handed_in,
        clock_offset_us=status.clock_offset_us,
        download=status.download,
    )
