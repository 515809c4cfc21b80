"""``counterfoil-server``: everything an operator does, one command each.

Exit codes: 0 fine, 1 somebody can put it right (the message says how), 2 usage, 3 the surroundings failed, 70 a bug.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.errors import CounterfoilError, UserError
from sync_server.commands import MODULES
from sync_server.commands.opened import Home, opened_database, settings_of
from sync_server.settings import ServerSettings

DEFAULT_PORT = 8470
_EXIT_CODES = {"user": 1, "environment": 3, "bug": 70}

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
    with opened_database(home) as database:
        if sample_shop:
            load_sample_shop(database)
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = settings_of(home).model_copy(update={"database_url": url})
        run_server(settings, host=host, port=port, workers=workers)


@app.command()
def migrate(home: Home = None) -> None:
    """Bring the database to this program's schema; does nothing where it is already."""
    with opened_database(home):
        typer.echo("The database is up to date.")


@app.command("sample-shop")
def sample_shop_command(home: Home = None) -> None:
    """Load the sample shop “Tidewater”: two stores, people, products, opening stock. May be repeated."""
    from sync_server.sample_shop.service import load_sample_shop

    with opened_database(home) as database:
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
    with opened_database(home) as database, console.status("Reading …") as status:
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


@app.command("api-key")
def api_key(
    name: Annotated[str, typer.Argument(help="Which channel it is for, such as web-shop.")], home: Home = None
) -> None:
    """Print a new key for a channel; it is shown only once."""
    from sync_server.auth.service import create_api_key

    with opened_database(home) as database, database.writing() as connection:
        typer.echo(create_api_key(connection, name, ids=database.ids, clock=database.clock))


@app.command()
def setting(
    key: Annotated[str, typer.Argument(help="Which setting; left out, all are listed.")] = "",
    value: Annotated[str, typer.Argument(help="What to set it to; left out, nothing is changed.")] = "",
    home: Home = None,
) -> None:
    """Show the settings of the chain, or set one; devices follow at their next contact."""
    from sync_server.chain.service import SETTINGS, set_setting, settings

    with opened_database(home) as database:
        if key and value:
            with database.writing() as connection:
                set_setting(connection, key, value)
        with database.reading() as connection:
            found = settings(connection)
    for name in [key] if key in SETTINGS else SETTINGS:
        typer.echo(f"{name} = {json.dumps(found[name])}    {SETTINGS[name].meaning}")


@app.command()
def doctor(home: Home = None) -> None:
    """Say what this server runs on and whether all is well."""
    from sync_server.doctor import examine

    with opened_database(home) as database:
        report = examine(database, settings_of(home))
    for line in report.lines:
        typer.echo(line)
    if not report.is_well:
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI description of the REST endpoints."""
    from sync_server.main import create_app

    typer.echo(json.dumps(create_app(ServerSettings(), has_background=False).openapi(), indent=1))


for module in MODULES:
    app.registered_commands.extend(module.commands.registered_commands)
    app.registered_groups.extend(module.commands.registered_groups)
