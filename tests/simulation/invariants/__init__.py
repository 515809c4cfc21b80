"""The invariants, one module each; every module has ``NAME``, ``check`` and says in its docstring what it protects.

To add one: a module with these two, and its name in ``CHECKS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.simulation.invariants import i01_convergence
from tests.simulation.world import Broken, World

Check = Callable[[World], Iterable[str]]
CHECKS: dict[str, Check] = {"I1": i01_convergence.check}


def check_all(world: World) -> None:
    """Check everything that can be checked when nothing moves any more.

    Raises:
        Broken: the first thing that does not hold.
    """
    for name, check in CHECKS.items():
        for problem in check(world):
            raise Broken(name, problem)
