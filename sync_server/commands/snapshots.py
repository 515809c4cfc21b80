"""Snapshot files: building them before new devices come."""

from __future__ import annotations

from typing import Annotated

import typer

from shared.schema.registry import SCHEMA_VERSION
from sync_server.commands.opened import Home, opened_database, settings_of

commands = typer.Typer()


@commands.command("build-snapshots")
def build_snapshots(
    home: Home = None,
    scope: Annotated[str, typer.Option(help="One scope only, such as catalogue.")] = "",
    schema: Annotated[int, typer.Option(help="The wire schema of the devices they are for.")] = SCHEMA_VERSION,
) -> None:
    """Build the snapshot files that new devices start from, where they are missing or old."""
    from sync_server.snapshots.service import Wanted, build, shelf_of, wanted_everywhere

    settings = settings_of(home)
    shelf = shelf_of(settings)
    with opened_database(home) as database:
        if scope:
            wanted = [Wanted(scope, schema)]
        else:
            with database.reading() as connection:
                wanted = wanted_everywhere(connection, shelf, rows_min=settings.snapshot_rows_min)
        for wish in wanted:
            offer = build(database, shelf, wish, database.clock)
            if offer is not None:
                typer.echo(f"{offer.scope}: {offer.rows:,} rows at {offer.position}, {offer.size:,} bytes")
    if not wanted:
        typer.echo("Every snapshot is there and fresh.")
