"""The invariants, one module each; every module has ``check`` and says in its docstring what it protects.

To add one: a module with ``check(world)`` that yields a sentence for each thing that is not as it must be, and a line in
``CHECKS``; then a mutant in ``tests/simulation/mutants.py`` that shows that it can fail. What can be checked at any
time and not only at rest belongs to ``tests/simulation/watching.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.simulation.invariants import (
    i01_convergence,
    i02_nothing_lost,
    i03_conservation,
    i04_promises,
    i05_own_writes,
    i06_whole_steps,
    i08_confidentiality,
    i09_outbox,
    i10_refusals,
    i11_tombstones,
    i12_receipts,
)
from tests.simulation.world import Broken, World

Check = Callable[[World], Iterable[str]]
CHECKS: dict[str, Check] = {
    "I2": i02_nothing_lost.check,
    "I3": i03_conservation.check,
    "I4": i04_promises.check,
    "I5": i05_own_writes.check,
    "I6": i06_whole_steps.check,
    "I8": i08_confidentiality.check,
    "I9": i09_outbox.check,
    "I10": i10_refusals.check,
    "I11": i11_tombstones.check,
    "I12": i12_receipts.check,
    "I1": i01_convergence.check,
}
"""I7 and the other halves of I5 and I6 are watched all the time; I13 is I2 after a restore; I14 is coming to rest."""


def check_all(world: World) -> None:
    """Check everything that can be checked when nothing moves any more.

    Raises:
        Broken: the first thing that does not hold.
    """
    for name, check in CHECKS.items():
        for problem in check(world):
            raise Broken(name, problem)
