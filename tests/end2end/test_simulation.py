"""A short run of the fault simulator: a few seeds hold, a seed is the same twice, and broken products are caught.

The long run is ``make soak SEEDS=200 FIRST=1``; a failing seed is seen again with
``python -m tests.simulation.replay SEED``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation import crowd
from tests.simulation.invariants import CHECKS
from tests.simulation.mutants import MUTANTS, Mutant, hunt
from tests.simulation.run_seed import run_seed
from tests.simulation.stage import Stage, open_stage
from tests.simulation.weather import Fault

SEEDS = range(1, 9)
SEED_WITH_UPGRADES = 3
QUICKLY_CAUGHT = ("row_skipped", "retried_sale_moves_stock_again", "half_a_sale", "cursor_goes_back")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One stage for all seeds of this module."""
    with open_stage() as opened:
        yield opened


@pytest.mark.slow
def test_given_bad_lines_deaths_and_restores_when_trouble_ends_then_every_invariant_holds(stage: Stage) -> None:
    outcomes = [run_seed(stage, seed) for seed in SEEDS]
    assert [f"seed {outcome.seed}: {outcome.problem}" for outcome in outcomes if outcome.check] == []
    assert sum(outcome.deeds for outcome in outcomes) > 100, "nobody did anything"
    assert {str(Fault.REPLY_LOST)} <= {name for outcome in outcomes for name in outcome.faults}, "nothing went wrong"
    assert sum(outcome.deaths for outcome in outcomes) > 0, "nobody died"
    assert sum(outcome.acts["upgrade_a_program"] for outcome in outcomes) > 0, "nobody was upgraded"


@pytest.mark.slow
def test_given_everybody_at_once_when_the_round_is_over_then_every_invariant_holds(stage: Stage) -> None:
    tally = crowd.run(stage, rounds=4, seed=1)
    assert (tally.problem, tally.rounds) == ("", 4)
    assert tally.side_by_side > 4, "nobody came at the same time"
    assert tally.twins > 0, "nothing was sent twice at once"
    assert tally.granted > 0, "nobody was promised anything"
    assert tally.out_of_stock > 0, "nobody wanted the last piece"


@pytest.mark.slow
def test_given_buyers_who_come_at_once_when_a_promise_is_judged_by_what_was_seen_before_then_a_check_catches_it(
    stage: Stage,
) -> None:
    mutant = next(each for each in MUTANTS if each.name == "promise_as_seen_before")
    found = hunt(stage, mutant, seeds_max=12)
    assert found.check == "I4", "two buyers got the same piece and nobody noticed"


def test_given_a_seed_when_played_twice_then_the_same_happens(stage: Stage) -> None:
    def played() -> tuple[object, ...]:
        outcome = run_seed(stage, SEED_WITH_UPGRADES)
        return outcome.steps, outcome.deeds, outcome.requests, outcome.deaths, outcome.faults, outcome.acts

    assert played() == played()


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.name in QUICKLY_CAUGHT], ids=lambda each: each.name
)
def test_given_a_product_that_was_broken_on_purpose_then_a_check_catches_it(stage: Stage, mutant: Mutant) -> None:
    found = hunt(stage, mutant, seeds_max=5)
    assert found.check, f"{mutant.name} lives: {mutant.text}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_given_a_mutant_then_what_it_breaks_is_still_there_to_be_broken(mutant: Mutant) -> None:
    with mutant.broken():
        assert mutant.text


def test_given_the_invariants_then_each_has_a_mutant_that_breaks_it() -> None:
    watched = {"I7", "I13", "I14"}
    broken = {mutant.breaks for mutant in MUTANTS}
    assert (set(CHECKS) | watched) - broken == set()
