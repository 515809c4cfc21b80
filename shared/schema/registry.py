"""Every aggregate by its entity name, read off the mapped classes: what sync, digests and tests walk."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Table

from shared.ids import derived_id
from shared.schema import catalogue, inbox, orders, people, sales, stock, stores
from shared.schema.base import AggregateRule, Kind, Policy, Replicated, ScopeRule
from shared.schema.types import WireKind, wire_kind

SCHEMA_VERSION = 2
"""The wire schema this program speaks; additive changes raise it."""

SCHEMA_AT_LEAST = 1
"""The oldest wire schema the server still answers in; facts are taken from older ones too."""

CATALOGUE_SCOPE = "catalogue"

_MODULES = (catalogue, inbox, orders, people, sales, stock, stores)


@dataclass(frozen=True, slots=True)
class WireColumn:
    """One replicated column: name, wire kind, conflict policy, first wire schema, and whether it may be empty.

    ``refers_to`` names the table whose row an identifier means; it stands in another aggregate (``base.synced``).
    """

    name: str
    kind: WireKind
    policy: Policy
    since: int
    nullable: bool
    refers_to: str = ""


@dataclass(frozen=True, slots=True)
class WireTable:
    """One replicated table in wire column order. ``parent_column`` is empty on a root."""

    name: str
    columns: tuple[WireColumn, ...]
    parent_column: str = ""
    since: int = 1

    def __hash__(self) -> int:
        """By the name, which is unique: what is prepared for a table is looked up for every row."""
        return hash(self.name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in wire order."""
        return _column_names(self)


@cache
def _column_names(table: WireTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A root table and what it owns: the unit of sync, version and merge."""

    entity: str
    kind: Kind
    scope: ScopeRule
    root: WireTable
    children: tuple[WireTable, ...]
    since: int = 1

    def __hash__(self) -> int:
        """By the entity, which is unique."""
        return hash(self.entity)

    @property
    def tables(self) -> tuple[WireTable, ...]:
        """The root first, then the owned tables in wire order."""
        return (self.root, *self.children)


def _wire_table(table: Table, parent_column: str = "", since: int = 1) -> WireTable:
    columns = tuple(
        WireColumn(
            name=str(column.name),
            kind=wire_kind(column.type),
            policy=column.info["policy"],
            since=column.info["since"],
            nullable=bool(column.nullable),
            refers_to=column.info["refers_to"],
        )
        for column in table.columns
    )
    return WireTable(str(table.name), columns, parent_column, since)


def _read_aggregates() -> dict[str, Aggregate]:
    tables = Replicated.metadata.tables
    found: dict[str, Aggregate] = {}
    for mapper in Replicated.registry.mappers:
        rule: AggregateRule | None = getattr(mapper.class_, "__aggregate__", None)
        if rule is None:
            continue
        children = tuple(_wire_table(tables[owned.table], owned.parent_column, owned.since) for owned in rule.owned)
        root = _wire_table(tables[mapper.class_.__tablename__])
        found[rule.entity] = Aggregate(rule.entity, rule.kind, rule.scope, root, children, rule.since)
    return dict(sorted(found.items()))


AGGREGATES: Mapping[str, Aggregate] = _read_aggregates()


@cache
def at_schema(schema: int) -> Mapping[str, Aggregate]:
    """The aggregates as wire schema ``schema`` knows them: what came later is left out.

    The tables' names are those of ``AGGREGATES``, so nothing may be cached by an aggregate or a table alone where
    schemas meet.
    """
    if schema >= SCHEMA_VERSION:
        return AGGREGATES
    return {
        entity: Aggregate(
            entity,
            aggregate.kind,
            aggregate.scope,
            _table_at(aggregate.root, schema),
            tuple(_table_at(child, schema) for child in aggregate.children if child.since <= schema),
            aggregate.since,
        )
        for entity, aggregate in AGGREGATES.items()
        if aggregate.since <= schema
    }


def _table_at(table: WireTable, schema: int) -> WireTable:
    columns = tuple(column for column in table.columns if column.since <= schema)
    return WireTable(table.name, columns, table.parent_column, table.since)


def level_id(store_id: uuid.UUID, variant_id: uuid.UUID) -> uuid.UUID:
    """The id of the stock level of a variant in a store, the same on every side."""
    return derived_id("stock_level", store_id, variant_id)


def sales_scope(store_id: uuid.UUID, business_date: dt.date) -> str:
    """The scope of a store's sales of one ISO week: ``sales:<store>:2026-W47``."""
    year, week, _ = business_date.isocalendar()
    return f"sales:{store_id}:{year:04d}-W{week:02d}"


def store_scope(store_id: uuid.UUID) -> str:
    """The scope of one store's own rows."""
    return f"store:{store_id}"


def stock_scope(store_id: uuid.UUID) -> str:
    """The scope of one store's stock levels: no personal data, so that it may travel as a snapshot file."""
    return f"stock:{store_id}"


def scopes_of(
    aggregate: Aggregate, root: Mapping[str, object], known_to: Collection[uuid.UUID] = ()
) -> tuple[str, ...]:
    """The scopes that hold an aggregate with this root row (Python values). The server's SQL says the same.

    Args:
        aggregate: which.
        root: its root row.
        known_to: stores that know a customer besides the home store; the server alone keeps them.
    """
    rule, store_id = aggregate.scope, root.get("store_id")
    if rule is ScopeRule.NOWHERE:
        return ()
    if rule is ScopeRule.CATALOGUE or (rule is ScopeRule.STORE_OR_CATALOGUE and store_id is None):
        return (CATALOGUE_SCOPE,)
    assert isinstance(store_id, uuid.UUID)
    if rule is ScopeRule.STOCK:
        return (stock_scope(store_id),)
    if rule is ScopeRule.SALES_WEEK:
        day = root["business_date"]
        assert isinstance(day, dt.date)
        return (sales_scope(store_id, day),)
    stores = {store_id, *known_to} if rule is ScopeRule.KNOWN_STORES else {store_id}
    return tuple(sorted(store_scope(store) for store in stores))
