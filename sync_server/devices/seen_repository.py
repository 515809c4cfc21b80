"""When each device was last heard, what it told of itself, and the list of all of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Seen:
    """What a device told with one request.

    Attributes:
        device_id: who.
        incarnation: which life of its numbering.
        at: the server's clock, UTC microseconds.
        program: name and version of the program, as it says.
        schema: the schema it understands.
        waiting: mutations that wait on the device.
        clock_skew_us: its clock less the server's; None where it did not say.
        positions: scope → how far it has it; None where the request says nothing about it.
    """

    device_id: uuid.UUID
    incarnation: uuid.UUID
    at: int
    program: str
    schema: int
    waiting: int
    clock_skew_us: int | None
    positions: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as the operator sees it; instants in UTC microseconds.

    Attributes:
        last_number: the highest mutation number of any of its lives.
        lives: how many incarnations of it were heard of.
        receipt_series: the series it was last given by the server.
        behind: positions it does not have yet, over all scopes it held when it was last heard.
        behind_by_scope: the same for each scope that is behind.
        clock_skew_us: its clock less the server's, when it last said; None where it never did.
    """

    id: uuid.UUID
    store: str
    kind: str
    number: int
    name: str
    enrolled_at: int | None
    revoked_at: int | None
    last_seen_at: int | None
    last_number: int
    lives: int
    receipt_series: int
    program: str
    schema: int | None
    waiting: int | None
    clock_skew_us: int | None
    incarnation: uuid.UUID | None
    behind: int
    behind_by_scope: Mapping[str, int]


_RECORD = text("""
INSERT INTO device_seen AS known
    (device_id, seen_at, incarnation, program, schema, waiting, clock_skew_us, positions)
SELECT id, at, incarnation, program, schema, waiting, skew, coalesce(positions, '{}')
FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS bigint[]), CAST(:incarnations AS uuid[]), CAST(:programs AS text[]),
            CAST(:schemas AS integer[]), CAST(:waiting AS bigint[]), CAST(:skews AS bigint[]),
            CAST(:positions AS jsonb[]))
     AS told (id, at, incarnation, program, schema, waiting, skew, positions)
ON CONFLICT (device_id) DO UPDATE SET
    seen_at = EXCLUDED.seen_at, incarnation = EXCLUDED.incarnation, schema = EXCLUDED.schema,
    program = EXCLUDED.program, waiting = EXCLUDED.waiting,
    clock_skew_us = coalesce(EXCLUDED.clock_skew_us, known.clock_skew_us),
    positions = CASE WHEN EXCLUDED.positions = '{}' THEN known.positions ELSE EXCLUDED.positions END
WHERE EXCLUDED.seen_at >= known.seen_at
""")
_LIST = text("""
SELECT d.id, coalesce(s.code, ''), d.kind, d.number, d.name, d.enrolled_at, d.revoked_at,
       greatest(p.seen_at, n.seen_at), coalesce(p.last_number, 0), coalesce(p.lives, 0),
       coalesce(k.receipt_series, 1), coalesce(n.program, ''), n.schema, n.waiting, n.clock_skew_us, n.incarnation,
       coalesce(b.behind, 0), coalesce(b.by_scope, '{}')
FROM device AS d
LEFT JOIN store AS s ON s.id = d.store_id
LEFT JOIN device_key AS k ON k.device_id = d.id
LEFT JOIN device_seen AS n ON n.device_id = d.id
LEFT JOIN (
    SELECT device_id, max(seen_at) AS seen_at, max(last_number) AS last_number, count(*) AS lives
    FROM device_progress GROUP BY device_id
) AS p ON p.device_id = d.id
LEFT JOIN LATERAL (
    SELECT CAST(sum(c.position - CAST(t.value AS bigint)) AS bigint) AS behind,
           jsonb_object_agg(c.name, c.position - CAST(t.value AS bigint)) AS by_scope
    FROM jsonb_each_text(n.positions) AS t JOIN sync_scope AS c ON c.name = t.key
    WHERE c.position > CAST(t.value AS bigint)
) AS b ON TRUE
ORDER BY s.code, d.kind, d.number, d.enrolled_at
""")
_SKEWED = text(
    "SELECT count(*) FROM device_seen AS n JOIN device AS d ON d.id = n.device_id "
    "WHERE d.revoked_at IS NULL AND abs(n.clock_skew_us) > :limit"
)


def record(connection: Connection, told: Sequence[Seen]) -> None:
    """Keep what devices told, one each; what is older than what is kept changes nothing."""
    in_order = sorted(told, key=lambda seen: seen.device_id)
    parameters = {
        "ids": [seen.device_id for seen in in_order],
        "ats": [seen.at for seen in in_order],
        "incarnations": [seen.incarnation for seen in in_order],
        "programs": [seen.program for seen in in_order],
        "schemas": [seen.schema for seen in in_order],
        "waiting": [seen.waiting for seen in in_order],
        "skews": [seen.clock_skew_us for seen in in_order],
        "positions": [None if seen.positions is None else json.dumps(dict(seen.positions)) for seen in in_order],
    }
    connection.execute(_RECORD, parameters)


def devices(connection: Connection) -> list[ListedDevice]:
    """Every device, by store, kind and number."""
    return [ListedDevice(*row) for row in connection.execute(_LIST)]


def skewed(connection: Connection, limit_us: int) -> int:
    """How many devices that may sync have a clock that is further off than ``limit_us`` microseconds."""
    return int(connection.execute(_SKEWED, {"limit": limit_us}).scalar_one())
