"""What revoked devices handed in: looked at, applied or discarded."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.clock import datetime_at
from shared.errors import UserError
from sync_server.commands.opened import Home, opened_database

commands = typer.Typer()
_quarantine = typer.Typer(help="What revoked devices handed in: list it, apply it, or discard it.")
commands.add_typer(_quarantine, name="quarantine")

Device = Annotated[str, typer.Argument(help="The device's id, as `quarantine list` shows it.")]


@_quarantine.command("list")
def list_handed_in(home: Home = None) -> None:
    """List the devices that handed anything in, and what of it waits."""
    from sync_server.sync.quarantine_service import handed_in

    with opened_database(home) as database, database.reading() as connection:
        found = handed_in(connection)
    if not found:
        typer.echo("No revoked device has handed in anything.")
        return
    table = Table(box=None)
    for heading in ("device", "store", "name", "waiting", "applied", "discarded", "made", "what"):
        is_number = heading in {"waiting", "applied", "discarded"}
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for each in found:
        made = f"{_moment(each.first_made_at)} – {_moment(each.last_made_at)}" if each.waiting else ""
        numbers = (f"{each.waiting:,}", f"{each.applied:,}", f"{each.discarded:,}")
        table.add_row(str(each.device_id), each.store, each.device, *numbers, made, each.names)
    Console(width=200).print(table)


@_quarantine.command("apply")
def apply_handed_in(device: Device, home: Home = None) -> None:
    """Let what waits of a device take effect, as if it had been pushed."""
    from sync_server.sync.quarantine_service import apply

    with opened_database(home) as database:
        done = apply(database, _device_id(device))
    typer.echo(f"{done.applied:,} applied, {len(done.refused):,} refused.")
    for name, why in done.refused:
        typer.echo(f"{name}: {why}", err=True)


@_quarantine.command("discard")
def discard_handed_in(
    device: Device,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")],
    home: Home = None,
) -> None:
    """Decide that what waits of a device will never take effect; it is kept, with the reason."""
    from sync_server.sync.quarantine_service import discard

    with opened_database(home) as database:
        discarded = discard(database, _device_id(device), reason)
    typer.echo(f"{discarded:,} discarded.")


def _device_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UserError(
            "device_unknown", f"“{text}” is no device's id. See: counterfoil-server quarantine list"
        ) from None


def _moment(instant_us: int | None) -> str:
    return "" if instant_us is None else f"{datetime_at(instant_us):%Y-%m-%d %H:%M}"
