"""The sync centre's sentences: what is true of the line, what that means here, and what to do about a refusal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from desktop.usecases.line_state import Download, LineFacts, LineState
from desktop.usecases.office_words import moment_text, span_text
from shared.clock import datetime_at

ENTITY_WORDS: Mapping[str, str] = {
    "product": "Product",
    "price": "Price",
    "barcode": "Barcode",
    "category": "Category",
    "quick_key": "Quick key",
    "customer": "Customer",
    "customer_alias": "Merged customers",
    "customer_order": "Order",
    "sale": "Sale",
    "shift": "Shift",
    "cash_movement": "Cash movement",
    "stock_movement": "Stock movement",
    "parked_sale": "Parked sale",
    "inbox_entry": "Decision",
}
VERB_WORDS: Mapping[str, str] = {
    "record": "",
    "create": "made",
    "edit": "changed",
    "remove": "removed",
    "close": "closed",
    "offer": "given back",
}
KIND_WORDS: Mapping[str, str] = {
    "sent": "Sent",
    "received": "Came",
    "refused": "Refused",
    "failed": "Failed",
    "note": "Note",
}
_STATE_NAMES: Mapping[LineState, str] = {
    LineState.ONLINE: "Online",
    LineState.OFFLINE: "Offline",
    LineState.FILLING: "First load",
    LineState.RECOVERING: "Server restored, comparing",
    LineState.BUSY: "Server busy",
    LineState.SWITCHED_OFF: "Switched offline",
    LineState.REVOKED: "May not sync any more",
}
_MEANING: Mapping[LineState, str] = {
    LineState.ONLINE: "What you see is what the server has.",
    LineState.OFFLINE: "Go on working. What you do here is safe and is sent as soon as the server answers.",
    LineState.FILLING: "The shop is coming down for the first time. What is here already can be used.",
    LineState.RECOVERING: "The server was restored from a backup. What it lost and this device has is given back.",
    LineState.BUSY: "The server asked for a pause. Go on working; it is tried again by itself.",
    LineState.SWITCHED_OFF: "Somebody took this device offline. Go on working; nothing is sent until it goes online.",
}
_REMEDIES: Mapping[str, str] = {
    "record_unknown": "It is no longer there. Make it anew, or set this aside.",
    "field_invalid": "Change what is wrong and send it, or set it aside.",
    "barcode_taken": "Give it another code and send it, or set it aside.",
    "mutation_damaged": "It cannot be sent. Do it again if it is missing, and set this aside.",
    "id_reused": "Something else has its number already. Make it anew, and set this aside.",
    "seal_broken": "Do not send it again: call whoever looks after this system.",
}
_REMEDY = "Send it again once the reason is gone, or set it aside and say why."


def headline_of(line: LineFacts, *, waiting: int, as_of: int | None, now: int, time_zone: str) -> str:
    """The line in words, for the chip: ``In step · 2 s ago``, ``Offline 26 min · 12 waiting · prices of 13:41``.

    Args:
        line: how it stands.
        waiting: changes that wait to be sent.
        as_of: what the shop here is as of, UTC microseconds; None before it was complete.
        now: UTC microseconds.
        time_zone: of the store.
    """
    if line.state is LineState.REVOKED:
        return _STATE_NAMES[line.state]
    parts = [_STATE_NAMES[line.state]]
    if line.download is not None and line.state is not LineState.SWITCHED_OFF:
        parts = [f"Fetching {download_text(line.download)}"]
    elif line.state is LineState.ONLINE and not waiting and as_of is not None:
        parts = ["In step", f"{span_text(now - as_of)} ago"]
    elif line.state in {LineState.OFFLINE, LineState.SWITCHED_OFF} and line.since is not None:
        parts[0] += f" {span_text(now - line.since)}"
    elif line.state is LineState.BUSY and line.retry_at is not None:
        parts.append(f"again in {span_text(line.retry_at - now)}")
    if waiting:
        parts.append(f"{waiting:,} waiting")
    elif not line.is_online and line.state is not LineState.FILLING:
        parts.append("all sent")
    if not line.is_online and as_of is not None:
        parts.append(f"prices of {moment_of(as_of, now, time_zone)}")
    return " · ".join(parts)


def explanation_of(line: LineFacts, *, waiting: int) -> str:
    """What the state of the line means for whoever works here, in a sentence or two."""
    if line.state is LineState.REVOKED:
        handed = f" What was unsent ({line.handed_in:,}) lies in the server's quarantine." if line.handed_in else ""
        return (
            f"This device was taken out of the shop, and the shop's data was erased from it.{handed} "
            "A manager can let it in again with a new code."
        )
    if line.state is LineState.ONLINE and line.hold_up:
        return f"What is new comes down, but something waits here: {line.hold_up}"
    if line.state is LineState.ONLINE and waiting:
        return "What you did here is being sent."
    return _MEANING[line.state] + (" Nothing waits to be sent." if line.state is LineState.ONLINE else "")


def download_text(download: Download) -> str:
    """How far a file is: ``12.4 of 48.0 MB``, in millions of bytes."""
    return f"{_megabytes(download.received)} of {_megabytes(download.size)} MB"


def _megabytes(size: int) -> str:
    tenths = (size + 50_000) // 100_000
    return f"{tenths // 10:,}.{tenths % 10}"


def clock_warning(line: LineFacts) -> str:
    """A sentence where this device's clock is far off; empty otherwise."""
    if not line.is_clock_wrong:
        return ""
    side = "behind" if line.clock_offset_us > 0 else "ahead of"
    return (
        f"This device's clock is {span_text(abs(line.clock_offset_us))} {side} the server's. "
        "Set it, or receipts carry the wrong time."
    )


def remedy_of(code: str) -> str:
    """What to do about a refusal, in a sentence."""
    return _REMEDIES.get(code, _REMEDY)


def moment_of(instant: int, now: int, time_zone: str) -> str:
    """``13:41`` today, ``18 Nov 13:41`` on other days, by the store's clock."""
    today: dt.date = datetime_at(now, time_zone).date()
    return moment_text(datetime_at(instant, time_zone), today)
