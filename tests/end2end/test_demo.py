"""The demo itself, with real processes: a short trading day, and a day of real invoices where the data is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def _demo(out: Path, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "desktop", "demo", "--out", str(out), "--no-pictures", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report: dict[str, object] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def _agrees(report: dict[str, object]) -> None:
    assert report["agree"] is True
    assert report["stock_agrees"] is True
    assert (report["lost"], report["doubled"]) == (0, 0)
    replicas = report["replicas"]
    assert isinstance(replicas, list)
    assert len(replicas) == 5
    assert {replica["digest"] for replica in replicas} == {report["server_digest"]}


@pytest.mark.slow
def test_given_a_trading_day_then_tills_office_web_and_server_agree(tmp_path: Path) -> None:
    report = _demo(tmp_path, "--sales", "4")
    _agrees(report)
    assert report["sales"] == 48
    assert report["returns"] == 12
    assert report["conflicts"] == 1
    assert report["web_orders_refused"] > 0


@pytest.mark.slow
@pytest.mark.realdata
def test_given_a_day_of_real_invoices_then_the_books_agree_with_the_file(tmp_path: Path, shared_data: Path) -> None:
    data = shared_data / "online-retail" / "online_retail_2010-12_2011-08.csv.zst"
    report = _demo(tmp_path, "--data", str(data), "--from", "2010-12-05", "--to", "2010-12-05")
    _agrees(report)
    categories = report["lines_by_category"]
    assert isinstance(categories, dict)
    assert sum(row["lines"] for row in categories.values()) == report["lines_total"] > 2_000
    assert report["booked"] == report["file"]
