"""Sending a catalogue file to the server, as an office does."""

from __future__ import annotations

from pathlib import Path

import msgspec

from desktop.sync.transport.http_server import HttpServer
from desktop.sync.transport.refusals import malformed
from desktop.usecases.import_catalogue import ImportReport, RowProblem


class HttpCatalogueDesk:
    """Implements ``usecases.import_catalogue.CatalogueDesk``."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server

    def import_catalogue(self, path: Path, *, is_dry_run: bool, made_by: str) -> ImportReport:
        """Send a file and wait for the report. Raises as ``CatalogueDesk.import_catalogue``."""
        parameters = {"dry_run": "true" if is_dry_run else "false", "by": made_by}
        body = self._server.send_file("/catalogue/import", path, parameters)
        try:
            return _report(msgspec.json.decode(body, type=_ImportAnswer))
        except msgspec.DecodeError as error:
            raise malformed() from error


class _Problem(msgspec.Struct):
    row: int
    column: str
    message: str


class _ImportAnswer(msgspec.Struct):
    dry_run: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    refused: int
    changed_fields: dict[str, int]
    price_conflicts: int
    ignored_headings: list[str]
    problems: list[_Problem]
    problem_count: int


def _report(answer: _ImportAnswer) -> ImportReport:
    return ImportReport(
        is_dry_run=answer.dry_run,
        rows=answer.rows,
        new=answer.new,
        changed=answer.changed,
        unchanged=answer.unchanged,
        refused=answer.refused,
        problems=tuple(RowProblem(each.row, each.column, each.message) for each in answer.problems),
        problem_count=answer.problem_count,
        changed_fields=tuple(answer.changed_fields.items()),
        ignored_headings=tuple(answer.ignored_headings),
        price_conflicts=answer.price_conflicts,
    )
