"""The sync centre for both faces: what waits, what was sent, what came, what failed and why, how far each part is.

Long lists are numbers; their lines are read a page at a time (``outbox_lines``).
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from desktop.replica import sync_tally
from desktop.replica.identity import identity_of
from desktop.replica.queries import sync_log
from desktop.replica.queries.subjects import names_of
from desktop.replica.queries.sync_log import ScopePosition, SentItem, SyncHappening
from desktop.replica.sync_tally import HOUR_US, HOURS_KEPT, LastVerification
from desktop.usecases.line_state import Download, LineFacts, LineState, line_facts
from desktop.usecases.office_words import amount_text, span_text
from desktop.usecases.ports import SyncPort
from desktop.usecases.station import Station
from desktop.usecases.sync_words import (
    ENTITY_WORDS,
    KIND_WORDS,
    VERB_WORDS,
    clock_warning,
    download_text,
    explanation_of,
    headline_of,
    moment_of,
    remedy_of,
)
from shared.errors import EnvironmentFailure
from shared.money import Money, currency

LISTS = ("waiting", "refused", "accepted")
"""The lists of this device's own changes, as states of the outbox."""


class ScopeHead(Protocol):
    """How far one scope is here, and at the server (0: not told yet)."""

    @property
    def scope(self) -> str:
        """Its name."""
        ...

    @property
    def head(self) -> int:
        """The newest position the server told of."""
        ...


class ScopeHeads(Protocol):
    """What the engine knows of the scopes."""

    @property
    def scopes(self) -> Sequence[ScopeHead]:
        """One for each."""
        ...


class Findings(Protocol):
    """What a verification found; see ``desktop.sync.verification.VerifyReport``."""

    @property
    def rows(self) -> int:
        """How many rows were compared."""
        ...

    @property
    def agrees(self) -> bool:
        """Everything was compared, and nothing differs any more."""
        ...

    @property
    def differences(self) -> Sequence[object]:
        """What differed."""
        ...

    @property
    def repaired(self) -> Sequence[object]:
        """What was put right of it."""
        ...


@runtime_checkable
class SyncControl(SyncPort, Protocol):
    """The part of the sync engine that the sync centre uses beyond what the till needs."""

    def wake(self) -> None:
        """Run a cycle now rather than when it is due."""
        ...

    def skip_snapshots(self) -> None:
        """No files to start from any more: the rows come by pages."""
        ...

    def details(self) -> ScopeHeads:
        """How far the scopes are."""
        ...

    def verify(
        self,
        *,
        is_deep: bool = False,
        is_repairing: bool = True,
        on_step: Callable[[str, int], None] = lambda _scope, _rows: None,
        cancelled: threading.Event | None = None,
    ) -> Findings:
        """Compare everything with the server, in this thread. See ``SyncEngine.verify``."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One change made on this device: ``Sale TS-HS-1-000123, £12.40``.

    Attributes:
        age: how long ago it was made: ``26 min``.
        reason: why it was refused, in a sentence; empty otherwise.
        remedy: what to do about it.
        is_fact: what happened (a sale) cannot be changed, only sent again or set aside.
    """

    number: int
    when: str
    age: str
    what: str
    state: str
    entity: str
    reason: str = ""
    remedy: str = ""
    is_fact: bool = False


@dataclass(frozen=True, slots=True)
class HappeningLine:
    """One line of the log."""

    when: str
    kind: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """How far one part of the shop is; ``percent`` is None while the server's position is not known."""

    title: str
    position: int
    head: int
    percent: int | None

    @property
    def progress(self) -> str:
        """``all``, ``42 %``, or nothing."""
        return "" if self.percent is None else "all" if self.percent >= 100 else f"{self.percent} %"


@dataclass(frozen=True, slots=True)
class DownloadLine:
    """A file to start from, in words: what it is, how far it is, and what happens to it; ``per_mille`` for a bar."""

    title: str
    text: str
    per_mille: int


@dataclass(frozen=True, slots=True)
class SyncView:
    """Everything in the sync centre.

    Attributes:
        line: how the line stands.
        headline: ``In step · 2 s ago`` or ``Offline 26 min · 12 waiting``.
        explanation: what that means for the work here.
        why: why the last attempt failed; empty after one that went well.
        as_of: until when what is shown here is complete; empty before the first contact.
        warning: a clock that is far off, in a sentence.
        oldest: how long the oldest change waits: ``26 min``; empty where none waits.
        numbers: the lists by state of the outbox, as numbers for ``outbox_lines``.
        came, sent: (kind, how many) in the last 24 hours, the most first.
        verified: what the last comparison with the server found, in words.
        small_print: address, epoch and device, for whoever helps.
        download: the file to start from that is coming; None where there is none.
    """

    line: LineFacts
    headline: str
    explanation: str
    why: str
    as_of: str
    warning: str
    oldest: str
    numbers: Mapping[str, tuple[int, ...]]
    came: tuple[tuple[str, int], ...]
    sent: tuple[tuple[str, int], ...]
    happenings: tuple[HappeningLine, ...]
    scopes: tuple[ScopeLine, ...]
    verified: str
    small_print: str
    counts: Mapping[str, int] = field(default_factory=dict)
    download: DownloadLine | None = None

    @property
    def is_online(self) -> bool:
        """Whether the last contact went well."""
        return self.line.is_online


def show_sync(station: Station) -> SyncView:
    """The sync centre as it is now; reads the replica only. Raises ``UserError`` ``not_enrolled``."""
    line, now = line_facts(station.sync), station.clock.now()
    zone = _zone(station)
    with station.replica.read() as connection:
        me = identity_of(connection)
        numbers = {state: tuple(sync_log.outbox_numbers(connection, state)) for state in LISTS}
        counts = sync_log.outbox_counts(connection)
        oldest = sync_log.oldest_waiting(connection)
        came = sync_tally.came_lately(connection, now)
        sent = sync_log.sent_since(connection, now - HOURS_KEPT * HOUR_US)
        happenings = sync_log.sync_happenings(connection)
        scopes = sync_log.scope_positions(connection)
        verified = sync_tally.last_verification(connection)
    waiting = counts["waiting"]
    return SyncView(
        line=line,
        headline=headline_of(line, waiting=waiting, as_of=me.consistent_at, now=now, time_zone=zone),
        explanation=explanation_of(line, waiting=waiting),
        why=line.last_error if line.state in {LineState.OFFLINE, LineState.BUSY} else "",
        as_of="" if me.consistent_at is None else moment_of(me.consistent_at, now, zone),
        warning=clock_warning(line),
        oldest="" if oldest is None else span_text(now - oldest),
        numbers=numbers,
        came=_by_kind(came),
        sent=_by_kind(sent),
        happenings=tuple(_happening_line(each, now, zone) for each in happenings),
        scopes=tuple(_scope_lines(scopes, _heads(station.sync))),
        verified=_verified_text(verified, now, zone),
        small_print=f"{me.server_url} · epoch {me.epoch} · {me.kind} {me.number} · device {str(me.device_id)[:8]}",
        counts=counts,
        download=_download_line(line.download),
    )


def outbox_lines(station: Station, numbers: Sequence[int]) -> list[OutboxLine | None]:
    """The lines of these changes, in this order; None where one is gone meanwhile."""
    now, zone = station.clock.now(), _zone(station)
    with station.replica.read() as connection:
        found = sync_log.outbox_rows(connection, numbers)
        names = names_of(connection, ((item.entity, item.entity_id) for item in found.values()))
        amounts = sync_log.amounts_of(connection, found.values())
    return [
        None if item is None else _line(item, names, amounts, now, zone)
        for item in (found.get(number) for number in numbers)
    ]


def try_now(station: Station) -> None:
    """Go online if need be and try the server now rather than when it is due."""
    sync = station.sync
    if sync is not None:
        sync.go_online()
    if isinstance(sync, SyncControl):
        sync.wake()


def switch(station: Station, *, is_online: bool) -> None:
    """Take this device offline, or online again."""
    if station.sync is None:
        return
    if is_online:
        station.sync.go_online()
    else:
        station.sync.go_offline()


def fetch_by_pages(station: Station) -> None:
    """Give the file up that is coming, if any: the rows come by pages, which takes longer and asks for less at once."""
    if isinstance(station.sync, SyncControl):
        station.sync.skip_snapshots()


def verify_now(
    station: Station, on_step: Callable[[str, int], None], cancelled: threading.Event, *, is_deep: bool = False
) -> str:
    """Compare everything here with the server, put right what differs, and say in words what was found.

    Raises:
        UserError: ``verify_cancelled``.
        EnvironmentFailure: ``offline``, ``server_unreachable`` …
    """
    if not isinstance(station.sync, SyncControl):
        raise EnvironmentFailure("offline", "This device has no line to a server. Go online first.")

    with station.replica.read() as connection:
        titles = {each.scope: each.title for each in sync_log.scope_positions(connection)}

    def tell(scope: str, rows: int) -> None:
        on_step(titles.get(scope, "everything"), rows)

    return findings_text(station.sync.verify(is_deep=is_deep, on_step=tell, cancelled=cancelled))


def findings_text(found: Findings) -> str:
    """What a verification found, in a sentence."""
    differed, repaired = len(found.differences), len(found.repaired)
    if not differed:
        if found.agrees:
            return f"Everything agrees with the server: {found.rows:,} rows compared."
        return f"{found.rows:,} rows agree. The rest changed while it was compared; try again in a moment."
    if repaired == differed:
        return f"{differed:,} of {found.rows:,} rows differed and were fetched again. Now everything agrees."
    told = f"{differed:,} of {found.rows:,} rows differ, {repaired:,} were put right."
    return f"{told} Compare again; if it stays, call for help."


def _download_line(download: Download | None) -> DownloadLine | None:
    if download is None:
        return None
    is_here = download.received >= download.size
    what = "It is put in place now." if is_here else "Work goes on meanwhile. If the line breaks, it goes on from here."
    title = f"The {download.what} {'is here' if is_here else 'comes as a file'} · {download_text(download)}"
    return DownloadLine(title, what, download.per_mille)


def _heads(sync: SyncPort | None) -> dict[str, int]:
    return {each.scope: each.head for each in sync.details().scopes} if isinstance(sync, SyncControl) else {}


def _scope_lines(scopes: Sequence[ScopePosition], heads: Mapping[str, int]) -> list[ScopeLine]:
    lines = []
    for each in scopes:
        head = heads.get(each.scope, 0)
        percent = None if not head else min(100, 100 * each.position // head)
        lines.append(ScopeLine(each.title, each.position, head, percent))
    return lines


def _by_kind(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return tuple((ENTITY_WORDS.get(entity, entity.replace("_", " ").capitalize()), count) for entity, count in ordered)


def _verified_text(found: LastVerification | None, now: int, zone: str) -> str:
    if found is None:
        return "Not compared with the server yet."
    when = moment_of(found.at, now, zone)
    if not found.differed:
        end = "and all agree" if found.is_whole else "and agree; the rest was changing"
        return f"{found.rows:,} rows compared with the server at {when}, {end}."
    return f"Compared at {when}: {found.differed:,} of {found.rows:,} rows differed, {found.repaired:,} were put right."


def _line(
    item: SentItem,
    names: Mapping[tuple[str, uuid.UUID], str],
    amounts: Mapping[uuid.UUID, tuple[int, str]],
    now: int,
    zone: str,
) -> OutboxLine:
    entity, _, verb = item.name.partition(".")
    words = " ".join(filter(None, (ENTITY_WORDS.get(entity, entity), VERB_WORDS.get(verb, verb))))
    subject = names.get((item.entity, item.entity_id), "")
    gap = " · " if VERB_WORDS.get(verb, verb) else " "
    what = subject if subject.startswith(words) else f"{words}{gap}{subject}" if subject else words
    if item.entity_id in amounts:
        minor, code = amounts[item.entity_id]
        money = Money(abs(minor), currency(code))
        what += f", {'−' if minor < 0 else ''}{money.currency.symbol}{amount_text(money.amount, money.currency)}"
    is_refused = item.state == "refused"
    return OutboxLine(
        number=item.number,
        when=moment_of(item.made_at, now, zone),
        age=span_text(now - item.made_at),
        what=what,
        state=item.state,
        entity=item.entity,
        reason=item.message or ("The server did not take it." if is_refused else ""),
        remedy=remedy_of(item.code) if is_refused else "",
        is_fact=verb == "record",
    )


def _happening_line(each: SyncHappening, now: int, zone: str) -> HappeningLine:
    return HappeningLine(moment_of(each.at, now, zone), each.kind, KIND_WORDS.get(each.kind, each.kind), each.text)


def _zone(station: Station) -> str:
    """The store's; UTC once the shop was erased from a revoked device."""
    return "UTC" if station.facts is None else station.store.time_zone
