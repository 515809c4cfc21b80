"""I2 and I13: whatever somebody did and any surviving place still holds is on the server, as it was done, once.

Facts and new documents are looked up by their id and compared with what was written at the counter. An edit must be in
force, or have been overwritten by somebody who saw it, or stand in the inbox. A field that nobody edited is as it was
when its document was made. Nothing is on the server that nobody did.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from sqlalchemy import Connection, text

from shared.schema.base import Policy
from shared.schema.registry import AGGREGATES
from shared.schema.types import WireKind, canonical_json
from shared.sync.operations import Verb
from sync_server.sync import payload_repository
from tests.simulation.deeds import Deed
from tests.simulation.small_shop import DOCUMENTS
from tests.simulation.world import World

_NEW = (Verb.RECORD, Verb.CREATE)


def check(world: World) -> Iterator[str]:
    """Hold the journal against the server."""
    with world.server.reading() as connection:
        refused, handed_in = refused_ids(connection), in_quarantine(connection)
        yield from _lost(connection, world, refused | handed_in)
        yield from _doubled_or_invented(connection, world)
        yield from _edits_lost(connection, world, refused, handed_in)
        yield from _changed_by_nobody(connection, world)


def refused_ids(connection: Connection) -> set[uuid.UUID]:
    """The mutations that the server keeps as refused."""
    return set(connection.execute(text("SELECT id FROM device_mutation WHERE status = 'refused'")).scalars())


def in_quarantine(connection: Connection) -> set[uuid.UUID]:
    """What a revoked device handed in and nobody has let take effect."""
    return set(connection.execute(text("SELECT id FROM quarantined_mutation WHERE state <> 'applied'")).scalars())


def _lost(connection: Connection, world: World, refused: set[uuid.UUID]) -> Iterator[str]:
    for entity, aggregate in AGGREGATES.items():
        deeds = [deed for deed in world.journal.of(entity) if deed.verb in _NEW and deed.id not in refused]
        if not deeds:
            continue
        stored = payload_repository.read_payloads(connection, entity, [deed.entity_id.bytes for deed in deeds])
        removed = {deed.entity_id for deed in world.journal.of(entity) if deed.verb is Verb.REMOVE}
        for deed in deeds:
            payload = stored.get(deed.entity_id.bytes)
            if payload is None:
                if deed.is_owed and deed.entity_id not in removed:
                    yield f"lost: {deed}"
                continue
            fixed = [column.policy is Policy.FIXED for column in aggregate.root.columns]
            mine = [value for value, is_fixed in zip(deed.arguments["row"][0], fixed, strict=False) if is_fixed]
            there = [value for value, is_fixed in zip(payload[0], fixed, strict=False) if is_fixed]
            if [_plain(value) for value in mine] != [_plain(value) for value in there]:
                yield f"altered: {deed} is {there}, was {mine}"
            if all(fixed) and _sizes(deed.arguments["row"][1]) != _sizes(payload[1]):
                yield f"altered: {deed} has other lines"


def _doubled_or_invented(connection: Connection, world: World) -> Iterator[str]:
    """Facts of devices that no device made, and mutations that the log has under two numbers of one life."""
    for entity in ("sale", "cash_movement", "shift"):
        known = {deed.entity_id for deed in world.journal.of(entity)}
        ids = connection.execute(text(f"SELECT id FROM {AGGREGATES[entity].root.name}")).scalars()
        for found in ids:
            if found not in known:
                yield f"invented: a {entity} {found} that no device made"
    query = text(
        "SELECT id, count(*) FROM device_mutation WHERE status IN ('applied', 'merged') GROUP BY id HAVING count(*) > 1"
    )
    for row in connection.execute(query):
        yield f"doubled: the mutation {row.id} took effect {row.count} times"


def _edits_lost(
    connection: Connection, world: World, refused: set[uuid.UUID], handed_in: set[uuid.UUID]
) -> Iterator[str]:
    """Edits that are neither in force nor in the inbox, and values that nobody wrote.

    What a revoked device handed in waits for somebody. It may be in force all the same: it had taken effect before a
    restore lost it, and others, who had fetched it, gave it back.
    """
    edits: dict[tuple[str, uuid.UUID, str], list[Deed]] = {}
    for deed in world.journal.deeds.values():
        if deed.verb is Verb.EDIT and deed.entity in ("product", "customer"):
            for field in deed.arguments["changes"]:
                edits.setdefault((deed.entity, deed.entity_id, field), []).append(deed)
    entries = [
        (row.entity_id, row.field, {_stored(row.base), _stored(row.mine), _stored(row.theirs)})
        for row in connection.execute(
            text("SELECT entity_id, field, base, mine, theirs FROM inbox_entry WHERE kind = 'conflict'")
        )
    ]
    for (entity, entity_id, field), deeds in edits.items():
        root = AGGREGATES[entity].root
        at = root.column_names.index(field)
        column = root.columns[at]
        if column.policy not in (Policy.MERGE, Policy.REVIEW):
            continue
        stored = payload_repository.read_payloads(connection, entity, [entity_id.bytes]).get(entity_id.bytes)
        if stored is None:
            continue
        stands = _plain(stored[0][at])
        about = [entry for entry in entries if entry[0] == entity_id and entry[1] == field]
        taken = [deed for deed in deeds if deed.id not in refused]
        kept = [deed for deed in taken if deed.id not in handed_in]
        wanted = {_plain(deed.arguments["changes"][field][1]) for deed in taken}
        bases = {_plain(deed.arguments["changes"][field][0]) for deed in deeds}
        if stands not in wanted | bases and not about:
            yield f"invented: {field} of {entity} {entity_id} is {stands!r}, which nobody wrote"
        for deed in kept:
            mine = _plain(deed.arguments["changes"][field][1])
            if not deed.is_owed or mine == stands or mine in bases:
                continue
            is_own_later = any(other.device == deed.device and other.order > deed.order for other in kept)
            if not is_own_later and not any(_named(mine, column.kind) & entry[2] for entry in about):
                yield f"lost: {deed} set {field} to {mine!r}; it is {stands!r} and the inbox does not know"


def _changed_by_nobody(connection: Connection, world: World) -> Iterator[str]:
    """Fields that differ from what their document was made with, though nobody ever edited them."""
    made = dict(world.stage.first_rows)
    edited: set[tuple[str, uuid.UUID, str]] = set()
    for deed in world.journal.deeds.values():
        if deed.entity in DOCUMENTS and deed.verb is Verb.CREATE:
            made[deed.entity, deed.entity_id] = deed.arguments["row"][0]
        if deed.verb is Verb.EDIT:
            edited |= {(deed.entity, deed.entity_id, field) for field in deed.arguments["changes"]}
    for entity in DOCUMENTS:
        ids = [entity_id.bytes for name, entity_id in made if name == entity]
        stored = payload_repository.read_payloads(connection, entity, ids)
        for key, payload in stored.items():
            entity_id = uuid.UUID(bytes=key)
            for column, was, stands in zip(
                AGGREGATES[entity].root.columns, made[entity, entity_id], payload[0], strict=True
            ):
                is_kept = column.policy in (Policy.MERGE, Policy.REVIEW, Policy.FIXED)
                if is_kept and (entity, entity_id, column.name) not in edited and _plain(was) != _plain(stands):
                    yield f"lost: {column.name} of {entity} {entity_id} was {was!r}, is {stands!r}, and nobody edited it"


def _named(value: object, kind: WireKind) -> set[str]:
    if isinstance(value, bytes):
        return {_text(str(uuid.UUID(bytes=value)))} if kind is WireKind.ID else {_text(value.hex())}
    if kind is WireKind.JSON and isinstance(value, str):
        return {value, _text(value)}
    return {_text(value)}


def _stored(value: str | None) -> str:
    """A JSON value of the inbox, in one spelling."""
    return _text(None if value is None else json.loads(value))


def _text(value: object) -> str:
    return canonical_json(value)


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


def _sizes(children: dict[str, list[object]]) -> dict[str, int]:
    return {name: len(rows) for name, rows in children.items()}
