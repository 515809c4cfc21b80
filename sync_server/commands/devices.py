"""Devices: the codes they join with, the list of them, revocation, and the key that opens their homes in need."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.clock import MICROSECONDS_PER_SECOND, datetime_at
from shared.errors import UserError
from sync_server.commands.opened import Home, opened_database
from sync_server.devices.service import ListedDevice

commands = typer.Typer()

_PIPE_WIDTH = 240
_NUMBERS = frozenset({"number", "sent", "waiting", "behind", "lives", "clock"})
_HEADINGS = (
    "device",
    "store",
    "kind",
    "number",
    "name",
    "last seen",
    "program",
    "sent",
    "waiting",
    "behind",
    "clock",
    "lives",
    "state",
)


@commands.command("enrol-code")
def enrol_code(
    store: Annotated[str, typer.Option(help="Code of the store the device stands in.")],
    home: Home = None,
    kind: Annotated[str, typer.Option(help="till or office.")] = "till",
    number: Annotated[int | None, typer.Option(help="Its number in the store; the next free one by default.")] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="It takes the place of the device with this number, which is revoked.")
    ] = False,
) -> None:
    """Print a one-time code with which one device can join within 24 hours."""
    from sync_server.devices.joining_service import make_enrol_code

    with opened_database(home) as database, database.writing() as connection:
        code = make_enrol_code(
            connection,
            database.clock,
            store_code=store,
            kind=kind,
            number=number,
            name=name,
            is_replacement=replace,
        )
    typer.echo(code)


@commands.command("recovery-code")
def recovery_code(
    device: Annotated[str, typer.Argument(help="The device's id, as `devices` shows it.")], home: Home = None
) -> None:
    """Print a one-time code with which one device whose keys were lost gets new ones (`counterfoil recover`)."""
    from sync_server.devices.joining_service import make_recovery_code

    device_id = _device_id(device)
    with opened_database(home) as database, database.writing() as connection:
        typer.echo(make_recovery_code(connection, database.clock, device_id))


@commands.command("recovery-key")
def recovery_key(
    home: Home = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make another one; the old one stays good for old homes.")
    ] = False,
) -> None:
    """Make the shop's recovery key and print its private half, once: it opens a home whose keychain is gone."""
    from sync_server.devices.recovery_service import make_recovery_key

    with opened_database(home) as database, database.writing() as connection:
        typer.echo(make_recovery_key(connection, is_replacement=replace))
    typer.echo("This is shown only now. Print it, put it in a safe, and do not keep it on this machine.", err=True)


@commands.command()
def devices(home: Home = None, *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List every device: when it was last seen, how far it is behind, what waits on it, how its clock goes."""
    from sync_server.devices.service import list_devices

    with opened_database(home) as database, database.reading() as connection:
        found = list_devices(connection)
    if as_json:
        typer.echo(json.dumps([asdict(device) for device in found], default=str))
        return
    table = Table(box=None)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", no_wrap=heading == "device")
    for device in found:
        table.add_row(*_cells(device))
    # Into a file or a pipe the rows go whole; rich would cut them at 80 columns.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(
        table if found else "No device has joined yet. Make a code with: counterfoil-server enrol-code"
    )


@commands.command()
def revoke(
    device: Annotated[str, typer.Argument(help="The device's id, as `devices` shows it.")], home: Home = None
) -> None:
    """Stop a device from syncing, from its next call on. What it holds unsent stays on it."""
    from sync_server.devices.service import revoke as revoke_device

    device_id = _device_id(device)
    with opened_database(home) as database, database.writing() as connection:
        revoke_device(connection, database.clock, device_id)
    typer.echo("Revoked.")


def _device_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UserError("device_unknown", f"“{text}” is no device's id. See: counterfoil-server devices") from None


def _cells(device: ListedDevice) -> tuple[str, ...]:
    """A device's row, in the order of the headings."""
    seen = "never"
    if device.last_seen_at is not None:
        seen = f"{datetime_at(device.last_seen_at):%Y-%m-%d %H:%M} UTC"
    clock = "" if device.clock_skew_us is None else f"{round(device.clock_skew_us / MICROSECONDS_PER_SECOND):+,} s"
    return (
        str(device.id),
        device.store,
        device.kind,
        str(device.number),
        device.name,
        seen,
        device.program,
        f"{device.last_number:,}",
        "" if device.waiting is None else f"{device.waiting:,}",
        f"{device.behind:,}",
        clock,
        str(device.lives),
        "active" if device.revoked_at is None else "revoked",
    )
