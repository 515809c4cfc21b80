"""What a verification found, in lines for the command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from desktop.sync.events import counted
from desktop.sync.verification import ScopeVerified, VerifyReport

SHOWN_MAX = 50
_WORDS = {
    "missing": "missing here",
    "extra": "the server does not have it",
    "version": "another version here",
    "row": "its row is gone here",
    "content": "same version, other content",
    "orphan": "here, although no scope holds it",
    "sums": "only the sums were wrong",
}


def lines_of(report: VerifyReport) -> Iterator[str]:
    """One line for each scope, then what differed, then what was done."""
    for scope in report.scopes:
        yield f"{scope.scope}  {scope.rows_here:,} rows at {scope.position:,}  {_verdict(scope)}"
    shown = report.differences[:SHOWN_MAX]
    for each in shown:
        yield f"  {each.scope or 'this device'}  {each.entity} {each.id.hex()}  {_WORDS[each.what]}"
    if len(report.differences) > len(shown):
        yield f"  and {len(report.differences) - len(shown):,} more"
    if report.repaired:
        yield f"Put right: {counted(Counter(each.entity for each in report.repaired))}."
    for name in report.restarted:
        yield f"{name} is fetched anew: too much of it differed."
    left = len(report.differences) - len(report.repaired)
    if left and not report.restarted:
        yield f"{left:,} differ still. To fetch them again: counterfoil verify --repair"
    elif report.agrees and not report.repaired:
        yield f"Everything agrees: {report.rows:,} rows."


def _verdict(scope: ScopeVerified) -> str:
    if not scope.is_compared:
        return f"changes all the time, not compared ({scope.rows_there:,} rows on the server)"
    if scope.differences:
        return f"DIFFERS in {len(scope.differences):,}: {scope.rows_there:,} rows on the server"
    return "agrees"
