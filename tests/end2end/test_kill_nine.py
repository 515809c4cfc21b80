"""Kill -9 in the middle of a day: a few times here, 200 times in ``make kills``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.kills import run

KILLS = int(os.environ.get("COUNTERFOIL_KILLS", "8"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_given_a_till_killed_at_random_moments_when_it_starts_again_then_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    outcome = run(KILLS, seed=20261121, folder=tmp_path, with_server=True)
    assert outcome.kills == KILLS
    assert outcome.journal is not None
    assert outcome.sent


@pytest.mark.timeout(600)
def test_given_a_till_without_any_server_when_killed_then_it_goes_on_alone(tmp_path: Path) -> None:
    outcome = run(max(KILLS // 2, 2), seed=7, folder=tmp_path, with_server=False)
    assert outcome.journal is not None
