"""What every conflict policy promises, over the registry: the same answer twice, twice the same edit, and in any order.

Edits arrive at the server one after another, each with what it had seen. Those that did not know of each other may
arrive in any order; an edit that saw another one comes after it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.schema.base import Policy
from shared.schema.registry import WireColumn, WireTable
from shared.schema.types import WireKind, canonical_json
from shared.sync.conflict import RULES, Attention
from shared.sync.hybrid_clock import DRIFT_MAX_US, next_time
from shared.sync.merge import Change, Edit, FieldConflict, LastEdit, merge_edit
from shared.sync.wire import Value

NOW = 1_800_000_000_000_000
EPOCH_TWO = 1 << 40
SYMMETRIC = sorted(policy for policy, rule in RULES.items() if rule.is_symmetric)
AUTHORS = ("Ada M., Office", "Jonas P., Office", "Mara K., Till 2")
LIVES = tuple(uuid.UUID(int=number) for number in (1, 2, 3))

_SETS = st.lists(st.sampled_from("abcd"), max_size=3, unique=True).map(lambda tags: canonical_json(sorted(tags)))
_VALUES: dict[Policy, st.SearchStrategy[Value]] = {
    Policy.ADD_WINS: _SETS,
    Policy.RESTRICT: st.sampled_from([0, 1]),
    Policy.ARCHIVE_WINS: st.sampled_from(["draft", "active", "archived"]),
    Policy.ONCE: st.sampled_from([None, 1, 2]),
}
_PLAIN: st.SearchStrategy[Value] = st.sampled_from([None, "a", "b", "c", b"\x01", 7])


def column(policy: Policy) -> WireTable:
    """A table of one field with this policy."""
    return WireTable(f"one_{policy}", (WireColumn("field", WireKind.WORDS, policy, 1, nullable=True),))


@dataclass
class Server:
    """One field as the server keeps it: value, last edit, and the version of its aggregate."""

    policy: Policy
    value: Value
    version: int = 5
    last: LastEdit | None = None

    def take(self, edit: Edit) -> tuple[FieldConflict, ...]:
        """An edit arrives; gives what a person should see."""
        known = {} if self.last is None else {"field": self.last}
        table = column(self.policy)
        made = replace(edit, version=self.version + 1)
        merged = merge_edit(table, {"field": self.value}, made, known, now=NOW, unremembered=LastEdit(0))
        if merged.values:
            self.value = merged.values["field"]
            self.version += 1
        if merged.last_edits:
            self.last = merged.last_edits["field"]
        return merged.conflicts


def edit(base: Value, mine: Value, *, at: int, by: int = 0, saw: int = 5, life: int | None = None) -> Edit:
    """One edit of the field; each author works in a life of their own."""
    return Edit({"field": Change(base, mine)}, saw, NOW + at, AUTHORS[by], origin=LIVES[by if life is None else life])


def outcomes(policy: Policy, base: Value, edits: Sequence[Edit], version: int = 5) -> set[Value]:
    """The value that stands in the end, over all orders of arrival."""
    found = set()
    for order in permutations(edits):
        server = Server(policy, base, version)
        for each in order:
            server.take(each)
        found.add(server.value)
    return found


@st.composite
def _concurrent(draw: st.DrawFn) -> tuple[Policy, Value, list[Edit]]:
    policy = draw(st.sampled_from(SYMMETRIC))
    values = _VALUES.get(policy, _PLAIN)
    base = draw(values)
    edits = []
    for author in range(3):
        mine = draw(values)
        if mine != base:
            edits.append(edit(base, mine, at=draw(st.integers(-3, 3)), by=author))
    return policy, base, edits


@given(_concurrent())
@settings(max_examples=800, deadline=None)
def test_given_edits_that_do_not_know_of_each_other_when_they_arrive_in_any_order_then_the_same_value_stands(
    case: tuple[Policy, Value, list[Edit]],
) -> None:
    policy, base, edits = case
    assert len(outcomes(policy, base, edits)) == 1


@given(_concurrent())
@settings(max_examples=300, deadline=None)
def test_given_edits_of_an_older_epoch_when_they_arrive_in_any_order_then_the_same_value_stands(
    case: tuple[Policy, Value, list[Edit]],
) -> None:
    policy, base, edits = case
    assert outcomes(policy, base, edits, EPOCH_TWO) == outcomes(policy, base, edits)


@given(_concurrent())
@settings(max_examples=300, deadline=None)
def test_given_an_edit_that_arrived_when_it_arrives_again_then_nothing_changes(
    case: tuple[Policy, Value, list[Edit]],
) -> None:
    policy, base, edits = case
    server = Server(policy, base)
    for each in edits:
        server.take(each)
        before = server.value
        server.take(each)
        assert server.value == before


@given(st.sampled_from(sorted(RULES)), st.data())
@settings(max_examples=300, deadline=None)
def test_given_two_who_want_the_same_when_they_meet_then_there_is_no_conflict(
    policy: Policy, data: st.DataObject
) -> None:
    values = _VALUES.get(policy, _PLAIN)
    base, mine = None if policy is Policy.ONCE else data.draw(values), data.draw(values)
    assume(base != mine)
    server = Server(policy, base)
    first = server.take(edit(base, mine, at=0, by=0))
    second = server.take(edit(base, mine, at=1, by=1))
    if policy not in (Policy.FIXED, Policy.SERVER):
        assert (first, second) == ((), ())


# Three parties of whom one saw another: what follows must not fall behind what it followed.
@given(
    st.sampled_from([Policy.MERGE, Policy.RESTRICT]),
    st.integers(-5, 5).map(lambda at: at * 10),
    st.integers(-5, 5).map(lambda at: at * 10),
    st.integers(-5, 5).map(lambda at: at * 10),
    st.data(),
)
@settings(max_examples=600, deadline=None)
def test_given_an_edit_that_saw_another_when_a_third_knew_of_neither_then_the_order_of_the_two_does_not_matter(
    policy: Policy, first_at: int, second_wall: int, third_at: int, data: st.DataObject
) -> None:
    values = _VALUES.get(policy, _PLAIN)
    base, one, two, three = (data.draw(values) for _ in range(4))
    assume(base not in (one, three) and two != one)
    # The second author's hybrid clock has seen the first edit.
    second_at = next_time(NOW + second_wall, NOW + first_at) - NOW
    assume(third_at + 1 != second_at)
    found = set()
    for is_third_last in (True, False):
        server = Server(policy, base)
        server.take(edit(base, one, at=first_at, by=0))
        second = edit(server.value, two, at=second_at, by=1, saw=server.version)
        third = edit(base, three, at=third_at, by=2)
        for each in (second, third) if is_third_last else (third, second):
            server.take(each)
        found.add(server.value)
    assert len(found) == 1


@pytest.mark.parametrize("policy", [Policy.MERGE, Policy.REVIEW, Policy.ARCHIVE_WINS, Policy.RESTRICT])
@pytest.mark.parametrize("skew_hours", [-48, -1, 0, 1, 48])
def test_given_an_edit_that_saw_the_other_when_its_clock_is_wrong_then_it_still_follows(
    policy: Policy, skew_hours: int
) -> None:
    base, one, two = {
        Policy.RESTRICT: (1, 0, 1),
        Policy.ARCHIVE_WINS: ("active", "archived", "active"),
    }.get(policy, ("a", "b", "c"))
    server = Server(policy, base)
    server.take(edit(base, one, at=0, by=0))
    told = server.take(edit(one, two, at=skew_hours * 3_600_000_000, by=1, saw=server.version))
    assert (server.value, told) == (two, ())


def test_given_edits_of_one_device_offline_when_they_arrive_then_each_follows_the_one_before() -> None:
    """A withdrawal of consent and a new grant on one device, both offline: the grant saw the withdrawal."""
    server = Server(Policy.RESTRICT, 1)
    server.take(edit(1, 0, at=0))
    assert server.take(edit(0, 1, at=-5)) == ()
    assert server.value == 1


@pytest.mark.parametrize("is_third_last", [True, False])
def test_given_an_edit_with_a_slow_clock_that_saw_another_when_a_third_arrives_then_it_has_to_beat_both(
    *, is_third_last: bool
) -> None:
    """A client without a hybrid clock: what follows an edit counts as later than it all the same."""
    server = Server(Policy.MERGE, "a")
    server.take(edit("a", "b", at=10, by=0))
    second = edit("b", "c", at=-100, by=1, saw=server.version)
    third = edit("a", "d", at=5, by=2)
    for each in (second, third) if is_third_last else (third, second):
        server.take(each)
    assert server.value == "c"


def test_given_a_copy_of_a_device_when_both_edit_then_neither_saw_the_other() -> None:
    server = Server(Policy.RESTRICT, 1)
    server.take(edit(1, 0, at=0, by=0, life=0))
    told = server.take(edit(0, 1, at=5, by=0, life=1))
    assert (server.value, [each.attention for each in told]) == (0, [Attention.SETTLED])


def test_given_a_name_changed_and_changed_back_when_a_third_edit_knew_of_neither_then_it_has_to_be_later() -> None:
    server = Server(Policy.MERGE, "a")
    server.take(edit("a", "b", at=10, by=0))
    server.take(edit("b", "a", at=30, by=1, saw=server.version))
    told = server.take(edit("a", "c", at=20, by=2))
    assert (server.value, len(told)) == ("a", 1)


def test_given_a_version_of_a_later_epoch_when_an_old_edit_arrives_then_it_did_not_see_it() -> None:
    """The device saw version 9 before the restore; the server went on from 5 and is in its second epoch."""
    server = Server(Policy.MERGE, "a", version=EPOCH_TWO)
    server.take(edit("a", "b", at=0, by=0, saw=EPOCH_TWO))
    told = server.take(edit("a", "c", at=-10, by=1, saw=9))
    assert (server.value, len(told)) == ("b", 1)


def test_given_a_value_set_by_an_import_when_an_edit_knew_nothing_of_it_then_it_is_a_conflict() -> None:
    table = column(Policy.MERGE)
    edited = edit("a", "c", at=-60_000_000, saw=5)
    by_import = LastEdit(NOW, "Import autumn.xlsx", 6)
    merged = merge_edit(table, {"field": "b"}, edited, {}, now=NOW, unremembered=by_import)
    assert merged.values == {}
    assert [(each.theirs_by, each.attention) for each in merged.conflicts] == [
        ("Import autumn.xlsx", Attention.SETTLED)
    ]


def test_given_a_clock_two_days_ahead_when_its_edit_arrives_then_five_minutes_of_it_are_believed() -> None:
    server = Server(Policy.MERGE, "a")
    server.take(edit("a", "b", at=48 * 3_600_000_000, by=0))
    assert server.last is not None
    assert server.last.at == NOW + DRIFT_MAX_US
    server.take(edit("a", "c", at=DRIFT_MAX_US, by=1))
    assert server.value == "c"


def test_given_equal_clocks_when_two_edits_set_two_fields_then_one_author_wins_both() -> None:
    """Who decided and what was decided belong together, also in a tie."""
    columns = tuple(WireColumn(name, WireKind.WORDS, Policy.MERGE, 1, nullable=True) for name in ("who", "what"))
    table = WireTable("decision", columns)
    ways = [("Ada M., Office", {"who": "Ada", "what": "z"}), ("Jonas P., Office", {"who": "Jonas", "what": "a"})]
    found = set()
    for order in permutations(ways):
        row: dict[str, Value] = {"who": None, "what": None}
        known: dict[str, LastEdit] = {}
        for version, (by, wanted) in enumerate(order, start=6):
            changes = {name: Change(None, value) for name, value in wanted.items()}
            merged = merge_edit(table, row, Edit(changes, 5, NOW, by, version), known, now=NOW)
            row |= merged.values
            known |= merged.last_edits
        found.add((row["who"], row["what"]))
    assert found == {("Jonas", "a")}
