"""``make bench``: run the benchmarks side by side with raw limits; print the table and write it as JSON.

``python -m tests.benchmarks.run [--only NAME …] [--quick] [--out build/bench]``
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figure import Figure, machine_share

BENCHMARKS = (
    "raw_limits",
    "find_as_you_type",
    "scan_to_paint",
    "durable_sale",
    "start_to_ready",
    "bootstrap",
    "drain",
    "visible_elsewhere",
    "during_import",
    "idle_polls",
    "capture",
    "verify",
    "hot_product",
)
"""Modules of this package, each with ``measure(is_quick: bool) -> list[Figure]``."""
TABLE_WIDTH = 150


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="smaller sizes, for a first look")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _keep_bytecode(options.out)
    console = Console()
    if not console.is_terminal:
        console.width = TABLE_WIDTH
    figures: dict[str, list[Figure]] = {}
    shares: dict[str, tuple[float, float]] = {}
    began = time.perf_counter()
    for name in options.only:
        console.print(f"[dim]{name} …[/dim]")
        module = importlib.import_module(f"tests.benchmarks.{name}")
        before = machine_share()
        figures[name] = module.measure(is_quick=options.quick)
        shares[name] = (before, machine_share())
        console.print(_table(name, figures[name], shares[name]))
    options.out.mkdir(parents=True, exist_ok=True)
    report = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "seconds": round(time.perf_counter() - began, 1),
        "share_of_the_machine": shares,
        "figures": {name: [figure.as_json() for figure in rows] for name, rows in figures.items()},
    }
    (options.out / "bench.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    with (options.out / "bench.txt").open("w", encoding="utf-8") as sink:
        plain = Console(file=sink, width=TABLE_WIDTH)
        for name, rows in figures.items():
            plain.print(_table(name, rows, shares[name]))
    console.print(f"Written to {options.out}/bench.txt and bench.json")
    return 0


def _keep_bytecode(out: Path) -> None:
    """Let the programs that are measured start from bytecode, as installed ones do, wherever they may not write it here.

    Without it each start compiles a hundred thousand lines of libraries anew: two thirds of its time.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(out.resolve() / "bytecode"))


def _table(name: str, rows: list[Figure], share: tuple[float, float]) -> Table:
    """``share`` is how much of the machine was ours before and after: where it is small, so are the figures."""
    title = f"{name.replace('_', ' ')} (of all cores we had {share[0]:.0%} before and {share[1]:.0%} after)"
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("reach", justify="right")
    table.add_column("")
    table.add_column("note")
    marks = {True: "[green]reached[/green]", False: "[red]missed[/red]", None: ""}
    for row in rows:
        table.add_row(row.name, f"{row.value:,.4g} {row.unit}", row.reach, marks[row.is_reached], row.note)
    return table


if __name__ == "__main__":
    sys.exit(main())
