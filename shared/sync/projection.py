"""The same aggregate as two wire schemas have it: columns and collections that came later left out, or filled in.

A payload does not say its schema. Every schema between the oldest and ours is tried: the first whose columns are as
many as the payload has values is the one, because schemas only ever add columns; two that fit are the same.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from shared.schema import registry
from shared.schema.base import Replicated
from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION, Aggregate, WireTable
from shared.schema.types import WireKind, canonical_json
from shared.sync.wire import Payload, Value, Values


def narrowed(entity: str, payload: Payload, schema: int) -> Payload:
    """A payload of ours as an older wire schema has it."""
    if schema >= SCHEMA_VERSION:
        return payload
    ours, theirs = registry.AGGREGATES[entity], registry.at_schema(schema)[entity]
    root, children = payload
    ours_by_name = {table.name: table for table in ours.children}
    return (
        _picked(ours.root, theirs.root, root),
        {
            table.name: [_picked(ours_by_name[table.name], table, row) for row in children.get(table.name, [])]
            for table in theirs.children
        },
    )


def widened(entity: str, payload: Payload) -> Payload:
    """A payload of any schema as ours has it, defaults in the place of what it lacks.

    Raises:
        ValueError: it is of no schema that we know.
    """
    schema = schema_of(entity, payload)
    if schema == SCHEMA_VERSION:
        return payload
    return _filled(registry.AGGREGATES[entity], registry.at_schema(schema)[entity], payload)


def schema_of(entity: str, payload: Payload) -> int:
    """The wire schema a payload is of: ours where it fits ours.

    Raises:
        ValueError: it is of no schema that we know.
    """
    if _fits(registry.AGGREGATES[entity], payload):
        return SCHEMA_VERSION
    for schema in range(SCHEMA_AT_LEAST, SCHEMA_VERSION):
        theirs = registry.at_schema(schema).get(entity)
        if theirs is not None and _fits(theirs, payload):
            return schema
    raise ValueError(f"a {entity} of no schema that is known")


def changed_since(schema: int) -> tuple[str, ...]:
    """The entities that an older wire schema does not have, or has with fewer columns or collections."""
    older = registry.at_schema(schema)
    return tuple(
        entity for entity, aggregate in registry.AGGREGATES.items() if _shape(older.get(entity)) != _shape(aggregate)
    )


def _shape(aggregate: Aggregate | None) -> object:
    return None if aggregate is None else [(table.name, table.column_names) for table in aggregate.tables]


def _fits(aggregate: Aggregate, payload: Payload) -> bool:
    root, children = payload
    tables = {table.name: table for table in aggregate.children}
    return (
        len(root) == len(aggregate.root.columns)
        and all(
            name in tables and all(len(row) == len(tables[name].columns) for row in rows)
            for name, rows in children.items()
        )
        and len(children) == len(tables)
    )


def _filled(ours: Aggregate, theirs: Aggregate, payload: Payload) -> Payload:
    root, children = payload
    known = {table.name: table for table in theirs.children}
    return (
        _padded(theirs.root, ours.root, root),
        {
            table.name: [_padded(known[table.name], table, row) for row in children[table.name]]
            if table.name in known
            else []
            for table in ours.children
        },
    )


def _picked(ours: WireTable, theirs: WireTable, values: Values) -> Values:
    return [values[ours.column_names.index(name)] for name in theirs.column_names]


def _padded(theirs: WireTable, ours: WireTable, values: Values) -> Values:
    given = dict(zip(theirs.column_names, values, strict=True))
    return [given[name] if name in given else default_of(ours.name, name) for name in ours.column_names]


@cache
def default_of(table: str, name: str) -> Value:
    """The wire value of a replicated column's default."""
    column = Replicated.metadata.tables[table].c[name]
    default: Any = column.default
    if default is None:
        return None
    value = default.arg(None) if default.is_callable else default.arg
    kind = next(each.kind for each in _columns(table) if each.name == name)
    match kind:
        case WireKind.JSON:
            return canonical_json(value)
        case WireKind.FLAG:
            return int(value)
        case WireKind.DAY:
            assert isinstance(value, dt.date)
            return value.isoformat()
        case _:
            wire: Value = value
            return wire


def _columns(table: str) -> tuple[registry.WireColumn, ...]:
    tables = (each for aggregate in registry.AGGREGATES.values() for each in aggregate.tables)
    return next(each.columns for each in tables if each.name == table)
