"""Who is who after merges: profiles joined by aliases are one person, and the oldest of them stands for all.

A merge writes nothing but an alias, so that it can be undone exactly. Aliases join profiles both ways: chains and
circles, made by people who did not know of each other, end in one group, the same on every device and in any order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.ids import derived_id


class AliasState(StrEnum):
    """Where a pair of profiles stands."""

    PROPOSED = "proposed"
    MERGED = "merged"
    KEPT_APART = "kept_apart"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Member:
    """One profile of a group; ``created_at`` in UTC microseconds."""

    id: uuid.UUID
    created_at: int
    is_archived: bool = False


def alias_id(first: uuid.UUID, second: uuid.UUID) -> uuid.UUID:
    """The id of the alias of two profiles, the same whoever makes it and in whatever order they are named."""
    return derived_id("customer_alias", *sorted((first, second)))


def elder_first(first: Member, second: Member) -> tuple[Member, Member]:
    """The profile that stands for both, then the other: the one made first, by its id where the times are equal."""
    older, newer = sorted((first, second), key=lambda member: (member.created_at, member.id))
    return older, newer


def survivor(members: Iterable[Member]) -> Member:
    """The profile that stands for a group: in use before archived, then the one made first, then by its id."""
    return min(members, key=lambda member: (member.is_archived, member.created_at, member.id))


def groups_of(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """Every profile named in merged pairs with all profiles of the same person, itself among them."""
    group_of: dict[uuid.UUID, set[uuid.UUID]] = {}
    for first, second in pairs:
        one, other = group_of.setdefault(first, {first}), group_of.setdefault(second, {second})
        if one is other:
            continue
        small, large = sorted((one, other), key=len)
        large |= small
        for member in small:
            group_of[member] = large
    return {member: frozenset(group) for member, group in group_of.items()}


def proposal_entry_id(pair_id: uuid.UUID) -> uuid.UUID:
    """The inbox entry that asks about a pair."""
    return derived_id("same_person", pair_id)
