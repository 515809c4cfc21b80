"""Customers made twice, looked for over everybody."""

from __future__ import annotations

import typer

from sync_server.commands.opened import Home, opened_database

commands = typer.Typer()


@commands.command("match-customers")
def match_customers(home: Home = None) -> None:
    """Look for customers made twice among those never looked at, and propose the pairs in the inbox."""
    from sync_server.customers.same_person_service import match_all

    with opened_database(home) as database:
        looked_at, proposed = match_all(database)
    typer.echo(f"{looked_at:,} customers looked at, {proposed:,} pairs proposed. A person decides about each.")
