"""How far a device's mutations are: numbers, results, and what tells a retry from a fork."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.sync.wire import MutationResult
from sync_server.db.binary import driver_cursor, fetch_binary

RESULTS_TOLD_MAX = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """``last_number``: effects or refusal committed; ``projected_number``: its stock movements are in the levels."""

    last_number: int
    projected_number: int


@dataclass(frozen=True, slots=True)
class Life:
    """How far one incarnation of a device is.

    Attributes:
        last_number: the highest number whose effects or refusal are committed.
        pruned_number: the log no longer holds numbers up to here.
        pruned_received_at: all of those had come by then, UTC microseconds.
    """

    last_number: int = 0
    pruned_number: int = 0
    pruned_received_at: int = 0


@dataclass(frozen=True, slots=True)
class KnownMutation:
    """A mutation the server has had."""

    number: int
    id: uuid.UUID
    hash: bytes
    result: MutationResult


@dataclass(frozen=True, slots=True)
class LoggedMutation:
    """A mutation to be noted with what became of it; ``arguments`` only where it was refused. UTC microseconds."""

    number: int
    id: uuid.UUID
    name: str
    hash: bytes
    made_at: int
    result: MutationResult
    arguments: bytes | None = None


@dataclass(frozen=True, slots=True)
class SyncingDevice:
    """A device that is not revoked."""

    id: uuid.UUID
    store_id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str


_SYNCING = text("""
SELECT d.id, d.store_id, coalesce(s.code, ''), d.kind, d.number, d.name
FROM device AS d JOIN device_key AS k ON k.device_id = d.id LEFT JOIN store AS s ON s.id = d.store_id
WHERE d.revoked_at IS NULL ORDER BY 3, 4, 5
""")
# Pushes and pulls are what the server does all day: they go straight to the driver.
_STANDING = """
SELECT p.last_number, coalesce(s.number, 0)
FROM device_progress AS p
LEFT JOIN stock_projection AS s ON s.device_id = p.device_id AND s.incarnation = p.incarnation
WHERE p.device_id = %(device)s AND p.incarnation = %(incarnation)s
"""
_NOTEWORTHY = """
SELECT number, status, code, message FROM device_mutation
WHERE device_id = %(device)s AND incarnation = %(incarnation)s AND status IN ('merged', 'refused')
ORDER BY number DESC LIMIT %(limit)s
"""
# Everything a push reads it reads by key. Plans made when the tables were small must stay right when they have grown.
_LOCK_DEVICE = (
    "SELECT set_config('enable_seqscan', 'off', true) FROM device_key WHERE device_id = %(device)s FOR UPDATE"
)
_LAST_NUMBER = text("SELECT last_number FROM device_progress WHERE device_id = :device AND incarnation = :incarnation")
_LIFE = """
SELECT last_number, pruned_number, pruned_received_at FROM device_progress
WHERE device_id = %(device)s AND incarnation = %(incarnation)s
"""
_KNOWN_IDS = """
SELECT DISTINCT ON (id) number, id, hash, status, code, message FROM device_mutation
WHERE device_id = %(device)s AND id = ANY(%(ids)s::uuid[]) ORDER BY id, received_at
"""
_KNOWN = """
SELECT number, id, hash, status, code, message FROM device_mutation
WHERE device_id = %(device)s AND incarnation = %(incarnation)s AND number BETWEEN %(first)s AND %(last)s
ORDER BY number
"""
_LOG = b"""
WITH logged AS (
    INSERT INTO device_mutation
        (device_id, incarnation, number, id, name, hash, status, code, message, made_at, arguments, received_at)
    SELECT %(device)s, %(incarnation)s, given.*, %(now)s
    FROM unnest(%(numbers)s::bigint[], %(ids)s::uuid[], %(names)s::text[], %(hashes)s::bytea[], %(statuses)s::text[],
                %(codes)s::text[], %(messages)s::text[], %(made_ats)s::bigint[], %(arguments)s::bytea[])
         AS given
)
INSERT INTO device_progress (device_id, incarnation, last_number, acknowledged_number, seen_at)
VALUES (%(device)s, %(incarnation)s, %(number)s, %(acknowledged)s, %(now)s)
ON CONFLICT (device_id, incarnation) DO UPDATE
SET last_number = EXCLUDED.last_number, seen_at = EXCLUDED.seen_at,
    acknowledged_number = greatest(device_progress.acknowledged_number, EXCLUDED.acknowledged_number)
"""

# Numbers come in their order, so what is old is at the low end; refused ones stay until somebody has seen to them.
_PRUNE = text("""
WITH old AS (
    SELECT m.number, m.received_at FROM device_mutation AS m
    WHERE m.device_id = :device AND m.incarnation = :incarnation AND m.number > :pruned AND m.number <= :acknowledged
    ORDER BY m.number LIMIT :limit
),
cut AS (
    SELECT coalesce(min(number) FILTER (WHERE received_at >= :before), max(number) + 1) AS number FROM old
),
gone AS (
    DELETE FROM device_mutation AS m USING cut
    WHERE m.device_id = :device AND m.incarnation = :incarnation AND m.number > :pruned AND m.number < cut.number
      AND m.status <> 'refused'
    RETURNING m.number
)
UPDATE device_progress AS p
SET pruned_number = cut.number - 1,
    pruned_received_at = (SELECT max(received_at) FROM old WHERE number < cut.number)
FROM cut
WHERE p.device_id = :device AND p.incarnation = :incarnation AND cut.number - 1 > p.pruned_number
RETURNING (SELECT count(*) FROM gone)
""")
_PRUNABLE = text("""
SELECT device_id, incarnation, pruned_number, acknowledged_number FROM device_progress
WHERE acknowledged_number > pruned_number ORDER BY device_id, incarnation
""")


def syncing_devices(connection: Connection) -> list[SyncingDevice]:
    """Every enrolled device that is not revoked, by store, kind and number."""
    return [SyncingDevice(*row) for row in connection.execute(_SYNCING)]


def standing(connection: Connection, device_id: uuid.UUID, incarnation: bytes) -> Standing:
    """How far this incarnation of a device is; zero for one never heard of."""
    parameters = {"device": device_id, "incarnation": uuid.UUID(bytes=incarnation)}
    rows = fetch_binary(connection, _STANDING, parameters)
    return Standing(*rows[0]) if rows else Standing(0, 0)


def noteworthy_results(connection: Connection, device_id: uuid.UUID, incarnation: bytes) -> list[MutationResult]:
    """The newest results a device must not miss (merged, refused), in case a push's answer was lost."""
    parameters = {"device": device_id, "incarnation": uuid.UUID(bytes=incarnation), "limit": RESULTS_TOLD_MAX}
    return [MutationResult(*row) for row in reversed(fetch_binary(connection, _NOTEWORTHY, parameters))]


def lock_device(connection: Connection, device_id: uuid.UUID) -> None:
    """One push of a device at a time, until the transaction ends."""
    fetch_binary(connection, _LOCK_DEVICE, {"device": device_id})


def last_number(connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID) -> int:
    """The highest committed number of an incarnation, zero for a new one."""
    row = connection.execute(_LAST_NUMBER, {"device": device_id, "incarnation": incarnation}).one_or_none()
    return 0 if row is None else int(row.last_number)


def life(connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID) -> Life:
    """How far an incarnation of a device is; zeros for one never heard of."""
    rows = fetch_binary(connection, _LIFE, {"device": device_id, "incarnation": incarnation})
    return Life(*rows[0]) if rows else Life()


def known_ids(connection: Connection, device_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, KnownMutation]:
    """Mutations with these ids that came before under any incarnation of the device, as they came first."""
    rows = fetch_binary(connection, _KNOWN_IDS, {"device": device_id, "ids": list(ids)})
    return {known.id: known for known in map(_known, rows)}


def known(
    connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, first: int, last: int
) -> dict[int, KnownMutation]:
    """What became of the mutations with these numbers."""
    parameters = {"device": device_id, "incarnation": incarnation, "first": first, "last": last}
    return {known.number: known for known in map(_known, fetch_binary(connection, _KNOWN, parameters))}


def _known(row: tuple[int, uuid.UUID, bytes, str, str, str]) -> KnownMutation:
    number, mutation_id, hash_, status, code, message = row
    return KnownMutation(number, mutation_id, hash_, MutationResult(number, status, code, message))


def log(
    connection: Connection,
    device_id: uuid.UUID,
    incarnation: uuid.UUID,
    mutations: Sequence[LoggedMutation],
    *,
    acknowledged: int,
    now: int,
) -> None:
    """Note mutations and raise the incarnation's number to the last of them.

    ``acknowledged``: the device knows the answers to all numbers up to there.
    """
    parameters = {
        "device": device_id,
        "incarnation": incarnation,
        "now": now,
        "numbers": [m.number for m in mutations],
        "ids": [m.id for m in mutations],
        "names": [m.name for m in mutations],
        "hashes": [m.hash for m in mutations],
        "statuses": [m.result.status for m in mutations],
        "codes": [m.result.code for m in mutations],
        "messages": [m.result.message for m in mutations],
        "made_ats": [m.made_at for m in mutations],
        "arguments": [m.arguments for m in mutations],
        "number": mutations[-1].number,
        "acknowledged": acknowledged,
    }
    with driver_cursor(connection) as cursor:
        cursor.execute(_LOG, parameters)


def prune(connection: Connection, *, before: int, limit: int) -> int:
    """Drop what came before an instant (UTC microseconds) and whose answer the device knows; gives how many.

    At most ``limit`` numbers of each incarnation at a time.
    """
    dropped = 0
    for row in connection.execute(_PRUNABLE).all():
        parameters = {
            "device": row.device_id,
            "incarnation": row.incarnation,
            "pruned": row.pruned_number,
            "acknowledged": row.acknowledged_number,
            "before": before,
            "limit": limit,
        }
        dropped += connection.execute(_PRUNE, parameters).scalar() or 0
    return dropped
