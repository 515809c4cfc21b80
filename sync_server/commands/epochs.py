"""Histories of the database: list the epochs, declare a new one after a restore that nobody can notice."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.clock import datetime_at
from sync_server.commands.opened import Home, opened_database, settings_of

commands = typer.Typer()


@commands.command()
def epoch(home: Home = None) -> None:
    """List the epochs: since when each history of the database has been served, and why it began."""
    from sync_server.epochs.service import history

    with opened_database(home) as database, database.reading() as connection:
        found = history(connection)
    table = Table(box=None)
    for heading in ("epoch", "since", "changes", "timeline", "why"):
        table.add_column(heading, justify="right" if heading in {"epoch", "changes"} else "left")
    for each in found:
        since = f"{datetime_at(each.at):%Y-%m-%d %H:%M} UTC"
        table.add_row(str(each.epoch), since, f"{each.tide:,}", each.timeline, each.why)
    Console().print(table)


@commands.command("hand-over")
def hand_over_command(home: Home = None) -> None:
    """Make the last commit before a planned switchover, with every server process stopped: devices notice nothing."""
    from sync_server.epochs.service import hand_over, marker_of

    marker = marker_of(settings_of(home).home)
    with opened_database(home) as database:
        done = hand_over(database.engine, marker, database.clock, database.ids)
    typer.echo(
        f"Handed over in epoch {done.epoch} at {done.tide:,} changes. Open nothing on this database any more. Promote "
        f"the standby once it has replayed {done.place}, then start the server with this home first."
    )


@commands.command("new-epoch")
def new_epoch_command(
    reason: Annotated[str, typer.Option(help="Why, in one sentence: which backup was restored.")],
    home: Home = None,
    above: Annotated[int, typer.Option(min=0, help="An epoch that devices know: the new one is above it.")] = 0,
) -> None:
    """Declare a new epoch: devices then send what the database has lost. Needed after a restore without the home."""
    from sync_server.epochs.service import new_epoch

    with opened_database(home) as database, database.writing() as connection:
        declared = new_epoch(connection, database.clock, reason=reason, above=above)
    typer.echo(f"Epoch {declared} begins. Devices notice at their next call and offer what they have.")
