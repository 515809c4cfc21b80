"""Whether what is kept twice says the same: ledger and levels, server and devices."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from sync_server.commands.opened import Home, opened_database

commands = typer.Typer()


@commands.command()
def verify(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rebuild every stock level from the ledger and compare; ends with 1 if anything differs."""
    from sync_server.inventory.service import verify_stock

    with opened_database(home) as database:
        found = verify_stock(database)
    if as_json:
        differences = [asdict(difference) for difference in found.differences]
        typer.echo(json.dumps({"checked": found.checked, "differences": differences}, default=str))
    else:
        for difference in found.differences:
            typer.echo(
                f"{difference.store} {difference.sku}: ledger {difference.ledger_on_hand}, "
                f"balance {difference.balance_on_hand}, level {difference.level_on_hand} (thousandths)"
            )
        typer.echo(f"{found.checked:,} stock levels compared with the ledger, {len(found.differences)} differ.")
    if found.differences:
        raise typer.Exit(1)


@commands.command()
def digest(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print one digest per device over everything it should hold; `counterfoil verify` compares on the device."""
    from sync_server.sync.digest_service import device_digests

    with opened_database(home) as database, database.reading() as connection:
        found = device_digests(connection)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in found], default=str))
        return
    for entry in found:
        typer.echo(f"{entry.digest}  {entry.rows:>9,} rows  {entry.name}")
