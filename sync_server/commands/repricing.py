"""What pricing every sale once more showed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from shared.clock import MICROSECONDS_PER_SECOND
from shared.money import Money, currency
from sync_server.commands.opened import Home, opened_database

commands = typer.Typer()


@commands.command()
def repricing(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Price every sale once more that was not yet, and say what differs; ends with 1 if the engine diverges."""
    from sync_server.repricing.service import report, reprice_all

    with opened_database(home) as database:
        done = reprice_all(database)
        with database.reading() as connection:
            found = report(connection)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        counts = found.counts
        typer.echo(f"{counts.sales:,} sales, {done:,} of them priced once more just now, {counts.waiting:,} wait.")
        typer.echo(
            f"{counts.same:,} the same, {counts.diverged:,} diverge (a defect), {counts.other_engine:,} differ from an "
            f"earlier version of the rules, {counts.unchecked:,} could not be priced."
        )
        typer.echo(f"{counts.stale:,} sales ({counts.stale_lines:,} lines) at a price or tax that was not in force.")
        skew = counts.worst_skew_us / MICROSECONDS_PER_SECOND
        typer.echo(f"{counts.skewed:,} sales from a clock that was wrong, by {skew:,.0f} s at worst.")
        for odd in found.diverged:
            typer.echo(f"diverges  {odd.receipt_number}  {_money(odd.engine_difference, odd.currency)}  {odd.detail}")
        for odd in found.stale:
            typer.echo(f"stale     {odd.receipt_number}  {_money(odd.stale_difference, odd.currency)}  {odd.detail}")
    if found.counts.diverged:
        raise typer.Exit(1)


def _money(minor: int, code: str) -> str:
    return f"{Money(minor, currency(code))}" if code else f"{minor}"
