"""``counterfoil-server``: everything an operator does, one command each.

Exit codes: 0 fine, 1 somebody can put it right (the message says how), 2 usage, 3 the surroundings failed, 70 a bug.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shared.clock import SystemClock, datetime_at
from shared.errors import CounterfoilError, UserError
from shared.ids import TimeOrderedIds
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import make_engine
from sync_server.db.migrate import migrate as bring_up_to_date
from sync_server.db.sessions import Database
from sync_server.log import set_up_log
from sync_server.settings import ServerSettings

DEFAULT_PORT = 8470
_EXIT_CODES = {"user": 1, "environment": 3, "bug": 70}

Home = Annotated[
    Path | None,
    typer.Option("--home", envvar="COUNTERFOIL_HOME", help="Folder of this server's data.", show_default="per user"),
]

app = typer.Typer(
    name="counterfoil-server",
    help="The central server of Counterfoil: runs it, sets it up, checks it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives the exit code."""
    try:
        app(args=list(arguments))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except CounterfoilError as error:
        sys.stderr.write(f"{error.message}\n")
        return _EXIT_CODES[error.family]
    except Exception:
        logging.getLogger(__name__).exception("Counterfoil has a bug here. Please report what is printed below.")
        return _EXIT_CODES["bug"]
    return 0


def _settings(home: Path | None) -> ServerSettings:
    return ServerSettings() if home is None else ServerSettings(home=home)


@contextmanager
def _database(home: Path | None) -> Iterator[Database]:
    """The database of a home, started if need be and brought up to date, for as long as one command takes."""
    settings = _settings(home)
    set_up_log(settings.log_level)
    clock = SystemClock()
    embedded = None if settings.database_url else EmbeddedPostgres(settings.home)
    url = settings.database_url or (embedded.start() if embedded is not None else "")
    try:
        engine = make_engine(settings, url)
        try:
            bring_up_to_date(engine, clock)
            yield Database(engine, clock, TimeOrderedIds(clock))
        finally:
            engine.dispose()
    finally:
        if embedded is not None:
            embedded.stop()


@app.command()
def serve(
    home: Home = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    *,
    sample_shop: Annotated[bool, typer.Option("--sample-shop", help="Load the sample shop first.")] = False,
) -> None:
    """Run the server: prints one line with its address when it is ready; SIGTERM or Ctrl+C ends it."""
    from sync_server.sample_shop.service import load_sample_shop
    from sync_server.serving import leave_on_sigterm, run_server

    leave_on_sigterm()
    with _database(home) as database:
        if sample_shop:
            load_sample_shop(database)
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = _settings(home).model_copy(update={"database_url": url})
        run_server(settings, host=host, port=port, workers=workers)


@app.command()
def migrate(home: Home = None) -> None:
    """Bring the database to this program's schema; does nothing where it is already."""
    with _database(home):
        typer.echo("The database is up to date.")


@app.command("sample-shop")
def sample_shop_command(home: Home = None) -> None:
    """Load the sample shop “Tidewater”: two stores, people, products, opening stock. May be repeated."""
    from sync_server.sample_shop.service import load_sample_shop

    with _database(home) as database:
        load_sample_shop(database)
    typer.echo("The sample shop is there. Its people and PINs are in the README.")


@app.command("import-catalogue")
def import_catalogue_command(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file with a heading row.")],
    home: Home = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, write nothing.")] = False,
) -> None:
    """Import products, prices, barcodes and opening stock; says per row what was refused and why."""
    from sync_server.catalogue.import_service import import_catalogue

    console = Console(stderr=True)
    with _database(home) as database, console.status("Reading …") as status:
        outcome = import_catalogue(
            database,
            file,
            made_by="counterfoil-server",
            is_dry_run=dry_run,
            progress=lambda rows: status.update(f"{rows:,} rows"),
        )
    word = "would be" if dry_run else "were"
    typer.echo(
        f"{outcome.rows:,} rows read: {outcome.new:,} {word} new, {outcome.changed:,} changed, "
        f"{outcome.unchanged:,} unchanged, {outcome.refused:,} refused."
    )
    for problem in outcome.problems:
        typer.echo(f"row {problem.row}, {problem.column}: {problem.sentence} ({problem.code})", err=True)
    if outcome.rows and outcome.refused == outcome.rows:
        raise UserError(
            "import_all_refused", "Every row was refused; the reasons are above. Mend the file and try again."
        )


@app.command("enrol-code")
def enrol_code(
    store: Annotated[str, typer.Option(help="Code of the store the device stands in.")],
    home: Home = None,
    kind: Annotated[str, typer.Option(help="till or office.")] = "till",
    number: Annotated[int | None, typer.Option(help="Its number in the store; the next free one by default.")] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
) -> None:
    """Print a one-time code with which one device can join within 24 hours."""
    from sync_server.devices.service import make_enrol_code

    with _database(home) as database, database.writing() as connection:
        typer.echo(make_enrol_code(connection, database.clock, store_code=store, kind=kind, number=number, name=name))


@app.command("api-key")
def api_key(
    name: Annotated[str, typer.Argument(help="Which channel it is for, such as web-shop.")], home: Home = None
) -> None:
    """Print a new key for a channel; it is shown only once."""
    from sync_server.auth.service import create_api_key

    with _database(home) as database, database.writing() as connection:
        typer.echo(create_api_key(connection, name, ids=database.ids, clock=database.clock))


@app.command()
def devices(home: Home = None) -> None:
    """List every device: where it stands, when it was last seen, what it has sent."""
    from sync_server.devices.service import list_devices

    with _database(home) as database, database.reading() as connection:
        found = list_devices(connection)
    table = Table(box=None)
    for heading in ("device", "store", "kind", "number", "name", "last seen", "sent", "state"):
        table.add_column(heading, justify="right" if heading in {"number", "sent"} else "left")
    for device in found:
        seen = "never"
        if device.last_seen_at is not None:
            seen = f"{datetime_at(device.last_seen_at):%Y-%m-%d %H:%M} UTC"
        state = "revoked" if device.revoked_at is not None else "active"
        row = (device.id, device.store, device.kind, device.number, device.name, seen, device.last_number, state)
        table.add_row(*(str(cell) for cell in row))
    Console().print(table if found else "No device has joined yet. Make a code with: counterfoil-server enrol-code")


@app.command()
def revoke(
    device: Annotated[str, typer.Argument(help="The device's id, as `devices` shows it.")], home: Home = None
) -> None:
    """Stop a device from syncing, from its next call on. What it holds unsent stays on it."""
    import uuid

    from sync_server.devices.service import revoke as revoke_device

    try:
        device_id = uuid.UUID(device)
    except ValueError:
        raise UserError("device_unknown", f"“{device}” is no device's id. See: counterfoil-server devices") from None
    with _database(home) as database, database.writing() as connection:
        revoke_device(connection, database.clock, device_id)
    typer.echo("Revoked.")


@app.command()
def setting(
    key: Annotated[str, typer.Argument(help="Which setting; left out, all are listed.")] = "",
    value: Annotated[str, typer.Argument(help="What to set it to; left out, nothing is changed.")] = "",
    home: Home = None,
) -> None:
    """Show the settings of the chain, or set one; devices follow at their next contact."""
    from sync_server.chain.service import SETTINGS, set_setting, settings

    with _database(home) as database:
        if key and value:
            with database.writing() as connection:
                set_setting(connection, key, value)
        with database.reading() as connection:
            found = settings(connection)
    for name in [key] if key in SETTINGS else SETTINGS:
        typer.echo(f"{name} = {json.dumps(found[name])}    {SETTINGS[name].meaning}")


@app.command()
def verify(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rebuild every stock level from the ledger and compare; ends with 1 if anything differs."""
    from sync_server.inventory.service import verify_stock

    with _database(home) as database:
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


@app.command()
def digest(
    home: Home = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print one digest per device over everything it should hold; `counterfoil verify` compares on the device."""
    from sync_server.sync.digest_service import device_digests

    with _database(home) as database, database.reading() as connection:
        found = device_digests(connection)
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in found], default=str))
        return
    for entry in found:
        typer.echo(f"{entry.digest}  {entry.rows:>9,} rows  {entry.name}")


@app.command()
def doctor(home: Home = None) -> None:
    """Say what this server runs on and whether all is well."""
    from sync_server.doctor import examine

    with _database(home) as database:
        report = examine(database, _settings(home))
    for line in report.lines:
        typer.echo(line)
    if not report.is_well:
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI description of the REST endpoints."""
    from sync_server.main import create_app

    typer.echo(json.dumps(create_app(ServerSettings(), has_background=False).openapi(), indent=1))
