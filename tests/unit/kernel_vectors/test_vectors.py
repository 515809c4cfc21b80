"""The given money and tax vectors: each passes, or is listed with a reason and does not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.vector_row import VectorRow
from tests.helpers.vector_table import PAGE, faults, page
from tests.unit.kernel_vectors import money_rows, tax_rows

pytestmark = pytest.mark.realdata


def test_given_the_tax_vectors_when_run_then_each_passes_or_is_listed(shared_data: Path) -> None:
    assert faults(tax_rows.tax_rows(shared_data)) == []


def test_given_the_money_vectors_when_run_then_each_passes_or_is_listed(shared_data: Path) -> None:
    assert faults(money_rows.money_rows(shared_data)) == []


def test_given_the_lists_of_exceptions_when_compared_then_each_names_a_row(shared_data: Path) -> None:
    taxes = {row.given for row in tax_rows.tax_rows(shared_data)}
    money = {(row.suite, row.given) for row in money_rows.money_rows(shared_data)}
    assert set(tax_rows.NOT_APPLICABLE) <= taxes
    assert set(money_rows.NOT_APPLICABLE) <= money


def test_given_all_files_when_counted_then_no_row_is_lost(shared_data: Path) -> None:
    taxes = [row.suite for row in tax_rows.tax_rows(shared_data)]
    money = [row.suite for row in money_rows.money_rows(shared_data)]
    counts = {suite: taxes.count(suite) for suite in taxes}
    assert counts == {"taxes_computation": 29, "tax_totals_summary": 9, "adapt_price_unit": 6}
    assert money.count("moneyphp rounding") == 55
    allocations = ("moneyphp allocate_by_ratio", "moneyphp allocate_to_n", "dinero allocate")
    assert sum(money.count(suite) for suite in allocations) == 37


def test_given_the_page_of_vectors_when_written_again_then_it_is_the_committed_one(shared_data: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(shared_data), "run: python -m tests.helpers.vector_table"


def test_given_wrongly_listed_and_failing_rows_when_judged_then_both_are_named() -> None:
    rows = [VectorRow("s", "1"), VectorRow("s", "2", "differs", "why"), VectorRow("s", "3", "differs")]
    assert faults(rows) == ["s: 3: fails"]
    assert faults([VectorRow("s", "4", "", "why")]) == ["s: 4: listed as not applicable, but passes"]
