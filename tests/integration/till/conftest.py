"""A till with the tiny shop, its printer a folder of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.replica.engine import Replica
from desktop.ui.equipment import equipment_at
from desktop.usecases.till import Till
from shared.clock import SettableClock
from shared.ids import TimeOrderedIds
from tests.helpers.replica import PINS, clock, replica, tiny_shop

__all__ = ["clock", "replica", "tiny_shop"]


@pytest.fixture
def new_till(replica: Replica, clock: SettableClock, tmp_path: Path) -> Callable[[], Till]:
    """Makes a till over the same replica: what a restart after a crash finds."""

    def make() -> Till:
        return Till(replica, clock=clock, ids=TimeOrderedIds(clock), equipment=equipment_at(tmp_path / "home", clock))

    return make


@pytest.fixture
def till(new_till: Callable[[], Till]) -> Till:
    """A till with nobody logged in."""
    return new_till()


@pytest.fixture
def selling(till: Till) -> Till:
    """Priya (supervisor) logged in, a shift open with 100.00."""
    till.login("priya", PINS["priya"])
    till.open_shift(till.money("100.00"))
    return till
