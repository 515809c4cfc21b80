"""What a restored server overwrites: the version this device had is kept until it has been offered.

While a scope is filled anew, a document may come at a version of an older state, or at one that was made after the
restore. Either way what this device had may be lost on the server; only the server can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from desktop.replica.cursors import Held
from desktop.replica.rows import aggregate_of, read_payloads
from shared.schema.base import Kind, Policy
from shared.schema.registry import Aggregate
from shared.sync.operations import RECOVERABLE
from shared.sync.version import epoch_of
from shared.sync.wire import Payload, Row


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One document as this device had it."""

    entity: str
    id: bytes
    version: int
    payload: Payload


def never_changes(aggregate: Aggregate) -> bool:
    """Whether an aggregate is a fact whose content is fixed for good."""
    return aggregate.kind is Kind.FACT and all(column.policy is Policy.FIXED for column in aggregate.root.columns)


def is_offered(aggregate: Aggregate) -> bool:
    """Whether devices give an aggregate of this kind back to a server that lost it."""
    return aggregate.kind in (Kind.FACT, Kind.DOCUMENT) or aggregate.entity in RECOVERABLE


def hold_back(connection: Connection, entity: str, rows: Sequence[Row], held: Mapping[bytes, Held]) -> None:
    """Before rows are written: keep what the server may have lost of them.

    ``held`` is what is here of them; only aggregates of scopes that are filled anew have a former version.
    """
    aggregate = aggregate_of(entity)
    if never_changes(aggregate) or not is_offered(aggregate):
        return
    doubtful = {row.id: row for row in rows if row.id in held and _is_doubtful(row.version, held[row.id].former)}
    if not doubtful:
        return
    for entity_id, payload in server_payloads(connection, entity, list(doubtful)).items():
        if payload != doubtful[entity_id].payload:
            connection.exec_driver_sql(
                "INSERT INTO held_back (entity, id, version, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (entity, entity_id, held[entity_id].former, msgspec.msgpack.encode(payload)),
            )


def next_held_back(connection: Connection, count: int) -> list[HeldBack]:
    """What has been kept, the oldest versions first."""
    rows = connection.exec_driver_sql(
        "SELECT entity, id, version, payload FROM held_back ORDER BY version, entity, id LIMIT ?", (count,)
    )
    return [HeldBack(row[0], row[1], row[2], msgspec.msgpack.decode(row[3], type=Payload)) for row in rows]


def drop_held_back(connection: Connection, entity: str, entity_id: bytes, version: int) -> None:
    """It was offered."""
    connection.exec_driver_sql(
        "DELETE FROM held_back WHERE entity = ? AND id = ? AND version = ?", (entity, entity_id, version)
    )


def server_payloads(connection: Connection, entity: str, ids: list[bytes]) -> dict[bytes, Payload]:
    """These aggregates as the server last gave them, without this device's own pending edits."""
    found = read_payloads(connection, aggregate_of(entity), ids)
    marks = ",".join("?" * len(ids))
    bases = connection.exec_driver_sql(
        f"SELECT id, payload FROM base_copy WHERE entity = ? AND id IN ({marks})", (entity, *ids)
    )
    for entity_id, payload in bases:
        if payload is None:
            found.pop(entity_id, None)
        else:
            found[entity_id] = msgspec.msgpack.decode(payload, type=Payload)
    return found


def _is_doubtful(version: int, former: int) -> bool:
    """Whether a row that comes may take the place of something the server lost."""
    return former > version or (former > 0 and epoch_of(former) < epoch_of(version))
