"""Copies a plain snapshot file into a new replica file, table by table, as whole b-trees where SQLite can."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop.replica.driver import DriverError
from shared.errors import EnvironmentFailure
from shared.schema import search
from shared.schema.snapshot_file import FORMAT, tables_in
from shared.sync.projection import default_of


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """What a snapshot file says of itself.

    Attributes:
        scope_number: stands for the scope in the memberships.
        entities: what it holds; the scope's other entities come by other means.
        counts: entity → aggregates.
    """

    scope: str
    scope_number: int
    epoch: int
    schema: int
    position: int
    mark: bytes
    entities: tuple[str, ...]
    counts: dict[str, int]


def copy_snapshot(raw: Any, plain: Path) -> SnapshotFacts:
    """Copy everything in the file at ``plain`` into the main file of a raw connection, in one transaction.

    Raises:
        EnvironmentFailure: ``snapshot_unfit`` when it is not a file this program understands.
    """
    raw.execute("ATTACH ? AS snap KEY ''", (str(plain),))
    try:
        facts, search_version = _facts(raw)
        raw.execute("BEGIN")
        for table in tables_in(facts.scope, facts.schema):
            _copy(raw, table.name)
        _copy(raw, "membership")
        _copy(raw, "bucket")
        if search_version == search.INDEX_VERSION:
            _copy_search(raw)
        raw.execute(
            "INSERT INTO main.cursor (number, scope, position, mark) VALUES (?, ?, ?, ?)",
            (facts.scope_number, facts.scope, facts.position, facts.mark),
        )
        raw.execute("COMMIT")
    except DriverError as error:
        raise _unfit() from error
    finally:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raw.execute("DETACH snap")
    return facts


def _facts(raw: Any) -> tuple[SnapshotFacts, int]:
    found = raw.execute(
        "SELECT format, scope, scope_number, epoch, schema, position, mark, entities, search FROM snap.snapshot"
    ).fetchone()
    if found is None or found[0] != FORMAT:
        raise _unfit()
    counts = dict(raw.execute('SELECT entity, sum("rows") FROM snap.bucket GROUP BY entity').fetchall())
    _, scope, scope_number, epoch, schema, position, mark, entities, search_version = found
    facts = SnapshotFacts(scope, scope_number, epoch, schema, position, mark, tuple(entities.split()), counts)
    return facts, int(search_version)


def _copy(raw: Any, table: str) -> None:
    """With the same columns in the same order SQLite moves cells as they are; what an older schema lacks is filled."""
    theirs, ours = _columns(raw, "snap", table), _columns(raw, "main", table)
    if theirs == ours:
        raw.execute(f"INSERT INTO main.{table} SELECT * FROM snap.{table}")
        return
    shared_names = [name for name in theirs if name in ours]
    lacking = [name for name in ours if name not in theirs]
    names = ", ".join([*shared_names, *lacking])
    given = ", ".join([*shared_names, *("?" * len(lacking))])
    defaults = [default_of(table, name) for name in lacking]
    raw.execute(f"INSERT INTO main.{table} ({names}) SELECT {given} FROM snap.{table}", defaults)


def _copy_search(raw: Any) -> None:
    for table in ("search_document", "search_word", "search_deletion"):
        _copy(raw, table)
    for table in search.SHADOW_TABLES:
        raw.execute(f"DELETE FROM main.{table}")
        _copy(raw, table)
    _copy(raw, "search_state")


def _columns(raw: Any, where: str, table: str) -> list[str]:
    return [row[1] for row in raw.execute(f"PRAGMA {where}.table_info({table})")]


def _unfit() -> EnvironmentFailure:
    return EnvironmentFailure("snapshot_unfit", "The snapshot cannot be read. The rows come by pages.")
