"""One seed from beginning to end: steps, rest, checks."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from desktop.replica.driver import DriverError
from shared.errors import CounterfoilError
from tests.simulation import invariants
from tests.simulation.resting import come_to_rest
from tests.simulation.stage import Stage
from tests.simulation.steps import STEPS_MAX, STEPS_MIN, make_step
from tests.simulation.world import Broken, World

_WHAT_GOES_WRONG = (
    AssertionError,
    CounterfoilError,
    SQLAlchemyError,
    DriverError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)


@dataclass(slots=True)
class Outcome:
    """What a seed came to; ``check`` and ``problem`` are empty when everything held."""

    seed: int
    check: str = ""
    problem: str = ""
    steps: int = 0
    rounds: int = 0
    deaths: int = 0
    deeds: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    trace: list[str] = field(default_factory=list)


def run_seed(stage: Stage, seed: int, *, is_loud: bool = False) -> Outcome:
    """Play a seed; never raises for what the product does wrong."""
    started = time.monotonic()
    outcome = Outcome(seed)
    world = World(stage, seed, is_loud=is_loud)
    try:
        with world.running():
            for _ in range(world.dice.randint(STEPS_MIN, STEPS_MAX)):
                make_step(world)
                outcome.steps += 1
            outcome.rounds = come_to_rest(world)
            invariants.check_all(world)
    except _WHAT_GOES_WRONG as broken:
        outcome.check, outcome.problem = (
            getattr(broken, "check", "error"),
            str(broken) if isinstance(broken, Broken) else f"{type(broken).__name__}: {broken}",
        )
        outcome.trace = [*world.trace, traceback.format_exc()]
    outcome.deaths, outcome.deeds, outcome.requests = world.deaths, len(world.journal.deeds), world.network.requests
    outcome.faults = Counter({str(fault): count for fault, count in world.network.counts.items()})
    outcome.acts = world.acts
    outcome.seconds = time.monotonic() - started
    return outcome
