"""What revoked devices handed in: kept as it came, until an operator applies or discards it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.sync.wire import MutationResult, SentMutation


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One mutation that was handed in; instants in UTC microseconds.

    Attributes:
        state: ``waiting``, ``applied`` or ``discarded``.
        status: of an applied one, what became of it.
        message: why it was refused or discarded.
    """

    device_id: uuid.UUID
    id: uuid.UUID
    incarnation: uuid.UUID
    number: int
    name: str
    version: int
    arguments: bytes
    hash: bytes
    made_at: int
    received_at: int
    state: str
    status: str
    message: str

    def as_sent(self, number: int) -> SentMutation:
        """The mutation as it came, under another number."""
        return SentMutation(number, self.id.bytes, self.name, self.version, self.arguments, self.hash, self.made_at)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What one device has in quarantine, counted by state; ``first_made_at`` and ``last_made_at`` of what waits."""

    device_id: uuid.UUID
    store: str
    device: str
    waiting: int
    applied: int
    discarded: int
    names: str
    first_made_at: int | None
    last_made_at: int | None


_KEEP = text("""
INSERT INTO quarantined_mutation
    (device_id, id, incarnation, number, name, version, arguments, hash, made_at, received_at)
SELECT :device, given.id, :incarnation, given.number, given.name, given.version, given.arguments, given.hash,
       given.made_at, :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bigint[]), CAST(:names AS text[]), CAST(:versions AS integer[]),
            CAST(:arguments AS bytea[]), CAST(:hashes AS bytea[]), CAST(:made_ats AS bigint[]))
     AS given (id, number, name, version, arguments, hash, made_at)
ORDER BY given.number
ON CONFLICT (device_id, id) DO NOTHING
RETURNING id
""")
_HELD = text("SELECT count(*), coalesce(sum(length(arguments)), 0) FROM quarantined_mutation WHERE device_id = :device")
_SUMMARY = text("""
SELECT q.device_id, coalesce(s.code, '') AS store, coalesce(d.name, '') AS device,
       count(*) FILTER (WHERE q.state = 'waiting') AS waiting,
       count(*) FILTER (WHERE q.state = 'applied') AS applied,
       count(*) FILTER (WHERE q.state = 'discarded') AS discarded,
       coalesce(string_agg(DISTINCT q.name, ', ') FILTER (WHERE q.state = 'waiting'), '') AS names,
       min(q.made_at) FILTER (WHERE q.state = 'waiting') AS first_made_at,
       max(q.made_at) FILTER (WHERE q.state = 'waiting') AS last_made_at
FROM quarantined_mutation AS q
LEFT JOIN device AS d ON d.id = q.device_id LEFT JOIN store AS s ON s.id = d.store_id
GROUP BY q.device_id, s.code, d.name ORDER BY s.code, d.name, q.device_id
""")
_WAITING = text("""
SELECT device_id, id, incarnation, number, name, version, arguments, hash, made_at, received_at, state, status, message
FROM quarantined_mutation WHERE device_id = :device AND state = 'waiting' ORDER BY place LIMIT :limit
""")
_DECIDE = text("""
UPDATE quarantined_mutation AS q
SET state = :state, status = given.status, message = given.message, decided_at = :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:messages AS text[])) AS given (id, status, message)
WHERE q.device_id = :device AND q.id = given.id AND q.state = 'waiting'
""")


def keep(
    connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, sent: Sequence[SentMutation], *, now: int
) -> set[bytes]:
    """Keep mutations that were not handed in before; gives the ids of those that are new. Names must be storable."""
    parameters = {
        "device": device_id,
        "incarnation": incarnation,
        "now": now,
        "ids": [uuid.UUID(bytes=each.id) for each in sent],
        "numbers": [each.number for each in sent],
        "names": [each.name for each in sent],
        "versions": [each.version for each in sent],
        "arguments": [each.arguments for each in sent],
        "hashes": [each.hash for each in sent],
        "made_ats": [each.made_at for each in sent],
    }
    return {row.id.bytes for row in connection.execute(_KEEP, parameters)}


def held(connection: Connection, device_id: uuid.UUID) -> tuple[int, int]:
    """How many mutations of a device are kept, and how many bytes of arguments."""
    count, size = connection.execute(_HELD, {"device": device_id}).one()
    return int(count), int(size)


def summary(connection: Connection) -> list[HandedIn]:
    """Every device that handed in anything, by store and name."""
    return [HandedIn(**row) for row in connection.execute(_SUMMARY).mappings()]


def waiting(connection: Connection, device_id: uuid.UUID, limit: int) -> list[Quarantined]:
    """The next mutations of a device that nobody has decided about, in the order in which they came."""
    return [Quarantined(*row) for row in connection.execute(_WAITING, {"device": device_id, "limit": limit})]


def decide(
    connection: Connection,
    device_id: uuid.UUID,
    state: str,
    outcomes: Sequence[tuple[uuid.UUID, MutationResult]],
    *,
    now: int,
) -> None:
    """Note what was decided about mutations that waited: the state, and for each what became of it."""
    parameters = {
        "device": device_id,
        "state": state,
        "now": now,
        "ids": [mutation_id for mutation_id, _ in outcomes],
        "statuses": [result.status for _, result in outcomes],
        "messages": [result.message for _, result in outcomes],
    }
    connection.execute(_DECIDE, parameters)
