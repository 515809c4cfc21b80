"""Whether a server, this one or another, speaks the protocol."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from shared.clock import SystemClock
from shared.errors import UserError
from shared.ids import TimeOrderedIds

commands = typer.Typer()

_MARKS = {"holds": "[green]holds[/]", "fails": "[red]fails[/]", "not tried": "[yellow]not tried[/]"}
_CODES_WANTED = 2


@commands.command()
def conformance(
    url: Annotated[str, typer.Argument(help="The server's address, such as http://localhost:8470.")],
    code: Annotated[list[str], typer.Option(help="A till's enrolment code; give two, of one store.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check over HTTP alone that a server keeps what docs/protocol.md promises; it writes test data there."""
    from sync_server.conformance.service import run_checks

    if len(code) != _CODES_WANTED:
        raise UserError("usage", "Give two codes of one store: --code A --code B. See: counterfoil-server enrol-code")
    console = Console(quiet=as_json, highlight=False)
    verdicts = run_checks(
        url,
        (code[0], code[1]),
        clock=SystemClock(),
        ids=TimeOrderedIds(),
        on_verdict=lambda verdict: console.print(
            f"{_MARKS[verdict.outcome]}  {verdict.promise}" + (f"  [dim]{verdict.why}[/]" if verdict.why else "")
        ),
    )
    counts = {outcome: sum(verdict.outcome == outcome for verdict in verdicts) for outcome in _MARKS}
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts], indent=1))
    else:
        console.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    if counts["fails"]:
        raise typer.Exit(1)
