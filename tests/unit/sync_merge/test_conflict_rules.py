"""The contract every conflict policy keeps, walked over the registry."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.schema.base import Policy
from shared.schema.types import canonical_json
from shared.sync.conflict import RULES, Attention, Sides, Stands, rule_for

_SETS = st.lists(st.sampled_from(["gift", "new", "sale", "vegan"]), max_size=4, unique=True).map(canonical_json)
_VALUES: dict[Policy, st.SearchStrategy[object]] = {
    Policy.ADD_WINS: _SETS,
    Policy.RESTRICT: st.sampled_from([0, 1]),
    Policy.ARCHIVE_WINS: st.sampled_from(["draft", "active", "archived"]),
    Policy.ONCE: st.sampled_from([None, 1, 2]),
}
_PLAIN = st.sampled_from([None, "Soy candle", "Soy candle, cedar", "Candle", b"\x01", 7])


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Policy, Sides]:
    policy = draw(st.sampled_from(sorted(RULES)))
    value = _VALUES.get(policy, _PLAIN)
    times = st.integers(0, 3)
    sides = Sides(draw(value), draw(value), draw(value), draw(times), draw(times))
    return policy, replace(sides, has_moved=sides.base != sides.theirs)


def test_every_policy_has_a_rule() -> None:
    assert set(RULES) == set(Policy)


@given(_cases())
@settings(max_examples=300)
def test_given_any_sides_when_settled_twice_then_the_answer_is_the_same(case: tuple[Policy, Sides]) -> None:
    policy, sides = case
    assert rule_for(policy).settle(sides) == rule_for(policy).settle(sides)


@given(_cases())
@settings(max_examples=300)
def test_given_what_stands_when_the_edit_arrives_again_then_nothing_changes(case: tuple[Policy, Sides]) -> None:
    policy, sides = case
    first = rule_for(policy).settle(sides)
    standing_at = sides.mine_at if first.stands is Stands.MINE else sides.theirs_at
    again = replace(sides, theirs=first.value, theirs_at=max(standing_at, sides.theirs_at))
    assert rule_for(policy).settle(again).value == first.value


@given(_cases())
@settings(max_examples=600)
def test_given_a_symmetric_policy_when_arrivals_swap_then_the_same_value_stands(case: tuple[Policy, Sides]) -> None:
    policy, sides = case
    rule = rule_for(policy)
    if not rule.is_symmetric:
        return
    swapped = Sides(sides.base, sides.theirs, sides.mine, sides.theirs_at, sides.mine_at, sides.mine != sides.base)
    assert rule.settle(sides).value == rule.settle(swapped).value


@given(_cases())
@settings(max_examples=300)
def test_given_no_conflict_when_settled_then_nobody_is_asked(case: tuple[Policy, Sides]) -> None:
    policy, sides = case
    rule = rule_for(policy)
    assert (rule.settle(sides).attention is Attention.NONE) == (not rule.is_conflict(sides))


@pytest.mark.parametrize("policy", [Policy.MERGE, Policy.REVIEW, Policy.ARCHIVE_WINS])
def test_given_only_one_side_moved_when_settled_then_that_side_stands(policy: Policy) -> None:
    assert rule_for(policy).settle(Sides("draft", "active", "draft", 1, 9)).value == "active"
    assert rule_for(policy).settle(Sides("draft", "draft", "active", 9, 1)).value == "active"


def test_given_two_names_when_merged_then_the_later_edit_stands_and_can_be_undone() -> None:
    settled = rule_for(Policy.MERGE).settle(Sides("a", "b", "c", mine_at=5, theirs_at=9))
    assert (settled.value, settled.stands, settled.attention) == ("c", Stands.THEIRS, Attention.SETTLED)


def test_given_two_tax_categories_when_settled_then_the_standing_one_stays_and_a_person_is_asked() -> None:
    settled = rule_for(Policy.REVIEW).settle(Sides(b"a", b"b", b"c", mine_at=9, theirs_at=5))
    assert (settled.value, settled.attention) == (b"c", Attention.NEEDS_YOU)


def test_given_a_concurrent_archive_when_an_edit_is_later_then_the_archive_still_wins() -> None:
    assert rule_for(Policy.ARCHIVE_WINS).settle(Sides("draft", "active", "archived", 9, 1)).value == "archived"
    assert rule_for(Policy.ARCHIVE_WINS).settle(Sides(None, "withdrawn", "review", 1, 9)).value == "withdrawn"


def test_given_a_withdrawal_nobody_saw_when_consent_is_granted_then_the_withdrawal_stands() -> None:
    unseen = Sides(base=0, mine=1, theirs=0, mine_at=9, theirs_at=5, has_moved=True)
    assert rule_for(Policy.RESTRICT).settle(unseen).value == 0
    seen = replace(unseen, has_moved=False)
    assert rule_for(Policy.RESTRICT).settle(seen).value == 1


def test_given_tags_added_and_removed_on_both_sides_when_merged_then_additions_are_kept() -> None:
    sides = Sides('["gift","old"]', '["gift","new"]', '["gift","old","vegan"]')
    value = rule_for(Policy.ADD_WINS).settle(sides).value
    assert isinstance(value, str)
    assert json.loads(value) == ["gift", "new", "vegan"]


def test_given_a_closed_shift_when_closed_again_with_other_figures_then_the_first_ones_stand() -> None:
    settled = rule_for(Policy.ONCE).settle(Sides(None, 200, 100))
    assert (settled.value, settled.attention) == (100, Attention.SETTLED)
