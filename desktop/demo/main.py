"""``counterfoil demo``: play a trading day, or replay a file of real invoices, and say whether everything agrees."""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from desktop.demo.day import TradingDay
from desktop.demo.pictures import take_pictures
from desktop.demo.report import compare, print_summary, write_report
from desktop.demo.shop import open_chain
from shared.errors import CounterfoilError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``counterfoil demo``."""
    parser.add_argument("--data", type=Path, help="replay this file of invoice lines (CSV, or .zst) instead")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day of the file to replay")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day of the file to replay")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="where report and pictures go")
    parser.add_argument("--sales", type=int, default=30, help="baskets per till in each part of the day")
    parser.add_argument("--seed", type=int, default=7, help="another day")
    parser.add_argument("--no-pictures", action="store_true", help="skip the screenshots")


def run(options: argparse.Namespace) -> int:
    """Play; the exit code says whether everything agrees (0) or not (1)."""
    console = Console()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        if options.data is not None:
            from desktop.demo.replay.run import replay

            return replay(console, options)
        return trading_day(console, options)
    except CounterfoilError as error:
        console.print(f"[red]{error.message}[/red]")
        return 1


def trading_day(console: Console, options: argparse.Namespace) -> int:
    """The made-up day."""
    began = time.perf_counter()

    def tell(text: str) -> None:
        console.print(f"[dim]{time.perf_counter() - began:6.1f} s[/dim]  {text}")

    with open_chain(options.out, tell) as chain:
        pictures: list[Path] = []

        def look(desk: str) -> None:
            pictures.extend(take_pictures(chain, options.out / "pictures", desk))

        day = TradingDay(
            chain, tell, look=None if options.no_pictures else look, seed=options.seed, sales_per_till=options.sales
        )
        book = day.play()
        tell("Comparing every replica with the server, every level with the ledger")
        findings = compare(chain, book.totals_by_receipt)
    seconds = time.perf_counter() - began
    figures = {
        "sales": book.sales,
        "returns": book.returns,
        "web_orders": book.web_orders,
        "web_orders_refused": book.refused_web_orders,
        "conflicts": book.conflicts,
        "seconds": round(seconds, 1),
        "pictures": [str(picture.relative_to(options.out)) for picture in pictures],
    }
    write_report(options.out / "report.json", findings, figures)
    rows = {
        "sales sealed at four tills": f"{book.sales:,}",
        "returns": f"{book.returns:,}",
        "web orders taken": f"{book.web_orders:,}",
        "web orders refused, nothing left to promise": f"{book.refused_web_orders:,}",
        "conflicts merged, with both sides kept": f"{book.conflicts:,}",
        "the day took": f"{seconds:.0f} s",
        "report and pictures": str(options.out),
    }
    print_summary(console, findings, rows)
    return 0 if findings.agree else 1
