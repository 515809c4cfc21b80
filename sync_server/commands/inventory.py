"""Stock promises: which stores are heard, and what ways of promising would cost."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.clock import datetime_at
from sync_server.commands.opened import Home, opened_database

commands = typer.Typer()


@commands.command("leases")
def leases(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the stores: until when each counts as heard, and what the web may promise once it does not."""
    from sync_server.inventory.lease_service import leases as list_leases

    with opened_database(home) as database:
        now = database.clock.now()
        with database.reading() as connection:
            found = list_leases(connection)
    if as_json:
        typer.echo(json.dumps([asdict(lease) for lease in found]))
        return
    table = Table(box=None)
    for heading in ("store", "name", "heard", "the web may promise"):
        table.add_column(heading)
    for lease in found:
        if lease.expires_at is None:
            said = ("no till to listen to", "all that is available")
        else:
            until = f"until {datetime_at(lease.expires_at):%Y-%m-%d %H:%M} UTC"
            is_heard = now < lease.expires_at
            share = "all that is available" if is_heard else f"{lease.web_share} % of what was available"
            said = (until if is_heard else f"NOT HEARD, was {until}", share)
        table.add_row(lease.store, lease.name, *said)
    Console().print(table if found else "There is no store yet.")


@commands.command("simulate-promises")
def simulate_promises(
    *,
    runs: Annotated[int, typer.Option(min=1, help="Plays of each scenario.")] = 5_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 1,
    quantity: Annotated[int | None, typer.Option(min=1, help="Pieces in the store; a grid where left out.")] = None,
    offline: Annotated[int | None, typer.Option(min=0, max=100, help="Plays with a cut line, per cent.")] = None,
    share: Annotated[int, typer.Option(min=0, max=100, help="The web's share under rights, per cent.")] = 30,
    safety: Annotated[int, typer.Option(min=0, help="Pieces kept back from the web under safety.")] = 2,
    heed: Annotated[int, typer.Option(min=0, max=100, help="Clerks who keep back what is held, per cent.")] = 90,
    demand: Annotated[int, typer.Option(min=1, help="Buyers, in per cent of the pieces.")] = 120,
    lease: Annotated[int, typer.Option(min=0, max=100, help="How much of an outage the lease covers, per cent.")] = 6,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play what ways of promising cost while a store cannot be heard: last synced, safety stock, rights."""
    from sync_server.inventory.simulation_service import Scenario, compare, usual_scenarios

    usual = Scenario(
        quantity=quantity or 10,
        offline_percent=100 if offline is None else offline,
        web_share_percent=share,
        safety_pieces=safety,
        heed_percent=heed,
        demand_percent=demand,
        lease_percent=lease,
    )
    scenarios = usual_scenarios(usual) if quantity is None and offline is None else [usual]
    played = list(compare(scenarios, runs=runs, seed=seed))
    if as_json:
        rows = [{**asdict(scenario), "policy": policy, **asdict(outcome)} for scenario, policy, outcome in played]
        typer.echo(json.dumps({"runs": runs, "seed": seed, "rows": rows}))
        return
    table = Table(title=f"{runs:,} plays each, seed {seed}", box=None)
    for heading in ("offline", "pieces", "policy", "web oversold", "web refused", "counter told", "counter without"):
        table.add_column(heading, justify="left" if heading == "policy" else "right")
    for scenario, policy, outcome in played:
        shares = (
            outcome.oversold_per_mille,
            outcome.refused_per_mille,
            outcome.told_per_mille,
            outcome.without_per_mille,
        )
        cells = (f"{value // 10}.{value % 10} %" for value in shares)
        table.add_row(f"{scenario.offline_percent} %", str(scenario.quantity), policy, *cells)
    Console().print(table)
    typer.echo(
        "Of what the web, or the counter, wanted. Told: the piece is held for the web; the clerk decides. "
        "Without: kept back by the clerk, or nothing on the shelf."
    )
