"""One statement that tells all an idle poll needs to know, and so one snapshot without a transaction around it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from sync_server.db.binary import fetch_binary
from sync_server.db.epoch import TIMELINE_SQL

_LOOK = f"""
SELECT s.epoch, s.timeline IN ('', {TIMELINE_SQL}), d.store_id, d.kind,
       (SELECT position FROM sync_scope WHERE name = 'catalogue'), (SELECT max(id) FROM sync_scope),
       coalesce(p.last_number, 0), coalesce(j.number, 0),
       ARRAY(SELECT coalesce(sync_scope.position, 0)
             FROM unnest(%(scopes)s::text[]) WITH ORDINALITY AS asked (name, place)
             LEFT JOIN sync_scope ON sync_scope.name = asked.name ORDER BY place),
       ARRAY(SELECT coalesce(sync_scope.mark, '') FROM unnest(%(scopes)s::text[]) WITH ORDINALITY AS asked (name, place)
             LEFT JOIN sync_scope ON sync_scope.name = asked.name ORDER BY place),
       EXISTS (SELECT FROM device_mutation AS m WHERE m.device_id = d.id AND m.incarnation = %(incarnation)s
               AND m.status IN ('merged', 'refused'))
FROM server_state AS s
JOIN device AS d ON d.id = %(device)s AND d.revoked_at IS NULL
LEFT JOIN device_progress AS p ON p.device_id = d.id AND p.incarnation = %(incarnation)s
LEFT JOIN stock_projection AS j ON j.device_id = d.id AND j.incarnation = %(incarnation)s
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look shows; ``positions`` and ``marks`` in the order of the scopes asked for, 0 for one not there.

    ``catalogue_position`` and ``newest_scope_id`` change whenever what a device may hold can have changed: stores and
    settings of the chain are in the catalogue, and a new week of sales is a new scope.
    """

    epoch: int
    is_settled: bool
    store_id: uuid.UUID
    kind: str
    catalogue_position: int
    newest_scope_id: int
    last_number: int
    projected_number: int
    positions: list[int]
    marks: list[bytes]
    has_results: bool


def look(connection: Connection, device_id: uuid.UUID, incarnation: uuid.UUID, scopes: Sequence[str]) -> Look | None:
    """Look; None for a device that is not let in (any more)."""
    parameters = {"device": device_id, "incarnation": incarnation, "scopes": list(scopes)}
    rows = fetch_binary(connection, _LOOK, parameters)
    return Look(*rows[0]) if rows else None
