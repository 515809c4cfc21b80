"""The line to the server in scripts: sync now, go offline, go online, and what this replica holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desktop.replica.digests import replica_digests
from desktop.replica.queries.shop import waiting_mutations
from desktop.ui.script_answers import Answer
from desktop.ui.script_arguments import Arguments
from desktop.ui.script_stage import ScriptSync, Stage
from shared.clock import datetime_at
from shared.errors import EnvironmentFailure
from shared.sync.digest import combined_digest

_ROUNDS_MAX = 50


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


HANDLERS: Mapping[str, Callable[[Stage, Arguments], Answer]] = {
    "sync": _sync,
    "offline": _offline,
    "online": _online,
    "digest": _digest,
    "catalogue_as_of": _catalogue_as_of,
}


def _line_of(stage: Stage) -> ScriptSync:
    if stage.sync is None:
        raise EnvironmentFailure("not_enrolled", "This till belongs to no server yet. Enrol it with a code first.")
    return stage.sync
