"""What the operator wants to know first: versions, sizes, how far everything is, and what is not well."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from sync_server.db.facts import read_facts
from sync_server.db.sessions import Database
from sync_server.settings import ServerSettings

MINIMUM_POSTGRES = 150_000
LOW_DISK_BYTES = 2 * 1024**3
MANY_UNPROJECTED = 100_000


@dataclass(slots=True)
class Report:
    """Lines to read, and whether all is well."""

    lines: list[str] = field(default_factory=list)
    is_well: bool = True

    def note(self, what: str, value: str, *, is_well: bool = True) -> None:
        """One line; what is not well is marked."""
        self.lines.append(f"{'ok  ' if is_well else 'LOOK'}  {what}: {value}")
        self.is_well = self.is_well and is_well


def examine(database: Database, settings: ServerSettings) -> Report:
    """Look at the database, the feed, the devices and the disk."""
    report = Report()
    with database.reading() as connection:
        facts = read_facts(connection)
    kind = "an operator's own" if settings.database_url else f"embedded, under {settings.home / 'postgres'}"
    report.note("PostgreSQL", f"{facts.version}, {kind}", is_well=facts.version_number >= MINIMUM_POSTGRES)
    report.note("database size", f"{facts.size_bytes / 1024**2:,.0f} MiB")
    for table, rows in facts.rows_by_table.items():
        report.note(f"{table.replace('_', ' ')}s", f"{rows:,}")
    is_well = facts.unprojected < MANY_UNPROJECTED
    report.note("stock changes not yet shown to devices", f"{facts.unprojected:,}", is_well=is_well)
    report.note("inbox entries that need a person", f"{facts.needs_a_person:,}")
    place = settings.home if settings.home.exists() else settings.home.parent
    free = shutil.disk_usage(place).free
    report.note("disk free", f"{free / 1024**3:.1f} GiB", is_well=free > LOW_DISK_BYTES)
    return report
