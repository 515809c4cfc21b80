"""Keys by which customers made twice are found, and the aliases that join them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from shared.customers.matching import Profile, addresses_of
from shared.customers.same_person import Member
from shared.schema.base import Replicated
from shared.schema.people import CustomerAlias
from sync_server.db.tables.same_person import customer_key

LOOKED_AT = 0
"""The key of every customer whose keys are written."""
_BLOCK_MAX = 50
"""A key that more customers share than this says nothing: a switchboard, a block of flats."""

_alias = Replicated.metadata.tables[CustomerAlias.__tablename__]

_PROFILES = text("""
SELECT id, store_id, number, name, email, phone, addresses, created_at, is_archived FROM customer WHERE id = ANY(:ids)
ORDER BY id
""")
_KEYS = text("SELECT customer_id, key FROM customer_key WHERE customer_id = ANY(:ids)")
_FORGET_KEYS = text("DELETE FROM customer_key WHERE customer_id = ANY(:ids)")
_WITH_KEYS = text(
    "SELECT DISTINCT customer_id FROM customer_key WHERE key = ANY(:keys) ORDER BY customer_id LIMIT :limit"
)
_CANDIDATES = text("""
WITH mine AS (SELECT key, customer_id FROM customer_key WHERE customer_id = ANY(:ids) AND key <> :looked_at),
block AS MATERIALIZED (
    SELECT wanted.key, other.customer_id
    FROM (SELECT DISTINCT key FROM mine) AS wanted
    CROSS JOIN LATERAL (SELECT customer_id FROM customer_key WHERE key = wanted.key LIMIT :many + 1) AS other
),
telling AS (SELECT key FROM block GROUP BY key HAVING count(*) <= :many)
SELECT DISTINCT least(mine.customer_id, block.customer_id) AS one,
       greatest(mine.customer_id, block.customer_id) AS other
FROM mine JOIN telling USING (key) JOIN block USING (key)
WHERE block.customer_id <> mine.customer_id
ORDER BY one, other
""")
_NEVER_LOOKED_AT = text("""
SELECT id FROM customer
WHERE id > :after AND NOT EXISTS (
    SELECT FROM customer_key WHERE customer_key.customer_id = customer.id AND customer_key.key = :looked_at
)
ORDER BY id LIMIT :limit
""")
_GROUPS = text("""
WITH RECURSIVE joined (start, id) AS (
    SELECT given, given FROM unnest(CAST(:ids AS uuid[])) AS given
    UNION
    SELECT joined.start, CASE WHEN pair.alias_id = joined.id THEN pair.survivor_id ELSE pair.alias_id END
    FROM joined JOIN customer_alias AS pair
    ON pair.state = 'merged' AND (pair.alias_id = joined.id OR pair.survivor_id = joined.id)
)
SELECT joined.start, customer.id, customer.created_at, customer.is_archived
FROM joined JOIN customer ON customer.id = joined.id
""")
_DECIDED = text("""
SELECT id, alias_id, survivor_id, state, decided_by, decided_at FROM customer_alias
WHERE id = ANY(:ids) AND state <> 'proposed'
""")


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer as matching sees it."""

    id: uuid.UUID
    store_id: uuid.UUID
    profile: Profile
    created_at: int
    is_archived: bool

    @property
    def member(self) -> Member:
        """The same as one of a group."""
        return Member(self.id, self.created_at, self.is_archived)


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """An alias somebody decided."""

    id: uuid.UUID
    alias_id: uuid.UUID
    survivor_id: uuid.UUID
    state: str
    decided_by: str
    decided_at: int | None


def with_keys(connection: Connection, keys: Sequence[int], limit: int) -> list[uuid.UUID]:
    """Customers that have one of these keys."""
    return list(connection.execute(_WITH_KEYS, {"keys": list(keys), "limit": limit}).scalars())


def customers(connection: Connection, ids: Sequence[uuid.UUID]) -> list[KnownCustomer]:
    """The customers with these ids that are there, by id."""
    return [
        KnownCustomer(
            id=row.id,
            store_id=row.store_id,
            profile=Profile(row.name, row.email, row.phone, addresses_of(json.loads(row.addresses)), row.number),
            created_at=row.created_at,
            is_archived=row.is_archived,
        )
        for row in connection.execute(_PROFILES, {"ids": list(ids)})
    ]


def keys_of(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[int]]:
    """The keys as they were last written."""
    found: dict[uuid.UUID, set[int]] = {}
    for row in connection.execute(_KEYS, {"ids": list(ids)}):
        found.setdefault(row.customer_id, set()).add(row.key)
    return found


def write_keys(connection: Connection, keys: Mapping[uuid.UUID, set[int]]) -> None:
    """Give customers these keys and no others."""
    connection.execute(_FORGET_KEYS, {"ids": list(keys)})
    rows = [{"key": key, "customer_id": customer} for customer in sorted(keys) for key in sorted(keys[customer])]
    if rows:
        connection.execute(insert(customer_key), rows)


def candidates(connection: Connection, ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Pairs of one of these customers and another who share a key that tells something."""
    given = {"ids": list(ids), "looked_at": LOOKED_AT, "many": _BLOCK_MAX}
    return [(row.one, row.other) for row in connection.execute(_CANDIDATES, given)]


def never_looked_at(connection: Connection, after: uuid.UUID, limit: int) -> list[uuid.UUID]:
    """Customers whose keys were never written, by id, from behind ``after``."""
    given = {"after": after, "looked_at": LOOKED_AT, "limit": limit}
    return list(connection.execute(_NEVER_LOOKED_AT, given).scalars())


def groups(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Member]]:
    """For each of these customers everybody merged with them, themselves among them."""
    found: dict[uuid.UUID, list[Member]] = {}
    for row in connection.execute(_GROUPS, {"ids": list(ids)}):
        found.setdefault(row.start, []).append(Member(row.id, row.created_at, row.is_archived))
    return found


def add_aliases(connection: Connection, rows: Sequence[Mapping[str, object]]) -> set[uuid.UUID]:
    """Add pairs that are not there yet; gives the ids of the new ones."""
    if not rows:
        return set()
    statement = upsert(_alias).on_conflict_do_nothing(index_elements=["id"]).returning(_alias.c.id)
    return {row.id for row in connection.execute(statement, [dict(row) for row in rows])}


def decided(connection: Connection, ids: Sequence[uuid.UUID]) -> list[DecidedPair]:
    """Those of these pairs that somebody decided."""
    return [DecidedPair(*row) for row in connection.execute(_DECIDED, {"ids": list(ids)})]
