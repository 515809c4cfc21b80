"""From the start of a fresh process to a till that can take a scan, and what it keeps in memory.

Without a window so far: ``counterfoil till --script -`` has answered ``state``. Beside it a bare interpreter, and one
that imports what any such program must (SQLAlchemy, the encrypted driver).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.big_shop import make_big_home
from tests.benchmarks.figure import Figure, at_most, median, seconds_of


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products (quick: 1,000 and 5,000)."""
    os.environ.setdefault("COUNTERFOIL_SECRETS", "file")
    repetitions = 3 if is_quick else 9
    figures = [
        _bare("a bare interpreter starts, median", "pass", repetitions),
        _bare("importing SQLAlchemy and the driver, median", "import sqlalchemy, sqlcipher3", repetitions),
    ]
    for products in (1_000, 5_000) if is_quick else (1_000, 100_000):
        with TemporaryDirectory() as folder:
            make_big_home(Path(folder), products)
            figures += _script(Path(folder), products, repetitions)
    return figures


def _bare(name: str, program: str, repetitions: int) -> Figure:
    def start() -> None:
        subprocess.run([sys.executable, "-c", program], check=True)

    return Figure(name, median([seconds_of(start) for _ in range(repetitions)]), "s")


def _script(home: Path, products: int, repetitions: int) -> list[Figure]:
    seconds, memory = zip(*(_start_script(home) for _ in range(repetitions + 1)), strict=True)
    return [
        Figure(f"{products:,} products: script till answers, first start", seconds[0], "s"),
        Figure(f"{products:,} products: script till answers, warm, median", median(list(seconds[1:])), "s"),
        Figure(f"{products:,} products: script till, resident", max(memory), "MB"),
    ]


def _start_script(home: Path) -> tuple[float, float]:
    """Seconds until ``state`` is answered, and resident MB then."""
    began = time.perf_counter()
    till = subprocess.Popen(
        [sys.executable, "-m", "desktop", "till", "--home", str(home), "--script", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert till.stdin is not None
    assert till.stdout is not None
    till.stdin.write('{"do": "state"}\n')
    till.stdin.flush()
    answer = till.stdout.readline()
    seconds = time.perf_counter() - began
    memory = _resident_mb(till.pid)
    till.stdin.close()
    if '"ok": true' not in answer or till.wait(30):
        raise AssertionError(f"The till did not start: {answer}")
    till.stdout.close()
    return seconds, memory


def _resident_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("No memory figure")
