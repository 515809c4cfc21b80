"""Three-way merge of an edit with the row that stands."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from shared.errors import UserError
from shared.schema.registry import AGGREGATES
from shared.sync.conflict import Attention, Stands
from shared.sync.hybrid_clock import DRIFT_MAX_US
from shared.sync.merge import Change, Edit, LastEdit, merge_edit

PRODUCT = AGGREGATES["product"].root
NOW = 1_700_000_000_000_000


def _row(**values: object) -> dict[str, object]:
    return {**dict.fromkeys(PRODUCT.column_names), "name": "Soy candle", "brand": "", "state": "active", **values}


def _edit(edited_at: int = NOW, base_version: int = 1, **changes: tuple[object, object]) -> Edit:
    return Edit({name: Change(*sides) for name, sides in changes.items()}, base_version, edited_at, "Jonas, Office 1")


def test_given_different_fields_when_merged_then_both_stand_without_a_word() -> None:
    merged = merge_edit(PRODUCT, _row(brand="Tidewater"), _edit(name=("Soy candle", "Soy candle, cedar")), {}, now=NOW)
    assert merged.values == {"name": "Soy candle, cedar"}
    assert merged.conflicts == ()


def test_given_the_same_field_when_the_arriving_edit_is_later_then_it_stands_and_the_other_is_kept() -> None:
    last = {"name": LastEdit(NOW - 10, "Mara K., Till 2", 2)}
    merged = merge_edit(PRODUCT, _row(name="Candle"), _edit(name=("Soy candle", "Cedar candle")), last, now=NOW)
    assert merged.values == {"name": "Cedar candle"}
    (conflict,) = merged.conflicts
    assert (conflict.theirs, conflict.theirs_by, conflict.stands) == ("Candle", "Mara K., Till 2", Stands.MINE)
    assert conflict.attention is Attention.SETTLED


@pytest.mark.scenario("Evolu", "a clock far ahead must not win every conflict: its lead is capped")
def test_given_a_clock_hours_ahead_when_merged_then_it_is_believed_for_five_minutes_only() -> None:
    last = {"name": LastEdit(NOW + DRIFT_MAX_US + 1, "", 2)}
    edit = _edit(edited_at=NOW + 10 * DRIFT_MAX_US, name=("Soy candle", "Cedar candle"))
    merged = merge_edit(PRODUCT, _row(name="Candle"), edit, last, now=NOW)
    assert merged.values == {}
    assert merged.conflicts[0].mine_at == NOW + DRIFT_MAX_US


def test_given_three_offline_edits_when_they_arrive_in_any_order_then_the_same_name_stands() -> None:
    edits = [_edit(edited_at=NOW + at, name=("Soy candle", name)) for at, name in ((1, "a"), (3, "b"), (3, "c"))]
    outcomes = set()
    for order in permutations(edits):
        row, last = _row(), {}
        for version, edit in enumerate(order, start=2):
            merged = merge_edit(PRODUCT, row, replace(edit, version=version), last, now=NOW + 5)
            row |= merged.values
            last |= merged.last_edits
        outcomes.add(row["name"])
    assert outcomes == {"c"}


def test_given_a_field_nobody_knows_when_merged_then_it_says_so() -> None:
    with pytest.raises(UserError) as caught:
        merge_edit(PRODUCT, _row(), _edit(flavour=("a", "b")), {}, now=NOW)
    assert caught.value.code == "field_unknown"
