"""What the operator wants to know first: versions, sizes, how far everything is, and what is not well."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from shared.clock import datetime_at
from sync_server.db.facts import read_facts
from sync_server.db.lasting_log import LastingLog
from sync_server.db.sessions import Database
from sync_server.devices import revocation_service as revocations
from sync_server.devices.recovery_service import recovery_key_name
from sync_server.devices.service import skewed_devices
from sync_server.epochs import service as epochs
from sync_server.epochs import witness_service as witnesses
from sync_server.inventory import compensation_service, lease_service, reconciliation_service
from sync_server.repricing import service as repricing
from sync_server.settings import ServerSettings
from sync_server.sync import quarantine_service as quarantine
from sync_server.sync import reference_service
from sync_server.sync.integrity_service import feed_health

MINIMUM_POSTGRES = 150_000
LOW_DISK_BYTES = 2 * 1024**3
MANY_UNPROJECTED = 100_000
MANY_UNPRICED = 100_000
LONG_FEED_LAG_MS = 10_000


@dataclass(slots=True)
class Report:
    """Lines to read, and whether all is well."""

    lines: list[str] = field(default_factory=list)
    is_well: bool = True

    def note(self, what: str, value: str, *, is_well: bool = True, is_grave: bool = True) -> None:
        """One line; what is not well is marked. What is not grave does not make the whole server unwell."""
        self.lines.append(f"{'ok  ' if is_well else 'LOOK'}  {what}: {value}")
        self.is_well = self.is_well and (is_well or not is_grave)


def examine(database: Database, settings: ServerSettings) -> Report:
    """Look at the database, the feed, the devices and the disk."""
    report = Report()
    with database.reading() as connection:
        facts = read_facts(connection)
        recovery_key = recovery_key_name(connection)
        skewed = skewed_devices(connection)
    kind = "an operator's own" if settings.database_url else f"embedded, under {settings.home / 'postgres'}"
    report.note("PostgreSQL", f"{facts.version}, {kind}", is_well=facts.version_number >= MINIMUM_POSTGRES)
    report.note("database size", f"{facts.size_bytes / 1024**2:,.0f} MiB")
    for table, rows in facts.rows_by_table.items():
        report.note(f"{table.replace('_', ' ')}s", f"{rows:,}")
    is_well = facts.unprojected < MANY_UNPROJECTED
    report.note("stock changes not yet shown to devices", f"{facts.unprojected:,}", is_well=is_well)
    report.note("inbox entries that need a person", f"{facts.needs_a_person:,}")
    missing = "none yet: a device whose keychain is lost loses what it had not sent (counterfoil-server recovery-key)"
    report.note("recovery key", recovery_key or missing, is_well=bool(recovery_key), is_grave=False)
    clocks = "devices with a clock more than five minutes off"
    report.note(clocks, f"{skewed:,}", is_well=not skewed, is_grave=False)
    _note_history(report, database, settings)
    _note_sales(report, database)
    _note_stock(report, database)
    _note_feed(report, database)
    place = next(each for each in (settings.home, *settings.home.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    report.note("disk free", f"{free / 1024**3:.1f} GiB", is_well=free > LOW_DISK_BYTES)
    return report


def _note_history(report: Report, database: Database, settings: ServerSettings) -> None:
    """Which history is served, whether devices know another one, and whether revocations would outlast a restore."""
    log = LastingLog(settings.home)
    kept = log.read()
    with database.reading() as connection:
        newest = epochs.history(connection)[-1:]
        unproven = witnesses.count_unproven(connection)
        missing = revocations.missing_in(connection, log, database.identity.server_id)
    for each in newest:
        report.note("epoch", f"{each.epoch}, since {datetime_at(each.at):%d %b %Y %H:%M} UTC: {each.why}")
    said = f"{unproven:,} (see the inbox; counterfoil-server new-epoch --above)" if unproven else "none"
    report.note("devices that know a later epoch and cannot prove it", said, is_well=not unproven)
    said = f"{len(kept.lines):,} lines in {log.path}, {missing:,} missing, {kept.damaged:,} damaged"
    report.note("revocations that a restore does not undo", said, is_well=not missing, is_grave=False)


def _note_sales(report: Report, database: Database) -> None:
    """Whether the server gets the same amounts as the tills, and what revoked devices have handed in."""
    with database.reading() as connection:
        counts = repricing.counts(connection)
        waiting = sum(each.waiting for each in quarantine.handed_in(connection))
    said = f"{counts.diverged:,} of {counts.sales:,} (counterfoil-server repricing)"
    report.note("sales that the server prices otherwise", said, is_well=not counts.diverged)
    report.note("sales not yet priced once more", f"{counts.waiting:,}", is_well=counts.waiting < MANY_UNPRICED)
    said = f"{waiting:,} (counterfoil-server quarantine list)" if waiting else "none"
    report.note("changes of revoked devices nobody decided about", said, is_well=not waiting, is_grave=False)


def _note_stock(report: Report, database: Database) -> None:
    """Whether every store is heard, every promise can be kept, and the stock figures follow from the ledger."""
    now = database.clock.now()
    with database.reading() as connection:
        stores = lease_service.leases(connection)
        broken = compensation_service.count_broken(connection)
        standing = reconciliation_service.standing_round(connection)
    silent = [lease.store for lease in stores if lease.expires_at is not None and lease.expires_at <= now]
    said = f"{', '.join(silent)} (counterfoil-server leases)" if silent else "none"
    report.note("stores not heard, the web promises from rights", said, is_well=not silent, is_grave=False)
    report.note("promises that cannot be kept", f"{broken:,}", is_well=not broken, is_grave=False)
    ended = (
        "" if standing.finished_at is None else f", the last ended {datetime_at(standing.finished_at):%d %b %H:%M} UTC"
    )
    said = f"{standing.rounds:,} rounds, {standing.checked:,} figures, {standing.repaired:,} put right{ended}"
    report.note("stock compared with the ledger", said, is_well=not standing.repaired, is_grave=False)


def _note_feed(report: Report, database: Database) -> None:
    """Whether the feed sees everything that is written, in time, and agrees with what it was made from."""
    with database.reading() as connection:
        health = feed_health(connection)
        listed, noted = reference_service.counts(connection)
    said = f"{listed:,} in the inbox, {noted - listed:,} not missing for long yet"
    report.note("referred to and not here", said, is_well=not listed, is_grave=False)
    late = f"{health.lag.milliseconds / 1_000:.1f} s by the oldest open transaction, {health.lag.idle_writers:,} idle"
    report.note("the feed is held up", late, is_well=health.lag.milliseconds < LONG_FEED_LAG_MS)
    lacking = ", ".join(health.uncovered) or "none"
    report.note("tables whose writes the feed does not see", lacking, is_well=not health.uncovered)
    for each in health.differing:
        report.note(f"differences in {each.subject}", f"{each.differences:,}, such as {each.example}", is_well=False)
    if not health.differing:
        report.note("comparisons that found differences", f"none of {health.compared:,}")
