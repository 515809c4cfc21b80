"""From the start of a fresh process to a till that can take a scan, and what it keeps in memory.

The window is drawn off-screen; it is ready when its selling page is painted. Beside it the same without a window
(``counterfoil till --script -`` has answered ``state``), a bare interpreter, and one that only imports what such a
program must.
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
from tests.helpers.replica import PINS

USER = "theo"
_IMPORTS = "import sqlalchemy, sqlcipher3, PySide6.QtWidgets"


def measure(*, is_quick: bool) -> list[Figure]:
    """At 1,000 and 100,000 products (quick: at 1,000)."""
    os.environ.setdefault("COUNTERFOIL_SECRETS", "file")
    repetitions = 2 if is_quick else 9
    figures = [
        _bare("a bare interpreter starts, median", "pass", repetitions),
        _bare("importing SQLAlchemy, the driver and Qt Widgets, median", _IMPORTS, repetitions),
    ]
    for products in (1_000,) if is_quick else (1_000, 100_000):
        with TemporaryDirectory() as folder:
            make_big_home(Path(folder), products)
            figures += _window(Path(folder), f"{products:,} products", repetitions)
            figures += _script(Path(folder), f"{products:,} products", repetitions)
    return figures


def _bare(name: str, program: str, repetitions: int) -> Figure:
    def start() -> None:
        subprocess.run([sys.executable, "-c", program], check=True)

    return Figure(name, median([seconds_of(start) for _ in range(repetitions)]), "s")


def _window(home: Path, where: str, repetitions: int) -> list[Figure]:
    seconds, memory = zip(*(_start_window(home) for _ in range(repetitions + 1)), strict=True)
    return [
        Figure(f"{where}: till window ready to scan, first start", seconds[0], "s"),
        at_most(f"{where}: till window ready to scan, warm, median", median(list(seconds[1:])), "s", 1.3),
        at_most(f"{where}: till window, resident", max(memory), "MB", 200),
    ]


def _start_window(home: Path) -> tuple[float, float]:
    """Seconds until the selling page is painted, and resident MB then."""
    began = str(time.monotonic_ns())
    command = [sys.executable, "-m", "tests.benchmarks.first_window", str(home), began, USER, PINS[USER]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    page, milliseconds, memory = (done.stdout.split() or ["", "0", "0"])[:3]
    if done.returncode or page != "SELL":
        raise AssertionError(f"The till's window did not come: {done.stdout}{done.stderr}")
    return float(milliseconds) / 1000, float(memory)


def _script(home: Path, where: str, repetitions: int) -> list[Figure]:
    seconds, memory = zip(*(_start_script(home) for _ in range(repetitions + 1)), strict=True)
    return [
        Figure(f"{where}: script till answers, warm, median", median(list(seconds[1:])), "s"),
        Figure(f"{where}: script till, resident", max(memory), "MB"),
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
