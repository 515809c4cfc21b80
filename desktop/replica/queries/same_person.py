"""Profiles that are one person, or may be: looked up through their aliases, which rewrite nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, case, or_, select

from shared.customers.same_person import AliasState, Member, groups_of, survivor
from shared.errors import UserError
from shared.schema.people import Customer, CustomerAlias


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two profiles with what was said of them; ``decided_at`` in UTC microseconds."""

    id: uuid.UUID
    alias_id: uuid.UUID
    survivor_id: uuid.UUID
    state: AliasState
    evidence: int
    reasons: tuple[str, ...]
    decided_by: str
    decided_at: int | None


def merged_with(connection: Connection, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """For each of these customers who is merged with somebody: everybody who is that person, themselves among them."""
    pairs: set[tuple[uuid.UUID, uuid.UUID]] = set()
    seen: set[uuid.UUID] = set()
    wanted = set(ids)
    while wanted:
        found = _merged_pairs(connection, list(wanted))
        seen |= wanted
        pairs |= found
        wanted = {each for pair in found for each in pair} - seen
    groups = groups_of(pairs)
    return {each: groups[each] for each in ids if each in groups}


def survivors(connection: Connection, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, uuid.UUID]:
    """Who stands for these customers, as far as this device has them; those who stand for themselves are left out."""
    groups = merged_with(connection, ids)
    members = _members(connection, {each for group in groups.values() for each in group})
    found = {}
    for each, group in groups.items():
        here = [members[member] for member in group if member in members]
        if here and (stands := survivor(here).id) != each:
            found[each] = stands
    return found


def hidden_behind(connection: Connection) -> Mapping[uuid.UUID, uuid.UUID]:
    """Every profile that another one stands for here → that one."""
    rows = connection.execute(
        select(CustomerAlias.alias_id, CustomerAlias.survivor_id).where(CustomerAlias.state == AliasState.MERGED)
    )
    return survivors(connection, {each for row in rows for each in (row[0], row[1])})


def same_person_as(chosen: Select[uuid.UUID]) -> Select[uuid.UUID]:
    """The customers of a query and all who are merged with them, however many steps away."""
    joined = chosen.cte("same_person", recursive=True)
    known = joined.c[0]
    other = case((CustomerAlias.alias_id == known, CustomerAlias.survivor_id), else_=CustomerAlias.alias_id)
    step = select(other).where(
        CustomerAlias.state == AliasState.MERGED,
        or_(CustomerAlias.alias_id == known, CustomerAlias.survivor_id == known),
    )
    return select(joined.union(step).c[0])


def pair_by_id(connection: Connection, pair_id: uuid.UUID) -> PairRow:
    """One pair.

    Raises:
        UserError: ``pair_unknown``.
    """
    found = _pairs(connection, CustomerAlias.id == pair_id)
    if not found:
        raise UserError("pair_unknown", "This pair is no longer here. Look again.", id=str(pair_id))
    return found[0]


def pairs_of(connection: Connection, ids: Collection[uuid.UUID]) -> list[PairRow]:
    """What was ever said about these customers and others, the strongest evidence first."""
    wanted = list(ids)
    return _pairs(connection, or_(CustomerAlias.alias_id.in_(wanted), CustomerAlias.survivor_id.in_(wanted)))


def member_of(connection: Connection, customer_id: uuid.UUID) -> Member:
    """A customer as one of a group.

    Raises:
        UserError: ``customer_unknown``.
    """
    found = _members(connection, {customer_id})
    if customer_id not in found:
        raise UserError("customer_unknown", "This customer is no longer on this device. Choose another one.")
    return found[customer_id]


def _merged_pairs(connection: Connection, ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    rows = connection.execute(
        select(CustomerAlias.alias_id, CustomerAlias.survivor_id).where(
            CustomerAlias.state == AliasState.MERGED,
            or_(CustomerAlias.alias_id.in_(ids), CustomerAlias.survivor_id.in_(ids)),
        )
    )
    return {(row[0], row[1]) for row in rows}


def _members(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Member]:
    if not ids:
        return {}
    rows = connection.execute(
        select(Customer.id, Customer.created_at, Customer.is_archived).where(Customer.id.in_(list(ids)))
    )
    return {row[0]: Member(row[0], row[1], row[2]) for row in rows}


def _pairs(connection: Connection, *conditions: ColumnElement[bool]) -> list[PairRow]:
    rows = connection.execute(
        select(
            CustomerAlias.id,
            CustomerAlias.alias_id,
            CustomerAlias.survivor_id,
            CustomerAlias.state,
            CustomerAlias.evidence,
            CustomerAlias.reasons,
            CustomerAlias.decided_by,
            CustomerAlias.decided_at,
        )
        .where(*conditions)
        .order_by(CustomerAlias.evidence.desc(), CustomerAlias.id)
    )
    return [
        PairRow(
            id=row[0],
            alias_id=row[1],
            survivor_id=row[2],
            state=AliasState(row[3]),
            evidence=row[4],
            reasons=tuple(str(reason) for reason in row[5]) if isinstance(row[5], list) else (),
            decided_by=row[6],
            decided_at=row[7],
        )
        for row in rows
    ]
