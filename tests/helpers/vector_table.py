"""Writes docs/vectors.md: which independent vectors pass, and which are not applicable and why.

Run ``python -m tests.helpers.vector_table`` from the repository (with ``COUNTERFOIL_DATA`` where the given data are
elsewhere). To add vectors: write a function that takes the data folder and yields one row per vector (anything with
the attributes of ``Row``; ``VectorRow`` does), add ``(title, function)`` to ``PROVIDERS``, and run it again. A row is
passed, or it has a reason and does not pass; ``faults`` names every row that breaks this, for the tests.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.unit.catalogue.gs1_vectors import gs1_results
from tests.unit.kernel_vectors.money_rows import money_rows
from tests.unit.kernel_vectors.tax_rows import tax_rows

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "vectors.md"


class Row(Protocol):
    """One vector and what became of it; ``reason`` is empty unless it is listed as not applicable."""

    @property
    def suite(self) -> str: ...
    @property
    def given(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def reason(self) -> str: ...


Provider = tuple[str, Callable[[Path], Iterable[Row]]]

PROVIDERS: Sequence[Provider] = (
    ("Tax: computations, totals of documents, re-based prices", tax_rows),
    ("Money: rounding, allocation, line and total", money_rows),
    ("GS1: check digits, element strings, Digital Links, scans", gs1_results),
)

_INTRODUCTION = """# Independent vectors

Written by `python -m tests.helpers.vector_table`; do not edit. The vectors themselves are given data and are not part
of this repository. Each row passes, or it is listed below with the reason why it does not apply; a test fails on a row
that does neither, and on a listed row that in fact passes.
"""


@dataclass(frozen=True, slots=True)
class _Count:
    """What became of the rows of one suite."""

    rows: int
    passed: int
    not_applicable: int


def faults(rows: Iterable[Row]) -> list[str]:
    """Every row that fails without a reason, or passes in spite of one."""
    return [f"{row.suite}: {row.given}: {_fault(row)}" for row in rows if _fault(row)]


def page(data: Path, providers: Sequence[Provider] = PROVIDERS) -> str:
    """The whole page, for the vectors in a data folder."""
    return "\n".join(
        [_INTRODUCTION, *(line for title, rows in providers for line in _chapter(title, list(rows(data))))]
    )


def _fault(row: Row) -> str:
    if row.passed and row.reason:
        return "listed as not applicable, but passes"
    return "" if row.passed or row.reason else "fails"


def _chapter(title: str, rows: list[Row]) -> Iterator[str]:
    """One provider's table and reasons."""
    yield f"## {title}\n"
    yield "| suite | rows | passed | not applicable |"
    yield "|---|--:|--:|--:|"
    for suite in dict.fromkeys(row.suite for row in rows):
        yield _table_row(suite, _count(row for row in rows if row.suite == suite))
    yield _table_row("**all**", _count(rows))
    yield ""
    reasons = Counter((row.suite, row.reason) for row in rows if row.reason)
    if reasons:
        yield "| not applicable | rows | because |"
        yield "|---|--:|---|"
        for (suite, reason), count in reasons.items():
            yield f"| {suite} | {count} | {reason} |"
        yield ""


def _count(rows: Iterable[Row]) -> _Count:
    counted = Counter((row.passed, bool(row.reason)) for row in rows)
    return _Count(sum(counted.values()), counted[True, False], counted[False, True])


def _table_row(suite: str, count: _Count) -> str:
    return f"| {suite} | {count.rows} | {count.passed} | {count.not_applicable} |"


def main() -> int:
    """Write the page; 1 when a row is left failing."""
    data = Path(os.environ.get("COUNTERFOIL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (data / "README.md").is_file():
        print("The given data folder is absent: set COUNTERFOIL_DATA to it.", file=sys.stderr)
        return 2
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(data), encoding="utf-8")
    left = [fault for _, rows in PROVIDERS for fault in faults(rows(data))]
    print("\n".join(left) or f"{PAGE.relative_to(REPOSITORY)} written")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
