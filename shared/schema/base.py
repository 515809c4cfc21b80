"""The declarative base, the sync policy beside each column, and what an aggregate says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Replicated(DeclarativeBase):
    """Base of every replicated table; its metadata is shared by both homes."""

    metadata = MetaData(naming_convention=NAMING)


class Kind(StrEnum):
    """The four kinds of data (docs/architecture.md)."""

    FACT = "fact"
    DOCUMENT = "document"
    CONTROL = "control"
    PROJECTION = "projection"


class Policy(StrEnum):
    """How two concurrent changes of one column are settled."""

    FIXED = "fixed"
    """Set when the row is made and never changed (identity, facts)."""
    MERGE = "merge"
    """Three-way by base version; the same field on both sides: the later edit stands, the other goes to the inbox."""
    REVIEW = "review"
    """Two different values go to review; the standing one stays until someone decides."""
    ADD_WINS = "add_wins"
    """A set: additions of both sides are kept."""
    RESTRICT = "restrict"
    """The most restrictive of concurrent values stands (consent)."""
    ARCHIVE_WINS = "archive_wins"
    """A concurrent archive beats an edit."""
    SERVER = "server"
    """The server's value stands."""
    DERIVED = "derived"
    """Computed from facts; never pushed."""
    ONCE = "once"
    """Empty until it is set, then never changed (the closing figures of a shift)."""


class ScopeRule(StrEnum):
    """Which scopes hold an aggregate; ``scopes_of`` in registry.py and the server's SQL say the same thing."""

    CATALOGUE = "catalogue"
    STORE = "store"
    KNOWN_STORES = "known_stores"
    STOCK = "stock"
    STORE_OR_CATALOGUE = "store_or_catalogue"
    SALES_WEEK = "sales_week"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Owned:
    """A collection that lives and dies with its root.

    Attributes:
        table: name of the child table; it has a column ``<parent_column>`` that points at the root.
        parent_column: the child's column with the root's id.
        since: the wire schema version that first had it.
    """

    table: str
    parent_column: str
    since: int = 1


@dataclass(frozen=True, slots=True)
class AggregateRule:
    """What a root table says of its aggregate.

    Attributes:
        entity: the name on the wire, in the feed and in mutations.
        kind: one of the four kinds of data.
        scope: which scopes hold it.
        owned: its child collections, in wire order.
        since: the wire schema version that first had it.
    """

    entity: str
    kind: Kind
    scope: ScopeRule
    owned: tuple[Owned, ...] = ()
    since: int = 1


VARIOUS = "*"
"""What ``refers_to`` says of a column whose rows refer to different tables."""


def synced(policy: Policy, *arguments: Any, since: int = 1, refers_to: str = "", **options: Any) -> MappedColumn[Any]:
    """A replicated column: its policy, the wire schema version that first had it, and the table it refers to.

    No foreign key crosses an aggregate: a reference whose target is not there is accepted, and listed by the server.
    """
    return mapped_column(*arguments, info={"policy": policy, "since": since, "refers_to": refers_to}, **options)
