"""Bring a file of products into the shop: first a look at what would change, then the real thing, on the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop.usecases.desk import Desk
from shared.errors import UserError
from shared.limits import IMPORT_MAX_BYTES
from shared.permissions import Permission

SUFFIXES = (".csv", ".xlsx", ".txt", ".tsv")
FIELD_WORDS = {
    "name": "name",
    "description": "description",
    "brand": "brand",
    "category_id": "category",
    "category": "category",
    "tax_category_id": "tax",
    "tax": "tax",
    "kind": "kind",
    "unit": "unit",
    "state": "state",
    "price": "price",
    "cost": "cost",
    "barcode": "barcode",
    "stock": "opening stock",
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row was refused, or a remark on it; ``row`` as the spreadsheet numbers it."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do; ``rows = new + changed + unchanged + refused``.

    Attributes:
        changed_fields: (field, in how many known products it changes).
        price_conflicts: prices that wait for a decision because somebody else set one for today.
    """

    is_dry_run: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    refused: int
    problems: tuple[RowProblem, ...] = ()
    problem_count: int = 0
    changed_fields: tuple[tuple[str, int], ...] = ()
    ignored_headings: tuple[str, ...] = ()
    price_conflicts: int = 0

    @property
    def changes_something(self) -> bool:
        """Whether the real run would write anything."""
        return bool(self.new or self.changed)

    def headline(self) -> str:
        """``1,204 new · 18 changed · 96 as they are · 3 refused``."""
        parts = [f"{self.new:,} new", f"{self.changed:,} changed", f"{self.unchanged:,} as they are"]
        if self.refused:
            parts.append(f"{self.refused:,} refused")
        return " · ".join(parts)

    def changes_in_words(self) -> str:
        """``Changes price in 12, name in 3``; empty where nothing known changes."""
        named = [f"{FIELD_WORDS.get(name, name)} in {count:,}" for name, count in self.changed_fields if count]
        return f"Changes {', '.join(named)}" if named else ""


class CatalogueDesk(Protocol):
    """Takes catalogue files on the server's side."""

    def import_catalogue(self, path: Path, *, is_dry_run: bool, made_by: str) -> ImportReport:
        """Send a file and wait for the report.

        Raises:
            UserError: ``import_malformed``, ``import_too_large`` and others of the import.
            EnvironmentFailure: ``server_unreachable`` and others; a real run that broke off may be repeated safely.
        """
        ...


def import_catalogue(desk: Desk, server: CatalogueDesk | None, path: Path, *, is_dry_run: bool) -> ImportReport:
    """Look at a file (dry run) or import it; importing the same file again changes nothing.

    Raises:
        UserError: ``not_allowed``, ``file_not_found``, ``import_malformed``, ``import_too_large``, ``offline``.
        EnvironmentFailure: as ``CatalogueDesk.import_catalogue``.
    """
    desk.require(Permission.USE_OFFICE, Permission.IMPORT_CATALOGUE)
    if not path.is_file():
        raise UserError("file_not_found", f"There is no file “{path.name}”. Choose another one.", name=path.name)
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            "import_malformed", f"“{path.name}” is no table. Save it as CSV or XLSX and try again.", name=path.name
        )
    if path.stat().st_size > IMPORT_MAX_BYTES:
        raise UserError("import_too_large", "The file is larger than 512 MB. Split it.", bytes=path.stat().st_size)
    if server is None:
        raise UserError("offline", "An import needs the server. Try again when the connection is back.")
    return server.import_catalogue(path, is_dry_run=is_dry_run, made_by=desk.who)
