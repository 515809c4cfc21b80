"""The clock of edits keeps what a hybrid logical clock promises, and the given vectors of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sync.hybrid_clock import DRIFT_MAX_US, next_time

_instants = st.integers(0, 10**16)


@given(_instants, _instants)
def test_given_any_clocks_when_an_edit_follows_then_its_time_is_later_or_the_drift_is_bounded(
    now: int, seen: int
) -> None:
    at = next_time(now, seen)
    assert at >= now
    assert at > seen or seen > now + DRIFT_MAX_US
    assert at <= max(now, now + DRIFT_MAX_US + 1)


def test_given_a_wall_that_runs_back_when_edits_follow_each_other_then_their_times_rise() -> None:
    last, times = 0, []
    for wall in (100, 90, 90, 80, 101, 95):
        last = next_time(wall, last)
        times.append(last)
    assert times == [100, 101, 102, 103, 104, 105]


def _micros(stamp: dict[str, int]) -> int:
    """Our clock carries the counter in the digits below the millisecond."""
    return stamp["millis"] * 1_000 + stamp["counter"]


@pytest.mark.realdata
def test_given_the_vectors_when_sent_and_received_then_the_same_times_come_out(shared_data: Path) -> None:
    """Where a vector refuses drift or an overflowing counter, ours bounds the one and carries the other over.

    A wrong clock keeps nobody from working; those rows are checked for that instead.
    """
    document = json.loads((shared_data / "clock-vectors" / "hlc.json").read_text(encoding="utf-8"))
    rows = [row for row in document["vectors"] if row["op"] in ("send", "receive")]
    exact = bounded = 0
    for row in rows:
        now = row["now"] * 1_000
        at = next_time(now, *(_micros(row[side]) for side in ("local", "remote") if side in row))
        if isinstance(row["expect"], dict):
            assert at == _micros(row["expect"]), row
            exact += 1
            continue
        for _ in range(row.get("repeat", 1)):
            following = next_time(now, at)
            assert following > at or at > now + DRIFT_MAX_US, row
            at = following
        assert at <= now + DRIFT_MAX_US + 1, row
        bounded += 1
    assert (exact, bounded) == (8, 4)
