"""Who is who after merges: chains, circles and any order of merging end in the same groups and the same survivor."""

from __future__ import annotations

import uuid
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.customers.same_person import Member, alias_id, elder_first, groups_of, survivor

_ids = st.integers(0, 9).map(lambda number: uuid.UUID(int=number))
_pairs = st.lists(st.tuples(_ids, _ids).filter(lambda pair: pair[0] != pair[1]), max_size=12)


@given(_pairs, st.randoms(use_true_random=False))
def test_given_merges_in_any_order_and_direction_then_the_groups_are_the_same(
    pairs: list[tuple[uuid.UUID, uuid.UUID]], dice: Random
) -> None:
    turned = [pair if at % 2 else (pair[1], pair[0]) for at, pair in enumerate(pairs)]
    dice.shuffle(turned)
    assert groups_of(pairs) == groups_of(turned)


@given(_pairs)
def test_given_merges_then_everybody_is_in_exactly_one_group_with_whom_they_were_merged(
    pairs: list[tuple[uuid.UUID, uuid.UUID]],
) -> None:
    groups = groups_of(pairs)
    assert all(other in groups[one] for one, other in pairs)
    assert all(member in group for member, group in groups.items())
    assert all(groups[other] == group for group in groups.values() for other in group)


def test_given_a_pair_then_its_id_does_not_depend_on_who_finds_it() -> None:
    one, other = uuid.UUID(int=1), uuid.UUID(int=2)
    assert alias_id(one, other) == alias_id(other, one)
    assert elder_first(Member(one, 9), Member(other, 3)) == (Member(other, 3), Member(one, 9))


def test_given_a_group_then_one_in_use_stands_before_an_archived_one_and_the_older_before_the_newer() -> None:
    old, mid, new = (Member(uuid.UUID(int=number), number) for number in (1, 2, 3))
    assert survivor([new, mid, old]) == old
    assert survivor([Member(old.id, 1, is_archived=True), mid, new]) == mid
