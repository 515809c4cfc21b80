"""When each thing was last compared, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

_ADD = text("""
INSERT INTO reconciliation (subject, checked_at, took_ms, differences, example)
SELECT given, 0, 0, 0, '' FROM unnest(CAST(:subjects AS text[])) AS given ON CONFLICT (subject) DO NOTHING
""")
_TAKE = text("""
UPDATE reconciliation SET checked_at = :now WHERE subject = (
    SELECT subject FROM reconciliation WHERE subject = ANY(:subjects) AND checked_at <= :before
    ORDER BY checked_at, subject LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING subject
""")
_NOTE = text("""
UPDATE reconciliation SET checked_at = :at, took_ms = :took_ms, differences = :differences, example = :example
WHERE subject = :subject
""")
_ALL = text("SELECT subject, checked_at, took_ms, differences, example FROM reconciliation ORDER BY subject")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One comparison: when (UTC microseconds, 0: never yet), how long it took, how much differed and one example."""

    subject: str
    checked_at: int
    took_ms: int
    differences: int
    example: str


def take_due(connection: Connection, subjects: Collection[str], *, before: int, now: int) -> str | None:
    """The subject that was compared longest ago, at ``before`` or earlier; other workers leave it alone from now on."""
    given = {"subjects": list(subjects), "before": before, "now": now}
    connection.execute(_ADD, given)
    found: str | None = connection.execute(_TAKE, given).scalar()
    return found


def note(connection: Connection, done: Reconciled) -> None:
    """Keep what came of a comparison."""
    given = {"at": done.checked_at, "took_ms": done.took_ms, "differences": done.differences, "example": done.example}
    connection.execute(_NOTE, {"subject": done.subject, **given})


def all_reconciled(connection: Connection) -> list[Reconciled]:
    """Every comparison, by subject."""
    return [Reconciled(*row) for row in connection.execute(_ALL)]
