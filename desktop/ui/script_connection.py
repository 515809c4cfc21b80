"""The line to the server in scripts: sync now, go offline, go online, and what this replica holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from desktop.replica.digests import replica_digests
from desktop.replica.queries.shop import waiting_mutations
from desktop.ui.script_answers import Answer
from desktop.ui.script_arguments import Arguments
from desktop.ui.script_stage import ScriptSync, Stage
from desktop.usecases import repair_refused
from desktop.usecases.desk import Desk
from desktop.usecases.review_sync import SyncControl, SyncView, findings_text, outbox_lines, show_sync
from desktop.usecases.station import Station
from desktop.usecases.support_bundle import save
from shared.clock import datetime_at
from shared.errors import EnvironmentFailure
from shared.sync.digest import combined_digest

_ROUNDS_MAX = 50
_LINES_SHOWN = 50


def _sync(stage: Stage, given: Arguments) -> Answer:
    """Cycles until this replica holds one moment of the server and nothing waits."""
    del given
    sync = _line_of(stage)
    sent, received, refused = 0, dict[str, int](), list[Answer]()
    for _ in range(_ROUNDS_MAX):
        report = sync.cycle()
        sent += report.sent
        for entity, count in report.received.items():
            received[entity] = received.get(entity, 0) + count
        refused += [{"error": each.code, "message": each.message} for each in report.refused]
        pending = sync.status().pending
        if report.is_consistent and not pending:
            break
    stage.till.station.refresh()
    return {
        "sent": sent,
        "received": received,
        "refused": refused,
        "consistent": report.is_consistent,
        "pending": pending,
    }


def _offline(stage: Stage, given: Arguments) -> Answer:
    del given
    _line_of(stage).go_offline()
    return {}


def _online(stage: Stage, given: Arguments) -> Answer:
    del given
    _line_of(stage).go_online()
    return {}


def _catalogue_as_of(stage: Stage, given: Arguments) -> Answer:
    del given
    facts = stage.till.station.known
    instant = facts.identity.consistent_at
    as_of = None if instant is None else datetime_at(instant, facts.store.time_zone).isoformat()
    return {"as_of": as_of, "position": facts.position}


def _digest(stage: Stage, given: Arguments) -> Answer:
    """The full digest of what this replica holds of the server's rows; edits still on their way are not in it."""
    del given
    station = stage.till.station
    station.refresh()
    with station.replica.read() as connection:
        scopes = replica_digests(connection)
        pending = waiting_mutations(connection)
    return {
        "device": str(station.identity.device_id),
        "digest": combined_digest((each.scope, each.digest) for each in scopes),
        "rows": sum(each.rows for each in scopes),
        "pending": pending,
        "scopes": [
            {"scope": each.scope, "position": each.position, "rows": each.rows, "digest": each.digest.hex()}
            for each in scopes
        ],
    }


def _sync_centre(stage: Stage, given: Arguments) -> Answer:
    """What the sync centre shows; of long lists the first ``_LINES_SHOWN``."""
    del given
    station = stage.till.station
    view = show_sync(station)
    return {
        "state": str(view.line.state),
        "headline": view.headline,
        "explanation": view.explanation,
        "warning": view.warning,
        "as_of": view.as_of,
        "counts": dict(view.counts),
        "waiting": _lines(station, view, "waiting"),
        "refused": _lines(station, view, "refused"),
        "came": dict(view.came),
        "sent": dict(view.sent),
        "scopes": [{"title": each.title, "position": each.position, "head": each.head} for each in view.scopes],
        "verified": view.verified,
    }


def _lines(station: Station, view: SyncView, state: str) -> list[Answer]:
    return [
        {"number": line.number, "what": line.what, "age": line.age, "reason": line.reason, "remedy": line.remedy}
        for line in outbox_lines(station, view.numbers[state][:_LINES_SHOWN])
        if line is not None
    ]


def _verify(stage: Stage, given: Arguments) -> Answer:
    """Compare with the server; what differs is fetched again only where ``repair`` says so."""
    sync = _line_of(stage)
    if not isinstance(sync, SyncControl):
        raise EnvironmentFailure("offline", "This till has no line to a server.")
    found = sync.verify(is_deep=given.flag("deep"), is_repairing=given.flag("repair"))
    return {
        "rows": found.rows,
        "differed": len(found.differences),
        "repaired": len(found.repaired),
        "agrees": found.agrees,
        "text": findings_text(found),
    }


def _send_again(stage: Stage, given: Arguments) -> Answer:
    repair_refused.send_again(Desk.at(stage.till.station), given.whole("number") or 0)
    return {}


def _set_aside(stage: Stage, given: Arguments) -> Answer:
    repair_refused.set_aside(Desk.at(stage.till.station), given.whole("number") or 0, given.needed("reason"))
    return {}


def _support_bundle(stage: Stage, given: Arguments) -> Answer:
    """Without a file: what would go in."""
    if stage.support is None:
        raise EnvironmentFailure("support_unavailable", "Use counterfoil support-bundle on this device.")
    bundle, file = stage.support(), given.text("file")
    answer: Answer = {"parts": {part.name: part.about for part in bundle.parts}}
    return answer if file is None else {**answer, "file": str(save(bundle, Path(file)))}


HANDLERS: Mapping[str, Callable[[Stage, Arguments], Answer]] = {
    "sync": _sync,
    "offline": _offline,
    "online": _online,
    "digest": _digest,
    "catalogue_as_of": _catalogue_as_of,
    "sync_centre": _sync_centre,
    "verify": _verify,
    "send_again": _send_again,
    "set_aside": _set_aside,
    "support_bundle": _support_bundle,
}


def _line_of(stage: Stage) -> ScriptSync:
    if stage.sync is None:
        raise EnvironmentFailure("not_enrolled", "This till belongs to no server yet. Enrol it with a code first.")
    return stage.sync
