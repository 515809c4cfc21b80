"""Whether what is kept twice says the same: ledger and levels, server and devices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sync_server.commands.opened import Home, opened_database

if TYPE_CHECKING:
    from sync_server.inventory.service import Verification
    from sync_server.sync.integrity_service import FeedVerification

commands = typer.Typer()
_SHOWN_MAX = 50


@commands.command()
def verify(
    home: Home = None,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Put the feed right where it differs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare stock with the ledger, the feed with its tables and its sums with its rows; 1 if anything differs."""
    from sync_server.inventory.service import verify_stock
    from sync_server.sync.integrity_service import repair_feed, verify_feed

    with opened_database(home) as database:
        found = verify_stock(database)
        feed = before = verify_feed(database)
        if repair and not before.agrees:
            repair_feed(database, before)
            feed = verify_feed(database)
    if as_json:
        differences = [asdict(difference) for difference in found.differences]
        told = {"checked": found.checked, "differences": differences, "feed": asdict(before)}
        if repair:
            told["feed_after_repair"] = asdict(feed)
        typer.echo(json.dumps(told, default=str))
    else:
        for line in (*_stock_lines(found), *_feed_lines(before, feed, is_repaired=repair)):
            typer.echo(line)
    if found.differences or not feed.agrees:
        raise typer.Exit(1)


def _stock_lines(found: Verification) -> Iterator[str]:
    for difference in found.differences:
        yield (
            f"{difference.store} {difference.sku}: ledger {difference.ledger_on_hand}, "
            f"balance {difference.balance_on_hand}, level {difference.level_on_hand}; "
            f"held {difference.held_reserved}, balance {difference.balance_reserved}; "
            f"of rights {difference.rights_taken}, balance {difference.rights_booked} (thousandths)"
        )
    yield f"{found.checked:,} stock levels compared with the ledger, {len(found.differences)} differ."


def _feed_lines(before: FeedVerification, after: FeedVerification, *, is_repaired: bool) -> Iterator[str]:
    for place in before.uncovered:
        yield f"{place}: what is written there is not captured"
    for row in before.rows[:_SHOWN_MAX]:
        yield f"{row.entity} {row.id}: {'missing in' if row.is_missing else 'should not be in'} {row.scope}"
    for bucket in before.buckets[:_SHOWN_MAX]:
        yield (
            f"bucket {bucket.bucket} of {bucket.entity} in {bucket.scope}: "
            f"{bucket.rows_kept} rows kept, {bucket.rows_found} found"
        )
    yield (
        f"Feed and tables: {len(before.rows):,} rows, {len(before.buckets):,} sums and {len(before.uncovered):,} "
        "tables differ."
    )
    if is_repaired and not before.agrees:
        yield "Put right." if after.agrees else "Some of it differs still; run it again."
    elif not before.agrees:
        yield "To put it right: counterfoil-server verify --repair"


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
