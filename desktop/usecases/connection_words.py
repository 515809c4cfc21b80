"""The connection chip: what is true of the connection, in words."""

from __future__ import annotations

from desktop.usecases.line_state import LineFacts, LineState, line_facts
from desktop.usecases.office_words import span_text
from desktop.usecases.station import Station
from desktop.usecases.sync_words import download_text
from desktop.usecases.till_state import ConnectionView, NoteTone

_SPECIAL = {
    LineState.SWITCHED_OFF: "Switched offline",
    LineState.BUSY: "Server busy",
    LineState.FILLING: "First load",
    LineState.RECOVERING: "Server restored, comparing",
}


def connection_view(station: Station, waiting: int) -> ConnectionView:
    """``Online · all sent`` or ``Offline 26 min · 12 waiting · prices of 13:41``."""
    line = line_facts(station.sync)
    is_plain = line.state is LineState.ONLINE and not line.is_clock_wrong
    return ConnectionView(
        is_online=line.is_online,
        pending=waiting,
        text=_words(station, line, waiting),
        tone=NoteTone.PLAIN if is_plain else NoteTone.LOOK,
    )


def _words(station: Station, line: LineFacts, waiting: int) -> str:
    if line.state is LineState.REVOKED:
        return "May not sync · ask your manager"
    if line.download is not None and line.state is not LineState.SWITCHED_OFF:
        return f"Fetching {download_text(line.download)}" + (f" · {waiting:,} waiting" if waiting else "")
    parts = [_SPECIAL.get(line.state, "Online" if line.is_online else "Offline")]
    if line.state in {LineState.OFFLINE, LineState.SWITCHED_OFF} and line.since is not None:
        parts[0] += f" {span_text(station.clock.now() - line.since)}"
    parts.append("all sent" if waiting == 0 else f"{waiting:,} waiting")
    as_of = None if station.facts is None else station.identity.consistent_at
    if line.is_clock_wrong:
        parts.append("clock is wrong")
    elif not line.is_online and as_of is not None:
        parts.append(f"prices of {station.local_time(as_of)}")
    return " · ".join(parts)
