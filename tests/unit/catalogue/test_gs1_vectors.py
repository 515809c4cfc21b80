"""The given GS1 vectors: every row passes, or is listed with a reason and does not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.catalogue.gs1_dictionary import APPLICATION_IDENTIFIERS
from tests.unit.catalogue.gs1_vectors import ROWS_NOT_APPLICABLE, SUITES_NOT_APPLICABLE, RowResult, gs1_results

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def results(shared_data: Path) -> list[RowResult]:
    return list(gs1_results(shared_data))


def test_given_the_vectors_when_run_then_no_row_fails_unlisted(results: list[RowResult]) -> None:
    assert [row for row in results if row.is_wrongly_failing] == []


def test_given_the_vectors_when_run_then_no_listed_row_passes(results: list[RowResult]) -> None:
    assert [row for row in results if row.is_wrongly_listed] == []


def test_given_the_lists_of_exceptions_when_compared_then_each_is_still_met_by_a_row(results: list[RowResult]) -> None:
    assert set(SUITES_NOT_APPLICABLE) <= {row.suite for row in results}
    assert set(ROWS_NOT_APPLICABLE) <= {(row.suite, row.given) for row in results}


def test_given_both_files_when_counted_then_most_rows_are_passed_and_none_is_lost(results: list[RowResult]) -> None:
    assert len(results) == 5_683 + 495
    assert sum(row.passed for row in results) >= 5_100


def test_given_the_published_list_of_identifiers_when_compared_then_ours_has_the_same(shared_data: Path) -> None:
    listed = set()
    for line in (shared_data / "gs1" / "gs1-syntax-dictionary.txt").read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words:
            first, _, last = words[0].partition("-")
            listed |= {str(number).zfill(len(first)) for number in range(int(first), int(last or first) + 1)}
    assert set(APPLICATION_IDENTIFIERS) == listed
