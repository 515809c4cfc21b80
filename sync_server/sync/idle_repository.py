"""One statement that tells all that idle polls need to know, however many: one snapshot, no transaction around it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from sync_server.db.binary import fetch_binary
from sync_server.db.epoch import TIMELINE_SQL, Standing

_LOOK = f"""
SELECT s.epoch, coalesce((SELECT name FROM epoch_log AS l WHERE l.epoch = s.epoch), ''),
       s.timeline IN ('', {TIMELINE_SQL}),
       coalesce((SELECT position FROM sync_scope WHERE name = 'catalogue'), 0),
       coalesce((SELECT max(id) FROM sync_scope), 0),
       heads.positions, heads.marks,
       devices.stores, devices.kinds, devices.last_numbers, devices.projected_numbers, devices.have_results
FROM server_state AS s,
    (SELECT array_agg(coalesce(h.position, 0) ORDER BY asked.place) AS positions,
            array_agg(coalesce(h.mark, '') ORDER BY asked.place) AS marks
     FROM unnest(%(scopes)s::text[]) WITH ORDINALITY AS asked (name, place)
     LEFT JOIN sync_scope AS h ON h.name = asked.name) AS heads,
    (SELECT array_agg(d.store_id ORDER BY asked.place) AS stores,
            array_agg(d.kind ORDER BY asked.place) AS kinds,
            array_agg(coalesce(p.last_number, 0) ORDER BY asked.place) AS last_numbers,
            array_agg(coalesce(j.number, 0) ORDER BY asked.place) AS projected_numbers,
            array_agg(EXISTS (
                SELECT FROM device_mutation AS m
                WHERE m.device_id = asked.device AND m.incarnation = asked.incarnation
                  AND m.status IN ('merged', 'refused')
            ) ORDER BY asked.place) AS have_results
     FROM unnest(%(devices)s::uuid[], %(incarnations)s::uuid[]) WITH ORDINALITY AS asked (device, incarnation, place)
     LEFT JOIN device AS d ON d.id = asked.device AND d.revoked_at IS NULL
     LEFT JOIN device_progress AS p ON p.device_id = asked.device AND p.incarnation = asked.incarnation
     LEFT JOIN stock_projection AS j ON j.device_id = asked.device AND j.incarnation = asked.incarnation) AS devices
"""


@dataclass(frozen=True, slots=True)
class ScopeHead:
    """Where a scope is; position 0 for one that is not there."""

    position: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class DeviceLook:
    """A device that is let in, and how far its mutations are."""

    store_id: uuid.UUID
    kind: str
    last_number: int
    projected_number: int
    has_results: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What one look shows.

    Attributes:
        standing: the epoch and its name.
        is_settled: the epoch is the one of the history that is being written.
        catalogue_position: with ``newest_scope_id`` a part of ``known_scopes.ScopesKey``.
        heads: of the scopes asked for.
        devices: in the order asked; None for one that is not let in (any more).
    """

    standing: Standing
    is_settled: bool
    catalogue_position: int
    newest_scope_id: int
    heads: Mapping[str, ScopeHead]
    devices: Sequence[DeviceLook | None]


def look(connection: Connection, devices: Sequence[tuple[uuid.UUID, uuid.UUID]], scopes: Sequence[str]) -> Look:
    """Look at (device, incarnation) pairs and scopes; there is at least one of each, and no scope twice."""
    parameters = {
        "devices": [device for device, _ in devices],
        "incarnations": [incarnation for _, incarnation in devices],
        "scopes": list(scopes),
    }
    row = fetch_binary(connection, _LOOK, parameters)[0]
    epoch, name, is_settled, catalogue_position, newest_scope_id, positions, marks, *told = row
    return Look(
        standing=Standing(epoch, name),
        is_settled=is_settled,
        catalogue_position=catalogue_position,
        newest_scope_id=newest_scope_id,
        heads=dict(zip(scopes, map(ScopeHead, positions, marks), strict=True)),
        devices=[None if each[0] is None else DeviceLook(*each) for each in zip(*told, strict=True)],
    )
