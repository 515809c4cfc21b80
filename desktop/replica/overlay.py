"""Edits made here, laid over the server's row until their outcome is known.

While an aggregate is dirty, ``base_copy`` keeps the server's own row of it; the tables hold that row with this device's
unsettled mutations applied on top. What comes down changes the base copy, and the mutations are laid over it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import msgspec
from sqlalchemy import Connection

from desktop.replica import outbox
from desktop.replica.rows import aggregate_of, erase_payloads, first_id, read_payload, write_payload
from shared.schema.registry import Aggregate, WireTable
from shared.sync.operations import Verb, decode_arguments
from shared.sync.projection import widened
from shared.sync.wire import Payload, Value, Values

_payload_decoder = msgspec.msgpack.Decoder(Payload)


def keep_base(connection: Connection, aggregate: Aggregate, entity_id: bytes) -> None:
    """Before the first edit of an aggregate: keep the server's row of it, as it stands now."""
    known = connection.exec_driver_sql(
        "SELECT 1 FROM base_copy WHERE entity = ? AND id = ?", (aggregate.entity, entity_id)
    ).first()
    if known is not None:
        return
    version = version_of(connection, aggregate.entity, entity_id)
    payload = read_payload(connection, aggregate, entity_id) if version else None
    set_base(connection, aggregate.entity, entity_id, version, payload)


def set_base(connection: Connection, entity: str, entity_id: bytes, version: int, payload: Payload | None) -> None:
    """Keep this as the server's row (None: the server has none)."""
    connection.exec_driver_sql(
        "INSERT INTO base_copy (entity, id, version, payload) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (entity, id) DO UPDATE SET version = excluded.version, payload = excluded.payload",
        (entity, entity_id, version, None if payload is None else msgspec.msgpack.encode(payload)),
    )


def version_of(connection: Connection, entity: str, entity_id: bytes) -> int:
    """The server's version of an aggregate that this device has; 0 where it has none."""
    found = connection.exec_driver_sql(
        "SELECT max(version) FROM membership WHERE entity = ? AND id = ?", (entity, entity_id)
    ).scalar()
    return int(found or 0)


def dirty_ids(connection: Connection, entity: str) -> set[bytes]:
    """The aggregates of one entity that have a base copy."""
    return {row[0] for row in connection.exec_driver_sql("SELECT id FROM base_copy WHERE entity = ?", (entity,))}


def lay_over(connection: Connection, entity: str, entity_id: bytes, settled_number: int) -> None:
    """Write the base copy with every mutation above ``settled_number`` applied; without any, drop the base copy."""
    aggregate = aggregate_of(entity)
    encoded = connection.exec_driver_sql(
        "SELECT payload FROM base_copy WHERE entity = ? AND id = ?", (entity, entity_id)
    ).scalar()
    shown: Payload | None = None if encoded is None else widened(entity, _payload_decoder.decode(encoded))
    pending = outbox.unsettled_of(connection, entity, entity_id, settled_number)
    for mutation in pending:
        shown = with_mutation(aggregate, shown, mutation.verb, decode_arguments(mutation.arguments))
    if shown is None:
        erase_payloads(connection, aggregate, [entity_id])
    else:
        write_payload(connection, aggregate, shown)
    if not pending:
        connection.exec_driver_sql("DELETE FROM base_copy WHERE entity = ? AND id = ?", (entity, entity_id))


def settle(connection: Connection, before: int, now: int) -> set[tuple[str, bytes]]:
    """At a consistent point: show the server's outcome of the mutations above ``before`` up to ``now``.

    Gives the aggregates that were written.
    """
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT b.entity, b.id FROM base_copy b JOIN outbox o ON o.entity = b.entity AND o.entity_id = b.id "
        "WHERE o.number > ? AND o.number <= ?",
        (before, now),
    )
    touched = {(row[0], row[1]) for row in rows}
    for entity, entity_id in touched:
        lay_over(connection, entity, entity_id, now)
    return touched


def with_mutation(
    aggregate: Aggregate, payload: Payload | None, verb: Verb, arguments: dict[str, object]
) -> Payload | None:
    """The aggregate after one of this device's mutations; None when it is removed or was never there."""
    match verb:
        case Verb.RECORD | Verb.CREATE | Verb.OFFER:
            return (
                payload
                if payload is not None
                else widened(aggregate.entity, msgspec.convert(arguments["row"], Payload))
            )
        case Verb.REMOVE:
            return None
        case Verb.EDIT | Verb.CLOSE:
            return None if payload is None else _edited(aggregate, payload, arguments)


def _edited(aggregate: Aggregate, payload: Payload, arguments: dict[str, object]) -> Payload:
    root, children = payload
    changes = cast("dict[str, list[Value]]", arguments.get("changes", {}))
    owned = {name: list(rows) for name, rows in children.items()}
    for edit in cast("list[dict[str, object]]", arguments.get("children", [])):
        table = next(child for child in aggregate.children if child.name == edit["child"])
        owned[table.name] = _with_child_edit(table, owned.get(table.name, []), edit)
    return _with_changes(aggregate.root, root, changes), owned


def _with_child_edit(table: WireTable, rows: list[Values], edit: dict[str, object]) -> list[Values]:
    child_id = edit["child_id"]
    others = [row for row in rows if row[0] != child_id]
    if edit.get("removed"):
        return others
    if "row" in edit:
        return sorted([*others, cast("Values", edit["row"])], key=first_id)
    changes = cast("dict[str, list[Value]]", edit["changes"])
    edited: Iterable[Values] = (_with_changes(table, row, changes) for row in rows if row[0] == child_id)
    return sorted([*others, *edited], key=first_id)


def _with_changes(table: WireTable, values: Values, changes: dict[str, list[Value]]) -> Values:
    return [
        changes[name][1] if name in changes else value for name, value in zip(table.column_names, values, strict=True)
    ]
