"""The import of a catalogue: bad rows are refused with reasons, good ones taken, in chunks under one change-set."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from shared.clock import local_date
from shared.errors import UserError
from shared.limits import IMPORT_CHUNK_ROWS
from shared.money import Currency, currency
from shared.sync.merge import LastEdit
from sync_server.catalogue import import_repository, price_service
from sync_server.catalogue.import_columns import Columns, read_columns, require_columns
from sync_server.catalogue.import_files import Row, read_rows
from sync_server.catalogue.import_plan import ChunkPlan, ChunkPlanner, NewId
from sync_server.catalogue.import_reference import Reference
from sync_server.catalogue.import_rows import ImportRow, Problem, read_row
from sync_server.db.sessions import Connection, Database
from sync_server.inbox import service as inbox
from sync_server.inventory import service as inventory

__all__ = ["ImportOutcome", "Problem", "import_catalogue"]

AUTHOR = "Import"
PROBLEMS_MAX_LISTED = 10_000

Progress = Callable[[int], None]
"""Called after each chunk with the number of rows read so far."""


@dataclass(slots=True)
class ImportOutcome:
    """What an import did, or would do.

    Attributes:
        change_set_id: under which its chunks were committed.
        rows: read, headings and empty rows apart; ``new + changed + unchanged + refused``.
        problems: reasons of refusals and remarks, in the order of the file, the first 10,000.
        problem_count: how many there were altogether.
        changed_fields: column → in how many known products it changed.
        ignored_headings: columns that mean nothing to us.
        price_conflicts: prices that wait for a decision because somebody else set one for today.
    """

    change_set_id: uuid.UUID
    is_dry_run: bool
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    changed_fields: dict[str, int] = field(default_factory=dict)
    ignored_headings: tuple[str, ...] = ()
    price_conflicts: int = 0

    def figures(self) -> dict[str, object]:
        """The counts, for a message or a record."""
        names = ("rows", "new", "changed", "unchanged", "refused", "price_conflicts")
        return {name: getattr(self, name) for name in names} | {"changed_fields": self.changed_fields}


@dataclass(slots=True)
class _Import:
    """One running import."""

    database: Database
    source: str
    known: Reference
    currency: Currency
    columns: Columns
    new_id: NewId
    prices_from: dt.date | None
    outcome: ImportOutcome
    row_by_sku: dict[str, int] = field(default_factory=dict)
    row_by_barcode: dict[str, int] = field(default_factory=dict)


def import_catalogue(
    database: Database,
    path: Path,
    *,
    source: str = "",
    made_by: str = "",
    is_dry_run: bool = False,
    progress: Progress | None = None,
    new_id: NewId | None = None,
    prices_from: dt.date | None = None,
) -> ImportOutcome:
    """Import a CSV or XLSX file of products.

    A row is known by its SKU. Blank cells and missing columns leave what is there; barcodes are added, never taken
    away; a new price holds from midnight in the chain's first store; stock is set once, as the opening stock.
    Importing the same file again changes nothing.

    Args:
        database: each chunk of ``IMPORT_CHUNK_ROWS`` rows is one transaction of it.
        path: the file.
        source: what the file is called; its own name by default.
        made_by: who imports, for the record.
        is_dry_run: read and compare everything, write nothing.
        progress: told after each chunk.
        new_id: makes the ids of new rows; the database's id maker by default.
        prices_from: the local date from which the prices hold, today by default.

    Raises:
        UserError: ``import_malformed``, ``import_too_large``, ``file_not_found``; ``shop_not_set_up`` where there is
            no store with a price list.
    """
    rows = read_rows(path)
    with database.reading() as connection:
        known = import_repository.reference(connection)
    if known is None:
        raise UserError("shop_not_set_up", "There is no store with a price list yet. Set up the shop first.")
    columns = require_columns(read_columns(next(rows)[1]), list(known.stores))
    outcome = ImportOutcome(database.ids.new(), is_dry_run, ignored_headings=columns.unknown)
    running = _Import(
        database=database,
        source=source or path.name,
        known=known,
        currency=currency(known.currency),
        columns=columns,
        new_id=new_id or (lambda _kind, _key: database.ids.new()),
        prices_from=prices_from,
        outcome=outcome,
    )
    if not is_dry_run:
        with database.writing() as connection:
            now = database.clock.now()
            import_repository.start_change_set(connection, outcome.change_set_id, running.source, made_by, now)
    for chunk in _chunks(rows):
        _take_chunk(running, chunk)
        if progress is not None:
            progress(outcome.rows)
    if not is_dry_run:
        with database.writing() as connection:
            summary = json.dumps(outcome.figures())
            import_repository.end_change_set(connection, outcome.change_set_id, database.clock.now(), summary)
    return outcome


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, IMPORT_CHUNK_ROWS)):
        yield chunk


def _take_chunk(running: _Import, chunk: list[Row]) -> None:
    """Read, plan and write one chunk in one transaction."""
    problems: list[Problem] = []
    rows = [row for number, cells in chunk if (row := _read(running, number, cells, problems)) is not None]
    now = running.database.clock.now()
    today = running.prices_from or local_date(now, running.known.time_zone)
    conflicts = 0
    if running.outcome.is_dry_run:
        with running.database.reading() as connection:
            plan = _plan(running, connection, rows, today)
    else:
        with running.database.writing() as connection:
            plan = _plan(running, connection, rows, today)
            conflicts = _write(running, connection, plan, today, now)
    outcome = running.outcome
    outcome.rows += len(chunk)
    outcome.new += plan.new
    outcome.changed += plan.changed
    outcome.unchanged += plan.unchanged
    outcome.refused += len(chunk) - plan.new - plan.changed - plan.unchanged
    outcome.price_conflicts += conflicts
    for name, count in plan.changed_fields.items():
        outcome.changed_fields[name] = outcome.changed_fields.get(name, 0) + count
    found = sorted([*problems, *plan.problems], key=lambda problem: problem.row)
    outcome.problem_count += len(found)
    outcome.problems += found[: PROBLEMS_MAX_LISTED - len(outcome.problems)]


def _read(running: _Import, number: int, cells: list[str], problems: list[Problem]) -> ImportRow | None:
    """One row, unless it is refused by itself or because an earlier row of the file has its SKU or barcode."""
    row, found = read_row(number, cells, running.columns, running.currency)
    problems += found
    if row is None:
        return None
    repeated = list(_repeated(running, row))
    problems += repeated
    if repeated:
        return None
    running.row_by_sku[row.sku] = number
    running.row_by_barcode.update(dict.fromkeys(row.barcodes, number))
    return row


def _repeated(running: _Import, row: ImportRow) -> Iterable[Problem]:
    first = running.row_by_sku.get(row.sku)
    if first is not None:
        yield Problem(row.number, "sku", "sku_twice", f"The SKU {row.sku} is already in row {first}.")
    for code in row.barcodes:
        first = running.row_by_barcode.get(code)
        if first is not None:
            yield Problem(row.number, "barcode", "barcode_twice", f"The barcode {code} is already in row {first}.")


def _plan(running: _Import, connection: Connection, rows: list[ImportRow], today: dt.date) -> ChunkPlan:
    skus = [row.sku for row in rows]
    is_held = not running.outcome.is_dry_run
    standing = import_repository.standing(connection, skus, running.known, today, is_held=is_held)
    codes = [code for row in rows for code in row.barcodes]
    owners = import_repository.owners_of(connection, codes)
    return ChunkPlanner(running.known, standing, owners, running.new_id, today).add(rows)


def _write(running: _Import, connection: Connection, plan: ChunkPlan, today: dt.date, now: int) -> int:
    """Write a plan; gives how many prices met somebody else's in today's slot."""
    if plan.is_empty:
        return 0
    by = f"{AUTHOR} {running.source}"
    import_repository.write(connection, plan, running.known, today=today, at=now, by=by, author=f"{AUTHOR} ")
    edit = LastEdit(now, by)
    changed = {(p.product_id, name): edit for p in plan.changed_products for name in p.changed}
    inbox.remember_edits(connection, changed)
    movements = [
        inventory.LedgerRow(
            id=opening.id,
            store_id=opening.store_id,
            variant_id=opening.variant_id,
            quantity=opening.quantity,
            reason="receipt",
            at=now,
            business_date=today,
            source_id=running.outcome.change_set_id,
            note="Opening stock",
        )
        for opening in plan.openings
    ]
    inventory.move(connection, movements, now=now)
    return price_service.review_slots(connection, [price.id for price in plan.repriced], now=now)
