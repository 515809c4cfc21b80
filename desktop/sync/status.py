"""What is true of the connection: the facts behind the chip and the sync centre."""

from __future__ import annotations

from dataclasses import dataclass, field

from desktop.replica.sync_events import StoredEvent
from desktop.usecases.line_state import Download, LineState

REVOKED, BUSY = "device_revoked", "server_busy"


@dataclass(frozen=True, slots=True)
class ScopeStatus:
    """One scope: how far this device has it, and the newest position the server told of (0: not told yet)."""

    scope: str
    position: int
    head: int


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The state of sync at one moment. Instants are UTC microseconds.

    Attributes:
        is_online: the last contact went well and nobody took the device offline.
        is_switched_off: someone took it offline on purpose.
        since: since when ``is_online`` has its value; None before the first contact.
        pending: mutations waiting to be sent.
        refused: mutations the server refused, kept and shown until someone has seen to them.
        last_success_at: the last cycle that ended well.
        catalogue_as_of: what the shop on this device is as of; None while it has never been complete.
        last_error: why the last cycle failed, one sentence; empty after one that went well.
        last_error_code: its stable code.
        hold_up: why something still waits although the server can be reached and what is new comes down.
        retry_at: when it is tried again by itself; None where nothing failed.
        is_filling: the first load is under way.
        is_recovering: the server was restored, and not everything has been compared with it yet.
        handed_in: of a revoked device: mutations that lie in the server's quarantine.
        clock_offset_us: the server's clock less this device's, as last measured; microseconds.
        download: the file to start from that is coming.
    """

    is_online: bool
    is_switched_off: bool
    since: int | None
    pending: int
    refused: int
    last_success_at: int | None
    catalogue_as_of: int | None
    last_error: str = ""
    last_error_code: str = ""
    hold_up: str = ""
    retry_at: int | None = None
    is_filling: bool = False
    is_recovering: bool = False
    handed_in: int = 0
    clock_offset_us: int = 0
    download: Download | None = None
    scopes: tuple[ScopeStatus, ...] = ()
    events: tuple[StoredEvent, ...] = field(default=())

    @property
    def state(self) -> LineState:
        """All of it in one word."""
        if self.last_error_code == REVOKED:
            return LineState.REVOKED
        if self.is_switched_off:
            return LineState.SWITCHED_OFF
        if not self.is_online:
            return LineState.BUSY if self.last_error_code == BUSY else LineState.OFFLINE
        if self.is_filling:
            return LineState.FILLING
        return LineState.RECOVERING if self.is_recovering else LineState.ONLINE
