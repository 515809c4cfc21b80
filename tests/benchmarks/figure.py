"""One measured figure, and the order statistics it is made of."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

_COUNT = """
import time
until, used = time.perf_counter() + 0.4, time.process_time()
while time.perf_counter() < until:
    pass
print((time.process_time() - used) / 0.4)
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        name: what was measured, the size included.
        value: the figure in ``unit`` (the statistic is named in ``name``).
        reach: what DESIGN.md asks for, as text; empty for a raw limit.
        is_reached: None where nothing is asked.
    """

    name: str
    value: float
    unit: str
    reach: str = ""
    is_reached: bool | None = None
    note: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def at_most(name: str, value: float, unit: str, limit: float, note: str = "") -> Figure:
    """A figure that should not exceed ``limit``."""
    return Figure(name, value, unit, f"≤ {limit:g} {unit}", value <= limit, note)


def at_least(name: str, value: float, unit: str, limit: float, note: str = "") -> Figure:
    """A figure that should reach ``limit``."""
    return Figure(name, value, unit, f"≥ {limit:g} {unit}", value >= limit, note)


def seconds_of(action: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def machine_share() -> float:
    """How much of all cores we get for ourselves (1 = nobody else wants them): counting on each for a moment."""
    cores = os.cpu_count() or 1
    counters = [subprocess.Popen([sys.executable, "-c", _COUNT], stdout=subprocess.PIPE) for _ in range(cores)]
    return statistics.mean(float(counter.communicate()[0]) for counter in counters)


def milliseconds_of_each(actions: Iterable[Callable[[], object]]) -> list[float]:
    """Each call's time in milliseconds, with the garbage of the set-up collected first."""
    gc.collect()
    return [seconds_of(action) * 1000 for action in actions]


def median(values: list[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0..1) of the values lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
