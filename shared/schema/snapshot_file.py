"""What is inside a snapshot file: the plain SQLite tables that the server writes and a device copies.

The replicated tables of one scope stand in it, as far as nothing in them is about a person, as wire schema ``schema``
has them and with the very DDL a replica of that schema is made with, indexes included: SQLite then copies whole b-trees
instead of decoding rows. Beside them are the memberships, the sums of the buckets, the search index where the scope
holds products, and one row that says what the file is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Column, Index, MetaData, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from shared.schema.base import NAMING, Replicated, ScopeRule
from shared.schema.registry import CATALOGUE_SCOPE, SCHEMA_VERSION, Aggregate, WireTable, at_schema

FORMAT = 1
"""Raised when these tables change; a device takes no file of another format."""

OWN_TABLES = (
    """CREATE TABLE snapshot (
        format INTEGER NOT NULL, scope TEXT NOT NULL, scope_number INTEGER NOT NULL, epoch INTEGER NOT NULL,
        schema INTEGER NOT NULL, position INTEGER NOT NULL, mark BLOB NOT NULL, made_at INTEGER NOT NULL,
        rows INTEGER NOT NULL, entities TEXT NOT NULL, search INTEGER NOT NULL)""",
    """CREATE TABLE membership (
        entity TEXT NOT NULL, id BLOB NOT NULL, scope_number INTEGER NOT NULL, version INTEGER NOT NULL,
        CONSTRAINT pk_membership PRIMARY KEY (entity, id, scope_number)) WITHOUT ROWID""",
    """CREATE TABLE bucket (
        scope_number INTEGER NOT NULL, entity TEXT NOT NULL, number INTEGER NOT NULL, rows INTEGER NOT NULL,
        high INTEGER NOT NULL, low INTEGER NOT NULL,
        CONSTRAINT pk_bucket PRIMARY KEY (scope_number, entity, number)) WITHOUT ROWID""",
)
"""``bucket`` as ``shared.sync.buckets`` adds it up, in halves; ``entities`` are parted by spaces; ``search`` is the
version of the search index, 0 where there is none."""

TRAVELLING = frozenset(
    {
        "barcode",
        "category",
        "price",
        "price_list",
        "product",
        "quick_key",
        "stock_level",
        "store",
        "tax_category",
        "tax_rate",
    }
)
"""What goes into a file. It lies unencrypted on a disk for a moment, so that people, secrets and whatever is not
listed here stay out: a device asks for those rows by themselves."""

_RULES_OF_CATALOGUE = frozenset({ScopeRule.CATALOGUE, ScopeRule.STORE_OR_CATALOGUE})
_STOCK_PREFIX = "stock:"


def is_snapshot_scope(scope: str) -> bool:
    """Whether a scope may travel as a file: it holds nothing about a person."""
    return scope == CATALOGUE_SCOPE or scope.startswith(_STOCK_PREFIX)


def scope_number_of(scope_id: int) -> int:
    """The number that stands for the scope in the file's memberships.

    A device counts its own scopes upwards from 1; those that came by file keep the server's number, below zero.
    """
    return -scope_id


def aggregates_of(scope: str, schema: int) -> tuple[Aggregate, ...]:
    """The aggregates that such a scope can hold, in the order of their entities."""
    rules = _RULES_OF_CATALOGUE if scope == CATALOGUE_SCOPE else frozenset({ScopeRule.STOCK})
    return tuple(aggregate for aggregate in at_schema(schema).values() if aggregate.scope in rules)


def aggregates_in(scope: str, schema: int) -> tuple[Aggregate, ...]:
    """Those of them that are in the file."""
    return tuple(aggregate for aggregate in aggregates_of(scope, schema) if aggregate.entity in TRAVELLING)


def tables_in(scope: str, schema: int) -> tuple[WireTable, ...]:
    """Roots and owned tables of those aggregates."""
    return tuple(table for aggregate in aggregates_in(scope, schema) for table in aggregate.tables)


def table_statements(scope: str, schema: int) -> Iterator[str]:
    """The statements that make the replicated tables, without their indexes."""
    dialect = sqlite.dialect()
    for wire_table in tables_in(scope, schema):
        yield str(CreateTable(_table(wire_table)).compile(dialect=dialect)).strip()


def index_statements(scope: str, schema: int) -> Iterator[str]:
    """The statements that make their indexes, to be run when the rows are in."""
    dialect = sqlite.dialect()
    for wire_table in tables_in(scope, schema):
        for index in sorted(_table(wire_table).indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=dialect)).strip()


def has_search(scope: str, schema: int) -> bool:
    """Whether the search index belongs into the file: where the products are, for programs that search as we do."""
    return scope == CATALOGUE_SCOPE and schema == SCHEMA_VERSION


@cache
def _table(wire_table: WireTable) -> Table:
    """The mapped table as a replica of that schema has it: newer columns, and indexes over them, left out."""
    whole = Replicated.metadata.tables[wire_table.name]
    if len(whole.columns) == len(wire_table.columns):
        return whole
    known = set(wire_table.column_names)
    older = Table(
        whole.name,
        MetaData(naming_convention=NAMING),
        *(
            Column(each.name, each.type, primary_key=each.primary_key, nullable=each.nullable)
            for each in whole.columns
            if each.name in known
        ),
    )
    for index in whole.indexes:
        names = [column.name for column in index.columns]
        if known.issuperset(names):
            Index(index.name, *(older.c[name] for name in names), unique=index.unique)
    return older
