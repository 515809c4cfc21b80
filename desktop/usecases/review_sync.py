"""The sync centre for the screen: what waits, what was sent, what came, what failed and why, how far each part is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from desktop.replica.queries.subjects import names_of
from desktop.replica.queries.sync_log import (
    ScopePosition,
    SentItem,
    SyncHappening,
    outbox_counts,
    outbox_items,
    scope_positions,
    sync_happenings,
)
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import moment_text, span_text
from desktop.usecases.ports import SyncPort
from shared.permissions import Permission

_ENTITY_WORDS = {
    "product": "Product",
    "price": "Price",
    "barcode": "Barcode",
    "category": "Category",
    "quick_key": "Quick key",
    "customer": "Customer",
    "sale": "Sale",
    "shift": "Shift",
    "cash_movement": "Cash movement",
    "stock_movement": "Stock movement",
    "parked_sale": "Parked sale",
    "inbox_entry": "Decision",
}
_VERB_WORDS = {"record": "", "create": "made", "edit": "changed", "remove": "removed", "close": "closed"}
KIND_WORDS = {"sent": "Sent", "received": "Came", "refused": "Refused", "failed": "Failed", "note": "Note"}


@runtime_checkable
class SyncControl(SyncPort, Protocol):
    """The part of the sync engine that the sync centre uses beyond what the till needs."""

    def wake(self) -> None:
        """Run a cycle now rather than when it is due."""
        ...


@dataclass(frozen=True, slots=True)
class SentLine:
    """One change made on this device: ``Product changed · Soy candle, cedar``."""

    number: int
    when: str
    what: str
    state: str
    reason: str
    """Why it was refused, in a sentence; empty otherwise."""


@dataclass(frozen=True, slots=True)
class HappeningLine:
    """One line of the log."""

    when: str
    kind: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class SyncView:
    """Everything in the sync centre.

    Attributes:
        is_online: whether the last contact went well.
        headline: ``In step · 2 s ago`` or ``Offline 26 min · 12 waiting``.
        explanation: one sentence: what that means for the work here.
        as_of: until when what is shown here is complete; empty before the first contact.
    """

    is_online: bool
    headline: str
    explanation: str
    as_of: str
    waiting: tuple[SentLine, ...]
    refused: tuple[SentLine, ...]
    sent: tuple[SentLine, ...]
    counts: Mapping[str, int]
    happenings: tuple[HappeningLine, ...]
    scopes: tuple[ScopePosition, ...]


def show_sync(desk: Desk, *, is_online: bool, since: int | None) -> SyncView:
    """The sync centre. Raises ``UserError`` ``not_allowed``.

    Args:
        desk: who looks.
        is_online: what the sync engine says.
        since: since when, UTC microseconds; None before the first contact.
    """
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        waiting = outbox_items(connection, "waiting")
        refused = outbox_items(connection, "refused")
        sent = outbox_items(connection, "accepted", 100)
        counts = outbox_counts(connection)
        names = names_of(connection, ((item.entity, item.entity_id) for item in (*waiting, *refused, *sent)))
        happenings = sync_happenings(connection)
        scopes = scope_positions(connection)
    as_of = desk.facts.identity.consistent_at
    return SyncView(
        is_online=is_online,
        headline=headline(desk, is_online=is_online, since=since, waiting=counts["waiting"]),
        explanation=_explanation(is_online=is_online, counts=counts),
        as_of="" if as_of is None else moment_text(desk.local(as_of), desk.today()),
        waiting=tuple(_sent_line(desk, item, names) for item in waiting),
        refused=tuple(_sent_line(desk, item, names) for item in refused),
        sent=tuple(_sent_line(desk, item, names) for item in sent),
        counts=counts,
        happenings=tuple(_happening_line(desk, each) for each in happenings),
        scopes=tuple(scopes),
    )


def headline(desk: Desk, *, is_online: bool, since: int | None, waiting: int) -> str:
    """What is true of the connection: ``In step · 2 s ago``, ``Offline 26 min · 12 waiting · prices of 13:41``."""
    as_of = desk.facts.identity.consistent_at
    if is_online:
        if waiting:
            return f"Online · {waiting} waiting"
        return "In step" if as_of is None else f"In step · {span_text(desk.clock.now() - as_of)} ago"
    parts = ["Offline" if since is None else f"Offline {span_text(desk.clock.now() - since)}"]
    parts.append(f"{waiting} waiting" if waiting else "all sent")
    if as_of is not None:
        parts.append(f"prices of {moment_text(desk.local(as_of), desk.today())}")
    return " · ".join(parts)


def _explanation(*, is_online: bool, counts: Mapping[str, int]) -> str:
    refused = counts["refused"]
    told = (
        "" if not refused else " One change was not taken." if refused == 1 else f" {refused:,} changes were not taken."
    )
    if told:
        told += " The list below says why; make the change again where it is still wanted."
    if not is_online:
        return "Go on working. What you do here is safe and is sent as soon as the server answers." + told
    if counts["waiting"]:
        return "What you did here is being sent." + told
    return "What you see is what the server has. Nothing waits to be sent." + told


def _sent_line(desk: Desk, item: SentItem, names: Mapping[tuple[str, uuid.UUID], str]) -> SentLine:
    entity, _, verb = item.name.partition(".")
    subject = names.get((item.entity, item.entity_id), "")
    words = " ".join(filter(None, (_ENTITY_WORDS.get(entity, entity), _VERB_WORDS.get(verb, verb))))
    return SentLine(
        number=item.number,
        when=moment_text(desk.local(item.made_at), desk.today()),
        what=f"{words} · {subject}" if subject else words,
        state=item.state,
        reason=item.message or ("The server did not take it." if item.state == "refused" else ""),
    )


def _happening_line(desk: Desk, each: SyncHappening) -> HappeningLine:
    when = moment_text(desk.local(each.at), desk.today())
    return HappeningLine(when, each.kind, KIND_WORDS.get(each.kind, each.kind), each.text)
