"""A till at work on a made-up shop, and the sale every benchmark rings up: three scans, then exact cash."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop.replica.engine import Replica
from desktop.ui.equipment import equipment_at
from desktop.usecases.till import Till
from tests.helpers.replica import PINS

ITEMS_PER_SALE = 3


def till_at_work(replica: Replica, folder: Path | None, user: str = "theo") -> Till:
    """A till with its real paper forms, somebody logged in and a shift open; without a folder nothing is printed."""
    till = Till(replica, clock=replica.clock, ids=replica.ids, equipment=equipment_at(folder, replica.clock))
    till.login(user, PINS[user])
    if till.state().shift is None:
        till.open_shift(till.money("100.00"))
    return till


@dataclass(slots=True)
class SaleTimes:
    """Milliseconds of each scan and of each payment."""

    scans: list[float] = field(default_factory=list)
    payments: list[float] = field(default_factory=list)


def ring_up(till: Till, codes: Sequence[str], sales: int, *, pause_seconds: float = 0.0, seed: int = 5) -> SaleTimes:
    """Sell three different products for exact cash, so many times; before each key the clerk pauses."""
    dice, times = random.Random(seed), SaleTimes()
    for _ in range(sales):
        for code in dice.sample(codes, ITEMS_PER_SALE):
            time.sleep(pause_seconds)
            began = time.perf_counter()
            till.scan(code)
            times.scans.append((time.perf_counter() - began) * 1000)
        time.sleep(pause_seconds)
        began = time.perf_counter()
        till.exact_cash()
        times.payments.append((time.perf_counter() - began) * 1000)
    return times
