"""The connection chip: what is true of the connection, in words."""

from __future__ import annotations

from desktop.usecases.station import Station
from desktop.usecases.till_state import ConnectionView, NoteTone
from shared.clock import MICROSECONDS_PER_SECOND

_MINUTE = 60
_HOUR = 60 * _MINUTE


def connection_view(station: Station, waiting: int) -> ConnectionView:
    """``Online · all sent`` or ``Offline 26 min · 12 waiting · prices of 13:41``."""
    status = None if station.sync is None else station.sync.status()
    is_online = status is not None and status.is_online
    parts = ["Online" if is_online else "Offline"]
    if not is_online and status is not None and status.since is not None:
        parts[0] += " " + _span(station.clock.now() - status.since)
    parts.append("all sent" if waiting == 0 else f"{waiting} waiting")
    as_of = None if station.facts is None else station.identity.consistent_at
    if not is_online and as_of is not None:
        parts.append(f"prices of {station.local_time(as_of)}")
    tone = NoteTone.PLAIN if is_online else NoteTone.LOOK
    return ConnectionView(is_online=is_online, pending=waiting, text=" · ".join(parts), tone=tone)


def _span(duration_us: int) -> str:
    """A duration as people say it: ``40 s``, ``26 min``, ``3 h``."""
    seconds = max(duration_us // MICROSECONDS_PER_SECOND, 0)
    if seconds < _MINUTE:
        return f"{seconds} s"
    return f"{seconds // _MINUTE} min" if seconds < _HOUR else f"{seconds // _HOUR} h"
