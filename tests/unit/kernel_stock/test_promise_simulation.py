"""The simulator of promises: the same dice, the same table; and the order of the policies that DESIGN.md counts on."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sync_server.cli import app
from sync_server.inventory.simulation_service import Policy, Scenario, simulate, usual_scenarios


def test_given_the_same_seed_then_the_same_outcome_and_another_seed_another() -> None:
    scenario = Scenario()
    first = simulate(scenario, Policy.RIGHTS, runs=200, seed=5)
    assert simulate(scenario, Policy.RIGHTS, runs=200, seed=5) == first
    assert simulate(scenario, Policy.RIGHTS, runs=200, seed=6) != first


@pytest.mark.parametrize("scenario", usual_scenarios(Scenario()), ids=str)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_given_any_outages_then_rights_oversell_less_than_safety_stock_and_that_less_than_naive(
    scenario: Scenario, seed: int
) -> None:
    naive, safety, rights = (simulate(scenario, policy, runs=600, seed=seed) for policy in Policy)
    assert rights.oversold_per_mille < safety.oversold_per_mille < naive.oversold_per_mille
    assert naive.web_wanted == safety.web_wanted == rights.web_wanted, "the same buyers come to each"


def test_given_no_outage_and_clerks_who_keep_back_what_is_held_then_nothing_is_ever_oversold() -> None:
    scenario = Scenario(offline_percent=0, heed_percent=100)
    for policy in Policy:
        assert simulate(scenario, policy, runs=300, seed=1).oversold == 0


def test_given_an_outage_without_lease_and_clerks_who_heed_then_rights_oversell_nothing() -> None:
    scenario = Scenario(lease_percent=0, heed_percent=100)
    outcome = simulate(scenario, Policy.RIGHTS, runs=500, seed=1)
    assert outcome.oversold == 0
    assert outcome.told > 0
    assert simulate(scenario, Policy.NAIVE, runs=500, seed=1).oversold > 0


def test_given_the_command_then_it_prints_a_table_or_json_and_twice_the_same() -> None:
    runner = CliRunner()
    arguments = ["simulate-promises", "--runs", "30", "--quantity", "4", "--offline", "50", "--json"]
    first = runner.invoke(app, arguments)
    assert first.exit_code == 0, first.output
    rows = json.loads(first.output)["rows"]
    assert [(row["policy"], row["quantity"], row["offline_percent"]) for row in rows] == [
        ("naive", 4, 50),
        ("safety", 4, 50),
        ("rights", 4, 50),
    ]
    assert runner.invoke(app, arguments).output == first.output
    table = runner.invoke(app, ["simulate-promises", "--runs", "5"])
    assert table.output.count("rights") == 3
